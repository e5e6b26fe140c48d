#include "networks/layers.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <vector>

#include "kernels/available.h"
#include "kernels/norm_add_relu.h"
#include "kernels/norm_relu.h"
#include "parallel/communicator.h"
#include "processor.h"

namespace jtr {
namespace {

using kernels::NormStatistics;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr double kEps = 1e-5;
constexpr double kMomentum = 0.1;

/// x without gaps, in the layout it has.
at::Tensor packed(const at::Tensor& x) { return x.contiguous(x.suggest_memory_format()); }

/// x in the layout of another tensor.
at::Tensor as(const at::Tensor& x, const at::Tensor& like) { return x.contiguous(like.suggest_memory_format()); }

/// What happens to a convolution's input on the way in.
enum Prologue : int64_t { kNothing, kNormRelu, kUnpool };

/// Which statistics of a convolution's output are wanted.
enum Statistics : int64_t { kNone, kOfBatch, kOfSample };

/// Input and output of a layer that are worked on together should fit into this many bytes (bench/LADDER.md).
constexpr int64_t kChunkBytes = int64_t{16} << 20;

int64_t default_chunk_bytes() {
  const char* wish = std::getenv("JTR_CHUNK_BYTES");
  const int64_t bytes = wish != nullptr ? std::atoll(wish) : 0;
  return bytes > 0 ? bytes : kChunkBytes;
}

std::atomic<int64_t> chunk_bytes{default_chunk_bytes()};

/// Whether our kernels run where a tensor lies.
bool has_kernels(const at::Tensor& x) { return kernels::available(x.device()); }

/// What a map is convolved in: its own format, but on a CPU that libtorch cannot convolve bfloat16 on, float32. What is
/// read and what comes out are rounded to the map's format all the same. (libtorch 1.13's input gradient of 1x1 windows
/// is wrong in bfloat16 and channels last.)
at::ScalarType convolved_in(const at::Tensor& map, const at::Tensor& weight) {
  const bool widens =
      map.is_cpu() && map.scalar_type() == at::kBFloat16 && (weight.size(2) == 1 || !has_bfloat16_convolutions());
  return widens ? at::kFloat : map.scalar_type();
}

/// A weight or bias as the convolution of a map reads it.
at::Tensor convolved_with(const at::Tensor& weight, const at::Tensor& map, at::ScalarType format) {
  return weight.to(map.scalar_type()).to(format);
}

/// Rows or columns of what a convolution makes of `size`.
int64_t strided(int64_t size, int64_t stride) { return (size - 1) / stride + 1; }

/// Images to take through a layer at once. (A GPU is fastest with all of them.)
int64_t chunk_of(const at::Tensor& out_like, int64_t in_channels, int64_t out_channels) {
  if (!out_like.is_cpu()) return std::max<int64_t>(out_like.size(0), 1);
  const int64_t image = (in_channels + out_channels) * out_like.size(2) * out_like.size(3) * out_like.element_size();
  return std::clamp<int64_t>(chunk_bytes.load(std::memory_order_relaxed) / std::max<int64_t>(image, 1), 1,
                             std::max<int64_t>(out_like.size(0), 1));
}

/// Rows of the statistics that belong to some images.
at::Tensor statistics_rows(const at::Tensor& s, int64_t begin, int64_t count) {
  return s.size(0) == 1 ? s : s.narrow(0, begin, count);
}

/// Mean and variance of all images from those of chunks [chunks, C] of `counts` images each (Chan's rule).
std::pair<at::Tensor, at::Tensor> combine(const std::vector<at::Tensor>& means, const std::vector<at::Tensor>& vars,
                                          const std::vector<double>& counts) {
  const at::Tensor m = at::cat(means).to(at::kDouble), v = at::cat(vars).to(at::kDouble);
  at::Tensor weight = at::tensor(counts, at::kDouble).view({-1, 1});
  weight = weight / weight.sum();
  const at::Tensor mean = (m * weight).sum(0, true);
  const at::Tensor var = ((v + (m - mean).square()) * weight).sum(0, true);
  return {mean.to(means[0].scalar_type()), var.to(means[0].scalar_type())};
}

/// The processes that share a norm's statistics; null for none.
Communicator* sharers(const Norm& norm) { return norm.mode == NormMode::kBatch ? norm.others : nullptr; }

// Autograd keeps numbers.
int64_t as_number(Communicator* others) { return reinterpret_cast<int64_t>(others); }
Communicator* sharers(AutogradContext* ctx) {
  return reinterpret_cast<Communicator*>(ctx->saved_data["others"].toInt());
}

/// Values of a channel in a map.
double values_of_channel(const at::Tensor& x) { return static_cast<double>(x.size(0) * x.size(2) * x.size(3)); }

/// Of parts, one a process: mean, biased variance [1, C] and number of values of the whole, in double.
struct SharedStatistics {
  at::Tensor mean, var, count;
};

SharedStatistics shared_statistics(Communicator& others, const at::Tensor& mean, const at::Tensor& var, double count) {
  const int64_t channels = mean.numel();
  const at::Tensor m = mean.view(-1).to(at::kDouble), v = var.view(-1).to(at::kDouble);
  at::Tensor sums = at::cat({m * count, (v + m.square()) * count, at::full({1}, count, m.options())});
  others.all_reduce(sums, Reduction::kSum);
  const at::Tensor total = sums.narrow(0, 2 * channels, 1);
  const at::Tensor shared = (sums.narrow(0, 0, channels) / total).view({1, -1});
  const at::Tensor squares = (sums.narrow(0, channels, channels) / total).view({1, -1});
  return {shared, (squares - shared.square()).clamp_min(0), total};
}

/// Gradients through statistics that processes share, from those that take the statistics for constant. With z the norm
/// without scale and shift, M values a channel, and sums over all processes,
///
///   dx = dx_constant - gamma invstd / M (sum dy + z sum dy z)
///
/// whose sums are the gradients of shift and scale. (Those stay this process's, to be summed with all others.)
kernels::NormGradients through_shared(Communicator& others, kernels::NormGradients g, const at::Tensor& x,
                                      const at::Tensor& gamma, const at::Tensor& mean, const at::Tensor& invstd) {
  const int64_t channels = gamma.numel();
  const auto wide = [](const at::Tensor& t) { return t.view(-1).to(at::kDouble); };
  at::Tensor sums = at::cat({wide(g.beta), wide(g.gamma), at::full({1}, values_of_channel(x), wide(g.beta).options())});
  others.all_reduce(sums, Reduction::kSum);
  const at::Tensor of_shift = sums.narrow(0, 0, channels), of_scale = sums.narrow(0, channels, channels);
  const at::Tensor factor = wide(gamma) * wide(invstd) / sums.narrow(0, 2 * channels, 1);
  const at::Tensor slope = factor * of_scale * wide(invstd);
  const at::Tensor level = factor * of_shift - slope * wide(mean);
  const auto of_channels = [&](const at::Tensor& t) { return t.to(gamma.scalar_type()).view({1, -1, 1, 1}); };
  g.x.sub_(x * of_channels(slope) + of_channels(level));
  return g;
}

/// A convolution over chunks of images, with what precedes it. Gives the output and, where wanted, its mean and
/// variance. `mean` and `invstd` are those of the input's norm, `places` those of its unpooling.
struct ChunkedConvolution : Function<ChunkedConvolution> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& in, const at::Tensor& gamma,
                               const at::Tensor& beta, const at::Tensor& mean, const at::Tensor& invstd,
                               const at::Tensor& places, const at::Tensor& weight, const at::Tensor& bias,
                               int64_t stride, int64_t dilation, int64_t prologue, int64_t statistics,
                               int64_t rows_with_gradient, bool constant, Communicator* others, bool input_gradient,
                               bool weight_gradient, bool keep) {
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["dilation"] = dilation;
    ctx->saved_data["has_bias"] = bias.numel() > 0;
    ctx->saved_data["constant"] = constant;
    ctx->saved_data["others"] = as_number(others);
    ctx->saved_data["prologue"] = prologue;
    ctx->saved_data["rows"] = rows_with_gradient;
    ctx->saved_data["input_gradient"] = input_gradient;
    ctx->saved_data["weight_gradient"] = weight_gradient;
    variable_list saved = {in, gamma, beta, mean, invstd, places, weight};

    const at::ScalarType format = convolved_in(in, weight);
    const at::Tensor w = convolved_with(weight, in, format);
    const at::Tensor b = bias.numel() > 0 ? convolved_with(bias, in, format) : at::Tensor{};
    const int64_t images = in.size(0), scale = prologue == kUnpool ? 2 : 1, out_channels = weight.size(0);
    const int64_t padding = dilation * (weight.size(2) / 2);
    const std::vector<int64_t> sizes = {images, out_channels, strided(scale * in.size(2), stride),
                                        strided(scale * in.size(3), stride)};
    const int64_t step = chunk_of(in, scale * scale * in.size(1), scale * scale * out_channels);
    ctx->saved_data["step"] = step;
    at::Tensor out;
    if (step < images || images == 0) out = at::empty(sizes, in.options(), in.suggest_memory_format());
    std::vector<at::Tensor> means, vars;
    std::vector<double> counts;
    for (int64_t begin = 0; begin < images; begin += step) {
      const int64_t count = std::min(step, images - begin);
      const at::Tensor x = prepare(saved, prologue, begin, count);
      if (keep && begin < rows_with_gradient) saved.push_back(x);
      const at::Tensor y = as(at::conv2d(x.to(format), w, b, stride, padding, dilation).to(in.scalar_type()), in);
      if (statistics != kNone) {
        const NormStatistics s = kernels::norm_statistics(y, statistics == kOfSample, kEps);
        means.push_back(s.mean);
        vars.push_back(s.var);
        counts.push_back(static_cast<double>(count));
      }
      if (step < images) {
        out.narrow(0, begin, count).copy_(y);
      } else {
        out = y;
      }
    }
    ctx->save_for_backward(std::move(saved));
    if (statistics == kNone) return {out};
    at::Tensor out_mean, out_var;
    if (means.empty()) {
      // Of no images, which count for nothing beside those of other processes.
      out_mean = at::zeros({statistics == kOfSample ? 0 : 1, out_channels}, weight.options().requires_grad(false));
      out_var = at::zeros_like(out_mean);
    } else if (statistics == kOfSample || means.size() == 1) {
      out_mean = at::cat(means);
      out_var = at::cat(vars);
    } else {
      std::tie(out_mean, out_var) = combine(means, vars, counts);
    }
    ctx->mark_non_differentiable({out_mean, out_var});
    return {out, out_mean, out_var};
  }

