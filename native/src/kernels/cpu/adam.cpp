#include "kernels/adam.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "kernels/cuda/tensors.h"

namespace jtr::kernels {
namespace {

template <typename T>
void update(T* p, const T* g, T* m, T* v, int64_t count, const AdamFactors& f) {
  const T beta1 = static_cast<T>(f.beta1), beta2 = static_cast<T>(f.beta2), epsilon = static_cast<T>(f.epsilon);
  const T rest1 = static_cast<T>(1 - f.beta1), rest2 = static_cast<T>(1 - f.beta2);
  const T step_size = static_cast<T>(f.step_size), correction = static_cast<T>(f.sqrt_correction2);
  at::parallel_for(0, count, 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      m[i] = beta1 * m[i] + rest1 * g[i];
      v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
      p[i] -= step_size * m[i] / (std::sqrt(v[i]) / correction + epsilon);
    }
  });
}

}  // namespace

void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& f) {
#if JTR_WITH_CUDA
  if (p.is_cuda()) return on_cuda::adam(p, g, m, v, f);
#endif
  if (!p.is_cpu()) {
    m.mul_(f.beta1).add_(g, 1 - f.beta1);
    v.mul_(f.beta2).addcmul_(g, g, 1 - f.beta2);
    p.addcdiv_(m, v.sqrt().div_(f.sqrt_correction2).add_(f.epsilon), -f.step_size);
  } else if (p.scalar_type() == at::kDouble) {
    update(p.data_ptr<double>(), g.data_ptr<double>(), m.data_ptr<double>(), v.data_ptr<double>(), p.numel(), f);
  } else {
    update(p.data_ptr<float>(), g.data_ptr<float>(), m.data_ptr<float>(), v.data_ptr<float>(), p.numel(), f);
  }
}

}  // namespace jtr::kernels
