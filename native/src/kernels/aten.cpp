#include "kernels/aten.h"

#include <algorithm>
#include <cmath>

#include "kernels/exponential_noise.h"

namespace jtr::kernels::by_aten {
namespace {

/// Elements that are widened to double at once.
constexpr int64_t kPart = int64_t{1} << 22;

at::Tensor in_full(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

/// Statistics [groups, C], or weights [C], beside maps [N, C, H, W].
at::Tensor beside(const at::Tensor& s, const at::Tensor& x) { return s.view({-1, x.size(1), 1, 1}); }

at::Tensor normalized(const at::Tensor& x, const NormStatistics& s) {
  return (in_full(x) - beside(s.mean, x)) * beside(s.invstd, x);
}

/// Lying as x does, and in its format.
at::Tensor like(const at::Tensor& y, const at::Tensor& x) {
  return y.to(x.scalar_type()).contiguous(x.suggest_memory_format());
}

/// The windows' values, the last odd row or column left out: [N, C, H/2, W/2, 4], row by row.
at::Tensor windows(const at::Tensor& x) {
  const int64_t height = x.size(2) / 2, width = x.size(3) / 2;
  return x.narrow(2, 0, 2 * height)
      .narrow(3, 0, 2 * width)
      .reshape({x.size(0), x.size(1), height, 2, width, 2})
      .permute({0, 1, 2, 4, 3, 5})
      .reshape({x.size(0), x.size(1), height, width, 4});
}

/// Where in a plane of `width` columns each code points: [N, C, h, w].
at::Tensor places(const at::Tensor& code, int64_t width) {
  const at::Tensor c = code.contiguous().to(at::kLong);
  const auto counted = [&c](int64_t size, at::IntArrayRef shape) {
    return 2 * at::arange(size, c.options()).view(shape);
  };
  const at::Tensor row = counted(c.size(2), {-1, 1}) + c.div(2, "floor");
  return row * width + counted(c.size(3), {1, -1}) + c.remainder(2);
}

}  // namespace

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps) {
  const std::vector<int64_t> over = per_sample ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{0, 2, 3};
  const std::vector<int64_t> sizes = {per_sample ? x.size(0) : 1, x.size(1)};
  const at::Tensor full = in_full(x), mean = full.mean(over).view(sizes);
  const at::Tensor var = (full - beside(mean, x)).square().mean(over).view(sizes);
  return {mean, var, (var + eps).rsqrt()};
}

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  return like((normalized(x, s) * beside(gamma, x) + beside(beta, x)).clamp_min(0), x);
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s) {
  const at::Tensor all = windows(by_aten::norm_relu(x, gamma, beta, s));
  const at::Tensor place = all.argmax(4, true);
  return {like(all.gather(4, place).squeeze(4), x),
          place.squeeze(4).to(at::kByte).contiguous(x.suggest_memory_format())};
}

NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) {
  // dz = dy (z > 0), and through the statistics dx = gamma invstd (dz - mean(dz) - xhat mean(dz xhat)) over each group.
  const at::Tensor xhat = normalized(x, s);
  const at::Tensor z = xhat * beside(gamma, x) + beside(beta, x);
  const at::Tensor dz = in_full(dy) * z.gt(0);
  const bool per_sample = s.mean.size(0) == x.size(0) && x.size(0) > 1;
  const std::vector<int64_t> over = per_sample ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{0, 2, 3};
  const at::Tensor through = s.constant ? dz : dz - dz.mean(over, true) - xhat * (dz * xhat).mean(over, true);
  NormGradients g{like(beside(gamma, x) * beside(s.invstd, x) * through, x), (dz * xhat).sum({0, 2, 3}),
                  dz.sum({0, 2, 3})};
  if (dx.defined()) {
    dx.copy_(g.x);
    g.x = dx;
  }
  return g;
}

NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor&, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s) {
  return by_aten::norm_relu_backward(by_aten::unpool(dp, code, x.size(2), x.size(3)), x, gamma, beta, s, {});
}

at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r) {
  const auto normed = [](const NormedMap& map) {
    if (!map.gamma.defined()) return in_full(map.x);
    return normalized(map.x, map.statistics) * beside(map.gamma, map.x) + beside(map.beta, map.x);
  };
  return like((normed(x) + normed(r)).clamp_min(0), x.x);
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) {
  const at::Tensor out = at::zeros({y.size(0), y.size(1), height * width}, y.options());
  out.scatter_(2, places(code, width).flatten(2), y.contiguous().flatten(2));
  return out.view({y.size(0), y.size(1), height, width}).contiguous(y.suggest_memory_format());
}

at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code) {
  return d.contiguous()
      .flatten(2)
      .gather(2, places(code, d.size(3)).flatten(2))
      .view(code.sizes())
      .contiguous(d.suggest_memory_format());
}

at::Tensor one_hot_of_max(const at::Tensor& x) {
  const at::Tensor largest = x.amax(1, true);
  return at::zeros_like(x).scatter_(1, x.argmax(1, true), 1.0).masked_fill_(largest.ne(largest), NAN);
}

void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& f) {
  m.mul_(f.beta1).add_(g, 1 - f.beta1);
  v.mul_(f.beta2).addcmul_(g, g, 1 - f.beta2);
  p.addcdiv_(m, v.sqrt().div_(f.sqrt_correction2).add_(f.epsilon), -f.step_size);
}

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first) {
  const at::Tensor host = at::empty(out.sizes(), out.options().device(at::kCPU));
  const auto fill = [&](auto* to) {
    const int64_t end = first + host.numel();
    for (int64_t begin = first / 4 * 4; begin < end; begin += 4) {
      float block[4];
      exponential_block(seed, index, static_cast<uint64_t>(begin / 4), block);
      for (int64_t i = std::max(begin, first); i < std::min(begin + 4, end); ++i) {
        to[i - first] = static_cast<std::decay_t<decltype(*to)>>(block[i - begin]);
      }
    }
  };
  if (host.scalar_type() == at::kDouble) {
    fill(host.data_ptr<double>());
  } else {
    fill(host.data_ptr<float>());
  }
  out.copy_(host);
}

double squared_norm(const at::Tensor& flat) {
  at::Tensor total = at::zeros({}, flat.options().dtype(at::kDouble));
  for (int64_t begin = 0; begin < flat.numel(); begin += kPart) {
    const at::Tensor part = flat.narrow(0, begin, std::min(kPart, flat.numel() - begin)).to(at::kDouble);
    total.add_(part.dot(part));
  }
  return total.item<double>();
}

}  // namespace jtr::kernels::by_aten