  static variable_list backward(AutogradContext* ctx, variable_list d_out) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &in = saved[0], &weight = saved[6];
    const at::ScalarType format = convolved_in(in, weight);
    const at::Tensor w = convolved_with(weight, in, format);
    const int64_t stride = ctx->saved_data["stride"].toInt(), dilation = ctx->saved_data["dilation"].toInt();
    const bool has_bias = ctx->saved_data["has_bias"].toBool(), constant = ctx->saved_data["constant"].toBool();
    const int64_t prologue = ctx->saved_data["prologue"].toInt(), rows = ctx->saved_data["rows"].toInt();
    const bool input_gradient = ctx->saved_data["input_gradient"].toBool();
    const bool weight_gradient = ctx->saved_data["weight_gradient"].toBool();
    const at::Tensor d = as(d_out[0], in);
    const int64_t images = in.size(0), padding = dilation * (weight.size(2) / 2);
    const int64_t step = ctx->saved_data["step"].toInt();
    // With statistics of the whole batch, the norm's gradient needs all images' sums first.
    Communicator* const others = sharers(ctx);
    const bool norm_at_once =
        prologue == kNormRelu && !constant && saved[3].size(0) == 1 && (images > 1 || others != nullptr);

    at::Tensor d_in, d_gamma, d_beta, d_weight, d_bias;
    if (input_gradient) d_in = at::empty_like(in, in.suggest_memory_format());
    auto accumulate = [](at::Tensor& total, const at::Tensor& part) {
      if (total.defined()) {
        total.add_(part);
      } else {
        total = part;
      }
    };
    for (int64_t begin = 0; begin < images; begin += step) {
      const int64_t count = std::min(step, images - begin);
      if (begin >= rows) {
        if (input_gradient) d_in.narrow(0, begin, count).zero_();
        continue;
      }
      // The values of the input matter to the weights' gradient alone.
      const bool values = weight_gradient || prologue == kUnpool;
      const at::Tensor x = saved.size() > kFirstKept ? saved[kFirstKept + static_cast<size_t>(begin / step)]
                           : values                  ? prepare(saved, prologue, begin, count)
                                                     : in.narrow(0, begin, count);
      auto [dy, dw, db] = at::convolution_backward(
          d.narrow(0, begin, count).to(format), x.to(format), w, weight.size(0), {stride, stride}, {padding, padding},
          {dilation, dilation}, false, {0, 0}, 1, {input_gradient, weight_gradient, weight_gradient && has_bias});
      if (weight_gradient) {
        // Sums of many parts are in full.
        accumulate(d_weight, dw.to(weight.scalar_type()));
        if (has_bias) accumulate(d_bias, db.to(weight.scalar_type()));
      }
      if (!input_gradient) continue;
      dy = dy.to(in.scalar_type());
      at::Tensor part = d_in.narrow(0, begin, count);
      if (prologue == kUnpool) {
        part.copy_(kernels::unpool_backward(as(dy, in), saved[5].narrow(0, begin, count)));
      } else if (prologue == kNormRelu && !norm_at_once) {
        const kernels::NormGradients g = kernels::norm_relu_backward(
            as(dy, in), in.narrow(0, begin, count), saved[1], saved[2],
            {statistics_rows(saved[3], begin, count), {}, statistics_rows(saved[4], begin, count), constant}, part);
        accumulate(d_gamma, g.gamma);
        accumulate(d_beta, g.beta);
      } else {
        part.copy_(dy);
      }
    }
    if (input_gradient && norm_at_once) {
      kernels::NormGradients g =
          kernels::norm_relu_backward(d_in, in, saved[1], saved[2], {saved[3], {}, saved[4], others != nullptr}, d_in);
      if (others != nullptr) g = through_shared(*others, g, in, saved[1], saved[3], saved[4]);
      d_gamma = g.gamma;
      d_beta = g.beta;
    }
    return {d_in, d_gamma, d_beta, {}, {}, {}, d_weight, d_bias, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  }

