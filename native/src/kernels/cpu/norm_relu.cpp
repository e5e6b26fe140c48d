#include "kernels/norm_relu.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/norm_relu_channels_last.h"
#include "kernels/cpu/norm_relu_planes.h"
#include "kernels/cpu/tensors.h"
#include "kernels/device/norm_relu.h"

namespace jtr::kernels {
namespace {

/// Whether the channels lie together. The other tensors of a call lie as x does.
bool is_channels_last(const at::Tensor& x) { return x.suggest_memory_format() == at::MemoryFormat::ChannelsLast; }

/// Work below this many elements is not worth a second thread.
constexpr int64_t kGrainElements = 1 << 14;

/// Runs body(n, c, offset of the plane) over all planes of x.
template <typename Body>
void for_each_plane(const at::Tensor& x, const Body& body) {
  const int64_t channels = x.size(1), plane = x.size(2) * x.size(3);
  const int64_t grain = std::max<int64_t>(1, kGrainElements / std::max<int64_t>(1, plane));
  at::parallel_for(0, x.size(0) * channels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i / channels, i % channels, i * plane);
  });
}

/// The affine map of the norm for one group and channel.
template <typename T>
Affine<T> affine(T gamma, T beta, T mean, T invstd) {
  const T scale = gamma * invstd;
  return {scale, beta - mean * scale};
}

/// Per channel pointers into gamma, beta and the statistics of a group.
template <typename T>
struct Norm {
  Norm(const at::Tensor& gamma_tensor, const at::Tensor& beta_tensor, const NormStatistics& s)
      : gamma(gamma_tensor.data_ptr<T>()),
        beta(beta_tensor.data_ptr<T>()),
        mean(s.mean.data_ptr<T>()),
        invstd(s.invstd.data_ptr<T>()),
        group_stride(s.mean.size(0) == 1 ? 0 : s.mean.size(1)) {}

  int64_t at(int64_t n, int64_t c) const { return n * group_stride + c; }
  Affine<T> map(int64_t n, int64_t c) const { return affine(gamma[c], beta[c], mean[at(n, c)], invstd[at(n, c)]); }

  const T *gamma, *beta, *mean, *invstd;
  int64_t group_stride;
};

/// What the sums of all planes make of the gradients: those of gamma and beta, and dx = scale dz + c0 + c1 x.
template <typename T>
struct Reduced {
  at::Tensor gamma, beta;
  std::vector<T> c0, c1;  // [groups, C]
};

template <typename T>
Reduced<T> reduce(const std::vector<GradientSums>& sums, const Norm<T>& norm, const at::Tensor& x,
                  const at::Tensor& gamma) {
  const int64_t samples = x.size(0), channels = x.size(1);
  const bool per_sample = norm.group_stride != 0;
  const int64_t groups = per_sample ? samples : 1;
  const double count = static_cast<double>(x.size(2) * x.size(3) * (per_sample ? 1 : samples));
  Reduced<T> r{at::empty_like(gamma), at::empty_like(gamma), std::vector<T>(groups * channels),
               std::vector<T>(groups * channels)};
  for (int64_t c = 0; c < channels; ++c) {
    GradientSums total = {0, 0};
    std::vector<GradientSums> of_group(groups, GradientSums{0, 0});
    for (int64_t n = 0; n < samples; ++n) {
      const GradientSums& s = sums[n * channels + c];
      GradientSums& g = of_group[per_sample ? n : 0];
      g.dz += s.dz;
      g.dz_xhat += s.dz_xhat;
      total.dz += s.dz;
      total.dz_xhat += s.dz_xhat;
    }
    r.gamma.template data_ptr<T>()[c] = static_cast<T>(total.dz_xhat);
    r.beta.template data_ptr<T>()[c] = static_cast<T>(total.dz);
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t i = norm.at(g, c);
      const double invstd = static_cast<double>(norm.invstd[i]), scale = static_cast<double>(norm.gamma[c]) * invstd;
      const auto k = device::coefficients<T>(of_group[g].dz, of_group[g].dz_xhat, scale,
                                             static_cast<double>(norm.mean[i]), invstd, count);
      r.c0[i] = k.c0;
      r.c1[i] = k.c1;
    }
  }
  return r;
}

/// On the CPU, maps in bfloat16 are widened, computed with and rounded again, which costs passes over memory: nothing
/// of the norm is in less than float, and processors convert quickly.
bool is_short(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16; }
at::Tensor widened(const at::Tensor& x) { return x.to(at::kFloat); }
at::Tensor rounded(const at::Tensor& x) { return x.to(at::kBFloat16); }

/// A map with a norm: its own, or one that leaves it as it is.
NormedMap with_norm(const NormedMap& map) {
  if (map.gamma.defined()) return map;
  const auto options = map.x.options().dtype(is_short(map.x) ? at::kFloat : map.x.scalar_type());
  const at::Tensor one = at::ones({map.x.size(1)}, options), none = at::zeros({map.x.size(1)}, options);
  return {map.x, one, none, {none.view({1, -1}), {}, one.view({1, -1})}};
}

