// The loops of norm_relu over one plane (one channel of one sample), for float and double.
#pragma once

#include <cstdint>

namespace jtr::kernels {

/// Mean, and sum of squared distances from it.
struct Moments {
  double mean, m2;
};

/// Sums of dz and dz * (x - mean) * invstd, dz being the gradient behind the ReLU.
struct GradientSums {
  double dz, dz_xhat;
};

/// z = scale * x + shift.
template <typename T>
struct Affine {
  T scale, shift;
};

#define JTR_DECLARE_PLANES(T)                                                                                     \
  Moments plane_moments(const T* x, int64_t count);                                                               \
  void plane_norm_relu(const T* x, T* y, int64_t count, Affine<T> z);                                             \
  /* y = max(z x + s r, 0) */                                                                                     \
  void plane_norm_add_relu(const T* x, const T* r, T* y, int64_t count, Affine<T> z, Affine<T> s);                \
  /* scratch: 2 * width values of T and width of int32 */                                                         \
  void plane_norm_relu_pool(const T* x, T* p, uint8_t* code, int64_t height, int64_t width, Affine<T> z, T* rows, \
                            int32_t* codes);                                                                      \
  GradientSums plane_gradient_sums(const T* dy, const T* x, int64_t count, Affine<T> z, T mean, T invstd);        \
  GradientSums plane_gradient_sums_pool(const T* dp, const T* p, const uint8_t* code, const T* x, int64_t height, \
                                        int64_t width, T mean, T invstd);                                         \
  /* dx = z.scale * dz + c0 + c1 * x */                                                                           \
  void plane_gradient(const T* dy, const T* x, T* dx, int64_t count, Affine<T> z, T c0, T c1);                    \
  void plane_gradient_pool(const T* dp, const T* p, const uint8_t* code, const T* x, T* dx, int64_t height,       \
                           int64_t width, T scale, T c0, T c1);                                                   \
  void plane_unpool(const T* y, const uint8_t* code, T* out, int64_t height, int64_t width);                      \
  void plane_unpool_backward(const T* d, const uint8_t* code, T* out, int64_t height, int64_t width);

JTR_DECLARE_PLANES(float)
JTR_DECLARE_PLANES(double)
#undef JTR_DECLARE_PLANES

}  // namespace jtr::kernels