 private:
  /// Saved are in, gamma, beta, mean, invstd, places and weight, then each chunk's input of the convolution, if it is
  /// kept.
  static constexpr size_t kFirstKept = 7;

  /// What the convolution reads, for some images.
  static at::Tensor prepare(const std::vector<at::Tensor>& saved, int64_t prologue, int64_t begin, int64_t count) {
    const at::Tensor in = saved[0].narrow(0, begin, count);
    if (prologue == kNormRelu) {
      return kernels::norm_relu(in, saved[1], saved[2],
                                {statistics_rows(saved[3], begin, count), {}, statistics_rows(saved[4], begin, count)});
    }
    if (prologue == kUnpool) {
      return kernels::unpool(in, saved[5].narrow(0, begin, count), 2 * in.size(2), 2 * in.size(3));
    }
    return in;
  }
};

struct NormRelu : Function<NormRelu> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& mean, const at::Tensor& invstd, bool constant, Communicator* others) {
    ctx->saved_data["constant"] = constant || others != nullptr;
    ctx->saved_data["others"] = as_number(others);
    ctx->save_for_backward({x, gamma, beta, mean, invstd});
    return kernels::norm_relu(x, gamma, beta, {mean, {}, invstd});
  }

  static variable_list backward(AutogradContext* ctx, variable_list dy) {
    const variable_list v = ctx->get_saved_variables();
    kernels::NormGradients g = kernels::norm_relu_backward(as(dy[0], v[0]), v[0], v[1], v[2],
                                                           {v[3], {}, v[4], ctx->saved_data["constant"].toBool()});
    if (Communicator* others = sharers(ctx)) g = through_shared(*others, g, v[0], v[1], v[3], v[4]);
    return {g.x, g.gamma, g.beta, {}, {}, {}, {}};
  }
};

