#include "networks/layers.h"

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/norm_relu.h"

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

/// The statistics that the norm uses; updates the running ones in training.
NormStatistics statistics_of(const at::Tensor& x, const Norm& norm) {
  const at::NoGradGuard no_grad;
  if (norm.mode == NormMode::kRunning) {
    return {norm.running_mean.view({1, -1}), norm.running_var.view({1, -1}),
            (norm.running_var + kEps).rsqrt().view({1, -1})};
  }
  NormStatistics s = kernels::norm_statistics(x, norm.mode == NormMode::kPerSample, kEps);
  if (norm.mode == NormMode::kBatch) {
    const double count = static_cast<double>(x.size(0) * x.size(2) * x.size(3));
    at::Tensor mean = norm.running_mean, var = norm.running_var, batches = norm.batches;
    mean.mul_(1 - kMomentum).add_(s.mean.view(-1), kMomentum);
    var.mul_(1 - kMomentum).add_(s.var.view(-1), kMomentum * count / (count - 1));  // unbiased
    batches.add_(1);
  }
  return s;
}

struct NormRelu : Function<NormRelu> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                            const at::Tensor& mean, const at::Tensor& invstd) {
    ctx->save_for_backward({x, gamma, beta, mean, invstd});
    return kernels::norm_relu(x, gamma, beta, {mean, {}, invstd});
  }

  static variable_list backward(AutogradContext* ctx, variable_list dy) {
    const variable_list v = ctx->get_saved_variables();
    const kernels::NormGradients g = kernels::norm_relu_backward(as(dy[0], v[0]), v[0], v[1], v[2], {v[3], {}, v[4]});
    return {g.x, g.gamma, g.beta, {}, {}};
  }
};

struct NormReluPool : Function<NormReluPool> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma,
                               const at::Tensor& beta, const at::Tensor& mean, const at::Tensor& invstd) {
    auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, {mean, {}, invstd});
    ctx->save_for_backward({x, gamma, beta, mean, invstd, p, code});
    ctx->mark_non_differentiable({code});
    return {p, code};
  }

  static variable_list backward(AutogradContext* ctx, variable_list d) {
    const variable_list v = ctx->get_saved_variables();
    const kernels::NormGradients g =
        kernels::norm_relu_pool_backward(as(d[0], v[0]), v[5], v[6], v[0], v[1], v[2], {v[3], {}, v[4]});
    return {g.x, g.gamma, g.beta, {}, {}};
  }
};

struct Unpool : Function<Unpool> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& y, const at::Tensor& code) {
    ctx->save_for_backward({code});
    return kernels::unpool(y, code, 2 * y.size(2), 2 * y.size(3));
  }

  static variable_list backward(AutogradContext* ctx, variable_list d) {
    const at::Tensor code = ctx->get_saved_variables()[0];
    return {kernels::unpool_backward(as(d[0], code), code), {}};
  }
};

/// The same by ATen's own operations, for devices without kernels of ours.
at::Tensor aten_norm_relu(const at::Tensor& x, const Norm& norm) {
  if (norm.mode == NormMode::kPerSample) {
    return at::instance_norm(x, norm.gamma, norm.beta, {}, {}, true, kMomentum, kEps, true).relu_();
  }
  const bool training = norm.mode == NormMode::kBatch;
  at::Tensor batches = norm.batches;
  if (training) batches.add_(1);
  return at::batch_norm(x, norm.gamma, norm.beta, norm.running_mean, norm.running_var, training, kMomentum, kEps, true)
      .relu_();
}

}  // namespace

at::Tensor norm_relu(const at::Tensor& x, const Norm& norm) {
  if (!x.is_cpu()) return aten_norm_relu(x, norm);
  const at::Tensor input = packed(x);
  const NormStatistics s = statistics_of(input, norm);
  return NormRelu::apply(input, norm.gamma, norm.beta, s.mean, s.invstd);
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const Norm& norm) {
  if (!x.is_cpu()) return at::max_pool2d_with_indices(aten_norm_relu(x, norm), 2, 2);
  const at::Tensor input = packed(x);
  const NormStatistics s = statistics_of(input, norm);
  const variable_list out = NormReluPool::apply(input, norm.gamma, norm.beta, s.mean, s.invstd);
  return {out[0], out[1]};
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& places) {
  if (!y.is_cpu()) return at::max_unpool2d(y, places, {2 * y.size(2), 2 * y.size(3)});
  return Unpool::apply(as(y, places), places);
}

}  // namespace jtr