/// Gradients whose dx goes, rounded, to `dx` where that is defined.
NormGradients rounded(NormGradients g, const at::Tensor& dx) {
  if (dx.defined()) {
    dx.copy_(g.x);
    g.x = dx;
  } else {
    g.x = rounded(g.x);
  }
  return g;
}

}  // namespace

namespace on_cpu {

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps) {
  if (is_short(x)) return on_cpu::norm_statistics(widened(x), per_sample, eps);
  if (is_channels_last(x)) return channels_last::norm_statistics(x, per_sample, eps);
  const int64_t samples = x.size(0), channels = x.size(1), plane = x.size(2) * x.size(3);
  std::vector<Moments> moments(samples * channels);
  const std::vector<int64_t> sizes = {per_sample ? samples : 1, channels};
  NormStatistics s{at::empty(sizes, x.options()), at::empty(sizes, x.options()), at::empty(sizes, x.options())};
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const T* in = x.data_ptr<T>();
    T *mean = s.mean.data_ptr<T>(), *var = s.var.data_ptr<T>(), *invstd = s.invstd.data_ptr<T>();
    const auto finish = [&](int64_t i, double m, double m2, int64_t count) {
      const double moment = m2 / static_cast<double>(count), v = moment < 0 ? 0 : moment;  // NaN stays NaN
      mean[i] = static_cast<T>(m);
      var[i] = static_cast<T>(v);
      invstd[i] = static_cast<T>(1 / std::sqrt(v + eps));
    };
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      const Moments m = plane_moments(in + offset, plane);
      if (per_sample) {
        finish(n * channels + c, m.mean, m.m2, plane);
      } else {
        moments[n * channels + c] = m;
      }
    });
    if (per_sample) return;
    for (int64_t c = 0; c < channels; ++c) {
      // Planes are of one size: the mean of means, and Chan's rule for the squares.
      double mean_sum = 0, m2 = 0;
      for (int64_t n = 0; n < samples; ++n) mean_sum += moments[n * channels + c].mean;
      const double m = mean_sum / static_cast<double>(samples);
      for (int64_t n = 0; n < samples; ++n) {
        const double d = moments[n * channels + c].mean - m;
        m2 += moments[n * channels + c].m2 + d * d * static_cast<double>(plane);
      }
      finish(c, m, m2, samples * plane);
    }
  });
  return s;
}

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  if (is_short(x)) return rounded(on_cpu::norm_relu(widened(x), gamma, beta, s));
  if (is_channels_last(x)) return channels_last::norm_relu(x, gamma, beta, s);
  at::Tensor y = at::empty_like(x);
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Norm<T> norm(gamma, beta, s);
    const T* in = x.data_ptr<T>();
    T* out = y.data_ptr<T>();
    const int64_t plane = x.size(2) * x.size(3);
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      plane_norm_relu(in + offset, out + offset, plane, norm.map(n, c));
    });
  });
  return y;
}

at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& plain_or_normed) {
  const NormedMap r = with_norm(plain_or_normed);
  if (is_short(x.x)) {
    return rounded(on_cpu::norm_add_relu({widened(x.x), x.gamma, x.beta, x.statistics},
                                         {widened(r.x), r.gamma, r.beta, r.statistics}));
  }
  if (is_channels_last(x.x)) return channels_last::norm_add_relu(x, r);
  at::Tensor y = at::empty_like(x.x);
  dispatch(x.x, [&](auto zero) {
    using T = decltype(zero);
    const Norm<T> z(x.gamma, x.beta, x.statistics), s(r.gamma, r.beta, r.statistics);
    const T *in = x.x.data_ptr<T>(), *other = r.x.data_ptr<T>();
    T* out = y.data_ptr<T>();
    const int64_t plane = x.x.size(2) * x.x.size(3);
    for_each_plane(x.x, [&](int64_t n, int64_t c, int64_t offset) {
      plane_norm_add_relu(in + offset, other + offset, out + offset, plane, z.map(n, c), s.map(n, c));
    });
  });
  return y;
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s) {
  if (is_short(x)) {
    auto [p, code] = on_cpu::norm_relu_pool(widened(x), gamma, beta, s);
    return {rounded(p), code};
  }
  if (is_channels_last(x)) return channels_last::norm_relu_pool(x, gamma, beta, s);
  const int64_t height = x.size(2), width = x.size(3), pooled = (height / 2) * (width / 2);
  at::Tensor p = at::empty({x.size(0), x.size(1), height / 2, width / 2}, x.options());
  at::Tensor code = at::empty(p.sizes(), x.options().dtype(at::kByte));
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Norm<T> norm(gamma, beta, s);
    const T* in = x.data_ptr<T>();
    T* out = p.data_ptr<T>();
    uint8_t* codes = code.data_ptr<uint8_t>();
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      static thread_local std::vector<T> rows;
      static thread_local std::vector<int32_t> row_codes;
      rows.resize(static_cast<size_t>(2 * width));
      row_codes.resize(static_cast<size_t>(width));
      const int64_t out_offset = (n * x.size(1) + c) * pooled;
      plane_norm_relu_pool(in + offset, out + out_offset, codes + out_offset, height, width, norm.map(n, c),
                           rows.data(), row_codes.data());
    });
  });
  return {p, code};
}

NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) {
  if (is_short(x)) return rounded(on_cpu::norm_relu_backward(widened(dy), widened(x), gamma, beta, s, {}), dx);
  if (is_channels_last(x)) return channels_last::norm_relu_backward(dy, x, gamma, beta, s, dx);
  NormGradients gradients;
  gradients.x = dx.defined() ? dx : at::empty_like(x);
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Norm<T> norm(gamma, beta, s);
    const T *in = x.data_ptr<T>(), *d = dy.data_ptr<T>();
    T* out = gradients.x.data_ptr<T>();
    const int64_t plane = x.size(2) * x.size(3), channels = x.size(1);
    std::vector<GradientSums> sums(x.size(0) * channels);
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      sums[n * channels + c] = plane_gradient_sums(d + offset, in + offset, plane, norm.map(n, c),
                                                   norm.mean[norm.at(n, c)], norm.invstd[norm.at(n, c)]);
    });
    const Reduced<T> r = reduce(sums, norm, x, gamma);
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      const int64_t i = norm.at(n, c);
      plane_gradient(d + offset, in + offset, out + offset, plane, norm.map(n, c), r.c0[i], r.c1[i]);
    });
    gradients.gamma = r.gamma;
    gradients.beta = r.beta;
  });
  return gradients;
}

NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s) {
  if (is_short(x)) {
    return rounded(on_cpu::norm_relu_pool_backward(widened(dp), widened(p), code, widened(x), gamma, beta, s), {});
  }
  if (is_channels_last(x)) return channels_last::norm_relu_pool_backward(dp, p, code, x, gamma, beta, s);
  NormGradients gradients;
  gradients.x = at::empty_like(x);
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Norm<T> norm(gamma, beta, s);
    const T *in = x.data_ptr<T>(), *d = dp.data_ptr<T>(), *y = p.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* out = gradients.x.data_ptr<T>();
    const int64_t height = x.size(2), width = x.size(3), channels = x.size(1);
    const int64_t pooled = (height / 2) * (width / 2);
    std::vector<GradientSums> sums(x.size(0) * channels);
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      const int64_t q = (n * channels + c) * pooled, i = norm.at(n, c);
      sums[n * channels + c] =
          plane_gradient_sums_pool(d + q, y + q, codes + q, in + offset, height, width, norm.mean[i], norm.invstd[i]);
    });
    const Reduced<T> r = reduce(sums, norm, x, gamma);
    for_each_plane(x, [&](int64_t n, int64_t c, int64_t offset) {
      const int64_t q = (n * channels + c) * pooled, i = norm.at(n, c);
      plane_gradient_pool(d + q, y + q, codes + q, in + offset, out + offset, height, width, norm.map(n, c).scale,
                          r.c0[i], r.c1[i]);
    });
    gradients.gamma = r.gamma;
    gradients.beta = r.beta;
  });
  return gradients;
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) {
  if (is_short(y)) return rounded(on_cpu::unpool(widened(y), code, height, width));
  if (is_channels_last(y)) return channels_last::unpool(y, code, height, width);
  at::Tensor out = at::empty({y.size(0), y.size(1), height, width}, y.options());
  dispatch(y, [&](auto zero) {
    using T = decltype(zero);
    const T* in = y.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* to = out.data_ptr<T>();
    for_each_plane(y, [&](int64_t n, int64_t c, int64_t offset) {
      plane_unpool(in + offset, codes + offset, to + (n * y.size(1) + c) * height * width, height, width);
    });
  });
  return out;
}

at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code) {
  if (is_short(d)) return rounded(on_cpu::unpool_backward(widened(d), code));
  if (is_channels_last(d)) return channels_last::unpool_backward(d, code);
  at::Tensor out = at::empty(code.sizes(), d.options());
  dispatch(d, [&](auto zero) {
    using T = decltype(zero);
    const T* in = d.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* to = out.data_ptr<T>();
    const int64_t plane = d.size(2) * d.size(3);
    for_each_plane(out, [&](int64_t n, int64_t c, int64_t offset) {
      plane_unpool_backward(in + (n * d.size(1) + c) * plane, codes + offset, to + offset, d.size(2), d.size(3));
    });
  });
  return out;
}

}  // namespace on_cpu
}  // namespace jtr::kernels