/// max(norm(x) + norm(r), 0); r as it is where its gamma is empty.
struct NormAddRelu : Function<NormAddRelu> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& mean, const at::Tensor& invstd, const at::Tensor& r,
                            const at::Tensor& r_gamma, const at::Tensor& r_beta, const at::Tensor& r_mean,
                            const at::Tensor& r_invstd, bool constant, Communicator* others) {
    ctx->saved_data["constant"] = constant || others != nullptr;
    ctx->saved_data["others"] = as_number(others);
    const bool normed = r_gamma.numel() > 0;
    const kernels::NormedMap residual =
        normed ? kernels::NormedMap{r, r_gamma, r_beta, {r_mean, {}, r_invstd}} : kernels::NormedMap{r, {}, {}, {}};
    const at::Tensor y = kernels::norm_add_relu({x, gamma, beta, {mean, {}, invstd}}, residual);
    // Of a residual without norm only the gradient of y is needed.
    ctx->save_for_backward({y, x, gamma, beta, mean, invstd, normed ? r : r_gamma, r_gamma, r_beta, r_mean, r_invstd});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list dy) {
    const variable_list v = ctx->get_saved_variables();
    const bool constant = ctx->saved_data["constant"].toBool();
    const at::Tensor dz = at::threshold_backward(as(dy[0], v[1]), v[0], 0);
    Communicator* const others = sharers(ctx);
    const auto through = [&](const at::Tensor& x, size_t scale) {
      const kernels::NormGradients g =
          kernels::norm_backward(dz, {x, v[scale], v[scale + 1], {v[scale + 2], {}, v[scale + 3], constant}});
      return others != nullptr ? through_shared(*others, g, x, v[scale], v[scale + 2], v[scale + 3]) : g;
    };
    const kernels::NormGradients g = through(v[1], 2);
    if (v[7].numel() == 0) return {g.x, g.gamma, g.beta, {}, {}, dz, {}, {}, {}, {}, {}, {}};
    const kernels::NormGradients r = through(v[6], 7);
    return {g.x, g.gamma, g.beta, {}, {}, r.x, r.gamma, r.beta, {}, {}, {}, {}};
  }
};

