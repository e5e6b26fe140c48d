// The loops of norm_relu over pixels of a channels-last image: x [pixels, C], vectors along the channels.
#pragma once

#include <cstdint>

namespace jtr::kernels {

/// What the norm and its gradient need of each channel, [C] each.
template <typename T>
struct RowNorm {
  const T *scale, *shift;  // z = scale x + shift
  const T* mean;           // of x
  const T *c0, *c1;        // dx = scale dz + c0 + c1 x
};

#define JTR_DECLARE_ROWS(T)                                                                                            \
  /* mean and m2 [C]: mean of `pixels` pixels and sum of squared distances from it; scratch: C values */               \
  void rows_moments(const T* x, int64_t pixels, int64_t channels, T* mean, T* m2);                                     \
  void rows_norm_relu(const T* x, T* y, int64_t pixels, int64_t channels, const RowNorm<T>& norm);                     \
  /* y = max(z x + s r, 0); of `s` only scale and shift are read */                                                    \
  void rows_norm_add_relu(const T* x, const T* r, T* y, int64_t pixels, int64_t channels, const RowNorm<T>& z,         \
                          const RowNorm<T>& s);                                                                        \
  /* one row of windows: x points to the upper of two image rows, `row` elements apart */                              \
  void rows_norm_relu_pool(const T* x, int64_t row, T* p, uint8_t* code, int64_t windows, int64_t channels,            \
                           const RowNorm<T>& norm);                                                                    \
  /* adds to dz and dz_x [C]: sums of dz and of dz (x - mean) */                                                       \
  void rows_gradient_sums(const T* dy, const T* x, int64_t pixels, int64_t channels, const RowNorm<T>& norm, T* dz,    \
                          T* dz_x);                                                                                    \
  void rows_gradient_sums_pool(const T* dp, const T* p, const uint8_t* code, const T* x, int64_t row, int64_t windows, \
                               int64_t channels, const RowNorm<T>& norm, T* dz, T* dz_x);                              \
  void rows_gradient(const T* dy, const T* x, T* dx, int64_t pixels, int64_t channels, const RowNorm<T>& norm);        \
  void rows_gradient_pool(const T* dp, const T* p, const uint8_t* code, const T* x, T* dx, int64_t row,                \
                          int64_t windows, int64_t channels, const RowNorm<T>& norm);                                  \
  /* pixels outside any window: dx = c0 + c1 x */                                                                      \
  void rows_gradient_rest(const T* x, T* dx, int64_t pixels, int64_t channels, const RowNorm<T>& norm);                \
  void rows_unpool(const T* y, const uint8_t* code, T* out, int64_t row, int64_t windows, int64_t channels);           \
  void rows_unpool_backward(const T* d, const uint8_t* code, T* out, int64_t row, int64_t windows, int64_t channels);

JTR_DECLARE_ROWS(float)
JTR_DECLARE_ROWS(double)
#undef JTR_DECLARE_ROWS

}  // namespace jtr::kernels
