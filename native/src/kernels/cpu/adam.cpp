#include "kernels/adam.h"

#include <ATen/Parallel.h>

#include "kernels/cpu/tensors.h"
#include "kernels/device/norm_relu.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

template <typename T>
struct Factors {
  T beta1, rest1, beta2, rest2, epsilon, step_size, correction;
};

template <typename T>
inline __attribute__((always_inline)) void update_range(T* __restrict p, const T* __restrict g, T* __restrict m,
                                                        T* __restrict v, int64_t count, const Factors<T>& f) {
  for (int64_t i = 0; i < count; ++i) {
    device::adam_at(i, p, g, m, v, f.beta1, f.beta2, f.rest1, f.rest2, f.epsilon, f.step_size, f.correction);
  }
}

JTR_MULTIVERSION void update_floats(float* p, const float* g, float* m, float* v, int64_t count,
                                    const Factors<float>& f) {
  update_range(p, g, m, v, count, f);
}

JTR_MULTIVERSION void update_doubles(double* p, const double* g, double* m, double* v, int64_t count,
                                     const Factors<double>& f) {
  update_range(p, g, m, v, count, f);
}

template <typename T, typename Update>
void update(const at::Tensor& p, const at::Tensor& g, const at::Tensor& m, const at::Tensor& v, const AdamFactors& f,
            Update update) {
  const Factors<T> factors = {static_cast<T>(f.beta1),           static_cast<T>(1 - f.beta1),
                              static_cast<T>(f.beta2),           static_cast<T>(1 - f.beta2),
                              static_cast<T>(f.epsilon),         static_cast<T>(f.step_size),
                              static_cast<T>(f.sqrt_correction2)};
  T *pp = p.data_ptr<T>(), *gp = g.data_ptr<T>(), *mp = m.data_ptr<T>(), *vp = v.data_ptr<T>();
  at::parallel_for(0, p.numel(), 1 << 15, [&](int64_t begin, int64_t end) {
    update(pp + begin, gp + begin, mp + begin, vp + begin, end - begin, factors);
  });
}

}  // namespace

namespace on_cpu {

void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& f) {
  if (p.scalar_type() == at::kDouble) {
    update<double>(p, g, m, v, f, update_doubles);
  } else {
    update<float>(p, g, m, v, f, update_floats);
  }
}

}  // namespace on_cpu
}  // namespace jtr::kernels