struct NormReluPool : Function<NormReluPool> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma,
                               const at::Tensor& beta, const at::Tensor& mean, const at::Tensor& invstd, bool constant,
                               Communicator* others) {
    ctx->saved_data["constant"] = constant || others != nullptr;
    ctx->saved_data["others"] = as_number(others);
    auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, {mean, {}, invstd});
    ctx->save_for_backward({x, gamma, beta, mean, invstd, p, code});
    ctx->mark_non_differentiable({code});
    return {p, code};
  }

  static variable_list backward(AutogradContext* ctx, variable_list d) {
    const variable_list v = ctx->get_saved_variables();
    kernels::NormGradients g = kernels::norm_relu_pool_backward(as(d[0], v[0]), v[5], v[6], v[0], v[1], v[2],
                                                                {v[3], {}, v[4], ctx->saved_data["constant"].toBool()});
    if (Communicator* others = sharers(ctx)) g = through_shared(*others, g, v[0], v[1], v[3], v[4]);
    return {g.x, g.gamma, g.beta, {}, {}, {}, {}};
  }
};

/// norm(x) with statistics that processes share, by ATen's own operations.
struct SharedNorm : Function<SharedNorm> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& mean, const at::Tensor& invstd, Communicator* others) {
    ctx->saved_data["others"] = as_number(others);
    ctx->save_for_backward({x, gamma, mean, invstd});
    const at::Tensor scale = gamma * invstd.view(-1);
    return (x * of_channels(scale) + of_channels(beta - mean.view(-1) * scale)).to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* ctx, variable_list dy) {
    const variable_list v = ctx->get_saved_variables();
    const at::Tensor &x = v[0], &gamma = v[1], &mean = v[2], &invstd = v[3], &d = dy[0];
    const at::Tensor z = (x - of_channels(mean.view(-1))) * of_channels(invstd.view(-1));
    kernels::NormGradients g = {(d * of_channels(gamma * invstd.view(-1))).to(x.scalar_type()),
                                (d * z).sum({0, 2, 3}).to(gamma.scalar_type()),
                                d.sum({0, 2, 3}, false, gamma.scalar_type())};
    g = through_shared(*sharers(ctx), g, x, gamma, mean, invstd);
    return {g.x, g.gamma, g.beta, {}, {}, {}};
  }

 private:
  static at::Tensor of_channels(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }
};

RawMap with_statistics(const at::Tensor& x, const Norm& norm, const at::Tensor& mean, const at::Tensor& var);

/// norm(x) by ATen's own operations, for devices without kernels of ours.
at::Tensor aten_norm(const RawMap& map) {
  const Norm& norm = map.norm;
  if (norm.mode == NormMode::kPerSample) {
    return at::instance_norm(map.x, norm.gamma, norm.beta, {}, {}, true, kMomentum, kEps, true);
  }
  const bool training = norm.mode == NormMode::kBatch;
  if (Communicator* others = sharers(norm)) {
    const at::Tensor x = map.x.detach().to(norm.gamma.scalar_type());
    auto [var, mean] = at::var_mean(x, {0, 2, 3}, false);
    if (x.numel() == 0) {
      var.zero_();
      mean.zero_();
    }
    const RawMap known = with_statistics(map.x, norm, mean.view({1, -1}), var.view({1, -1}));
    return SharedNorm::apply(map.x, norm.gamma, norm.beta, known.mean, known.invstd, others);
  }
  at::Tensor batches = norm.batches;
  if (training && batches.defined()) batches.add_(1);
  return at::batch_norm(map.x, norm.gamma, norm.beta, norm.running_mean, norm.running_var, training, kMomentum, kEps,
                        true);
}

at::Tensor aten_norm_relu(const RawMap& map) { return aten_norm(map).relu_(); }

at::Tensor aten_convolve(const at::Tensor& x, const Convolution& c) {
  const at::ScalarType format = convolved_in(x, c.weight);
  const at::Tensor w = convolved_with(c.weight, x, format);
  const at::Tensor b = c.bias.defined() ? convolved_with(c.bias, x, format) : at::Tensor{};
  return at::conv2d(x.to(format), w, b, c.stride, c.dilation * (w.size(2) / 2), c.dilation).to(x.scalar_type());
}

/// Autograd's functions take no undefined tensors: an empty one in its place.
at::Tensor or_nothing(const at::Tensor& tensor, const at::Tensor& like) {
  return tensor.defined() ? tensor : at::empty({0}, like.options());
}

/// Whether the norm is an affine map: its statistics are no functions of the map.
bool is_constant(const Norm& norm) { return norm.mode == NormMode::kRunning; }

/// A map whose statistics are known; updates the running ones in training.
RawMap with_statistics(const at::Tensor& x, const Norm& norm, const at::Tensor& mean, const at::Tensor& var) {
  const at::NoGradGuard no_grad;
  const double count = values_of_channel(x);
  if (Communicator* others = sharers(norm)) {
    const SharedStatistics all = shared_statistics(*others, mean, var, count);
    const at::Tensor unbiased = all.var * (all.count / (all.count - 1));
    const at::Tensor shared_mean = all.mean.to(mean.scalar_type()), shared_var = all.var.to(var.scalar_type());
    if (norm.running_mean.defined()) {
      at::Tensor running_mean = norm.running_mean, running_var = norm.running_var, batches = norm.batches;
      running_mean.mul_(1 - kMomentum).add_(shared_mean.view(-1), kMomentum);
      running_var.mul_(1 - kMomentum).add_(unbiased.to(var.scalar_type()).view(-1), kMomentum);
      batches.add_(1);
    }
    return {x, norm, shared_mean, (shared_var + kEps).rsqrt()};
  }
  if (norm.mode == NormMode::kBatch && norm.running_mean.defined()) {
    at::Tensor running_mean = norm.running_mean, running_var = norm.running_var, batches = norm.batches;
    running_mean.mul_(1 - kMomentum).add_(mean.view(-1), kMomentum);
    // Unbiased; a single value has no variance.
    if (count > 1) running_var.mul_(1 - kMomentum).add_(var.view(-1), kMomentum * count / (count - 1));
    batches.add_(1);
  }
  return {x, norm, mean, (var + kEps).rsqrt()};
}

/// One layer. `raw` holds the input (and, for kNormRelu, its norm).
variable_list chunked(const RawMap& raw, const at::Tensor& places, Prologue prologue, const Convolution& c,
                      Statistics statistics, int64_t rows_with_gradient) {
  const bool grad = at::GradMode::is_enabled();
  const bool input_gradient =
      grad &&
      (raw.x.requires_grad() || (raw.norm.gamma.defined() && prologue == kNormRelu && raw.norm.gamma.requires_grad()));
  const bool weight_gradient = grad && c.weight.requires_grad();
  const auto given = [&raw](const at::Tensor& tensor) { return or_nothing(tensor, raw.x); };
  return ChunkedConvolution::apply(packed(raw.x), given(raw.norm.gamma), given(raw.norm.beta), given(raw.mean),
                                   given(raw.invstd), given(places), c.weight, given(c.bias), c.stride, c.dilation,
                                   static_cast<int64_t>(prologue), static_cast<int64_t>(statistics), rows_with_gradient,
                                   is_constant(raw.norm), sharers(raw.norm), input_gradient, weight_gradient,
                                   c.keep_input && weight_gradient && prologue != kNothing);
}

RawMap chunked_layer(const RawMap& raw, const at::Tensor& places, Prologue prologue, const Convolution& c,
                     const Norm& norm) {
  const Statistics wanted = norm.mode == NormMode::kRunning ? kNone
                            : norm.mode == NormMode::kBatch ? kOfBatch
                                                            : kOfSample;
  const variable_list out = chunked(raw, places, prologue, c, wanted, raw.x.size(0));
  if (wanted == kNone)
    return with_statistics(out[0], norm, norm.running_mean.view({1, -1}), norm.running_var.view({1, -1}));
  return with_statistics(out[0], norm, out[1], out[2]);
}

}  // namespace

void set_chunk_bytes(int64_t bytes) { chunk_bytes = bytes > 0 ? bytes : default_chunk_bytes(); }

RawMap convolve(const at::Tensor& x, const Convolution& convolution, const Norm& norm) {
  if (!has_kernels(x)) return {aten_convolve(x, convolution), norm, {}, {}};
  return chunked_layer({x, {}, {}, {}}, {}, kNothing, convolution, norm);
}

RawMap convolve(const RawMap& x, const Convolution& convolution, const Norm& norm) {
  if (!has_kernels(x.x)) return {aten_convolve(activate(x), convolution), norm, {}, {}};
  return chunked_layer(x, {}, kNormRelu, convolution, norm);
}

RawMap unpool_convolve(const at::Tensor& y, const at::Tensor& places, const Convolution& convolution,
                       const Norm& norm) {
  if (!has_kernels(y)) {
    return {aten_convolve(at::max_unpool2d(y, places, {2 * y.size(2), 2 * y.size(3)}), convolution), norm, {}, {}};
  }
  return chunked_layer({as(y, places), {}, {}, {}}, places, kUnpool, convolution, norm);
}

at::Tensor convolve_out(const RawMap& x, const Convolution& convolution, int64_t rows_with_gradient) {
  if (!has_kernels(x.x)) return aten_convolve(activate(x), convolution);
  return chunked(x, {}, kNormRelu, convolution, kNone, rows_with_gradient)[0];
}

at::Tensor convolve_out(const at::Tensor& x, const Convolution& convolution) {
  if (!has_kernels(x)) return aten_convolve(x, convolution);
  return chunked({x, {}, {}, {}}, {}, kNothing, convolution, kNone, x.size(0))[0];
}

at::Tensor activate(const RawMap& x) {
  if (!has_kernels(x.x)) return aten_norm_relu(x);
  return NormRelu::apply(packed(x.x), x.norm.gamma, x.norm.beta, x.mean, x.invstd, is_constant(x.norm),
                         sharers(x.norm));
}

at::Tensor activate_sum(const RawMap& x, const at::Tensor& residual) {
  return activate_sum(x, RawMap{residual, {NormMode::kRunning, {}, {}, {}, {}, {}}, {}, {}});
}

at::Tensor activate_sum(const RawMap& x, const RawMap& residual) {
  const bool normed = residual.norm.gamma.defined();
  if (!has_kernels(x.x)) return (aten_norm(x) + (normed ? aten_norm(residual) : residual.x)).relu_();
  const auto given = [&x](const at::Tensor& tensor) { return or_nothing(tensor, x.x); };
  const at::Tensor own = packed(x.x);
  return NormAddRelu::apply(own, x.norm.gamma, x.norm.beta, x.mean, x.invstd, as(residual.x, own),
                            given(residual.norm.gamma), given(residual.norm.beta), given(residual.mean),
                            given(residual.invstd), is_constant(x.norm), sharers(x.norm));
}

std::tuple<at::Tensor, at::Tensor> activate_and_pool(const RawMap& x) {
  if (!has_kernels(x.x)) return at::max_pool2d_with_indices(aten_norm_relu(x), 2, 2);
  const variable_list out = NormReluPool::apply(packed(x.x), x.norm.gamma, x.norm.beta, x.mean, x.invstd,
                                                is_constant(x.norm), sharers(x.norm));
  return {out[0], out[1]};
}

}  // namespace jtr
