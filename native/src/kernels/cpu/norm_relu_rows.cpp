#include "kernels/cpu/norm_relu_rows.h"

#include <algorithm>

#include "kernels/cpu/window_codes.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

template <typename T>
JTR_INLINE void moments(const T* __restrict x, int64_t pixels, int64_t channels, T* __restrict mean, T* __restrict m2) {
  std::fill_n(mean, channels, T{0});
  std::fill_n(m2, channels, T{0});
  for (int64_t i = 0; i < pixels; ++i) {
    const T* in = x + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) mean[c] += in[c];
  }
  const T scale = T{1} / static_cast<T>(pixels);
#pragma omp simd
  for (int64_t c = 0; c < channels; ++c) mean[c] *= scale;
  for (int64_t i = 0; i < pixels; ++i) {
    const T* in = x + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const T d = in[c] - mean[c];
      m2[c] += d * d;
    }
  }
}

template <typename T>
JTR_INLINE T relu_of(T x, T scale, T shift) {
  const T z = scale * x + shift;
  return z < 0 ? T{0} : z;  // NaN stays NaN
}

template <typename T>
JTR_INLINE void norm_add_relu(const T* x, const T* r, T* y, int64_t pixels, int64_t channels, const RowNorm<T>& z,
                              const RowNorm<T>& s) {
  for (int64_t i = 0; i < pixels; ++i) {
    const T *in = x + i * channels, *other = r + i * channels;
    T* out = y + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const T value = z.scale[c] * in[c] + z.shift[c] + s.scale[c] * other[c] + s.shift[c];
      out[c] = value < 0 ? T{0} : value;  // NaN stays NaN
    }
  }
}

template <typename T>
JTR_INLINE void norm_relu(const T* __restrict x, T* __restrict y, int64_t pixels, int64_t channels,
                          const RowNorm<T>& norm) {
  const T *scale = norm.scale, *shift = norm.shift;
  for (int64_t i = 0; i < pixels; ++i) {
    const T* in = x + i * channels;
    T* out = y + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) out[c] = relu_of(in[c], scale[c], shift[c]);
  }
}

template <typename T>
JTR_INLINE void norm_relu_pool(const T* __restrict x, int64_t row, T* __restrict p, uint8_t* __restrict code,
                               int64_t windows, int64_t channels, const RowNorm<T>& norm) {
  int32_t place[kCodes];
  for (int64_t j = 0; j < windows; ++j) {
    for_each_block(
        channels, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          const T *scale = norm.scale + first, *shift = norm.shift + first;
          const T* top = x + 2 * j * channels + first;
          const T* bottom = top + row;
          T* out = p + j * channels + first;
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) {
            const T a = relu_of(top[k], scale[k], shift[k]), b = relu_of(top[channels + k], scale[k], shift[k]);
            const T c = relu_of(bottom[k], scale[k], shift[k]), d = relu_of(bottom[channels + k], scale[k], shift[k]);
            const T upper = larger(a, b), lower = larger(c, d);
            const int32_t upper_code = code_of_larger(a, b, 0, 1), lower_code = code_of_larger(c, d, 2, 3);
            out[k] = larger(upper, lower);
            place[k] = code_of_larger(upper, lower, upper_code, lower_code);
          }
          uint8_t* out_code = code + j * channels + first;
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) out_code[k] = static_cast<uint8_t>(place[k]);
        });
  }
}

template <typename T>
JTR_INLINE void gradient_sums(const T* __restrict dy, const T* __restrict x, int64_t pixels, int64_t channels,
                              const RowNorm<T>& norm, T* __restrict dz, T* __restrict dz_x) {
  const T *scale = norm.scale, *shift = norm.shift, *mean = norm.mean;
  for (int64_t i = 0; i < pixels; ++i) {
    const T *in = x + i * channels, *d = dy + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const T value = d[c];
      const T g = scale[c] * in[c] + shift[c] <= 0 ? T{0} : value;
      dz[c] += g;
      dz_x[c] += g * (in[c] - mean[c]);
    }
  }
}

/// The value of a window that the code names, of its two pixels above and the two below. All four are read: a load that
/// depends on the code keeps the compiler from vectorising.
template <typename T>
JTR_INLINE T chosen(const T* top, const T* bottom, int64_t channels, int32_t code) {
  const T a = top[0], b = top[channels], c = bottom[0], d = bottom[channels];
  const T upper = code == 1 ? b : a, lower = code == 3 ? d : c;
  return code > 1 ? lower : upper;
}

template <typename T>
JTR_INLINE void gradient_sums_pool(const T* __restrict dp, const T* __restrict p, const uint8_t* __restrict code,
                                   const T* __restrict x, int64_t row, int64_t windows, int64_t channels,
                                   const RowNorm<T>& norm, T* __restrict dz, T* __restrict dz_x) {
  int32_t place[kCodes];
  for (int64_t j = 0; j < windows; ++j) {
    for_each_block(
        channels, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          const T* top = x + 2 * j * channels + first;
          const T* bottom = top + row;
          const int64_t q = j * channels + first;
          const T *pooled = p + q, *d = dp + q, *mean = norm.mean + first;
          T *sum = dz + first, *product = dz_x + first;
          widen(code + q, place, count);
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) {
            const T value = d[k];
            const T g = pooled[k] <= 0 ? T{0} : value;
            sum[k] += g;
            product[k] += g * (chosen(top + k, bottom + k, channels, place[k]) - mean[k]);
          }
        });
  }
}

template <typename T>
JTR_INLINE void gradient(const T* dy, const T* __restrict x, T* dx, int64_t pixels, int64_t channels,
                         const RowNorm<T>& norm) {
  const T *scale = norm.scale, *shift = norm.shift, *c0 = norm.c0, *c1 = norm.c1;
  for (int64_t i = 0; i < pixels; ++i) {
    const T *in = x + i * channels, *d = dy + i * channels;
    T* out = dx + i * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const T value = d[c];
      const T g = scale[c] * in[c] + shift[c] <= 0 ? T{0} : value;
      out[c] = scale[c] * g + (c0[c] + c1[c] * in[c]);
    }
  }
}

template <typename T>
JTR_INLINE void gradient_pool(const T* __restrict dp, const T* __restrict p, const uint8_t* __restrict code,
                              const T* __restrict x, T* __restrict dx, int64_t row, int64_t windows, int64_t channels,
                              const RowNorm<T>& norm) {
  int32_t place[kCodes];
  for (int64_t j = 0; j < windows; ++j) {
    for_each_block(
        channels, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          const T *scale = norm.scale + first, *c0 = norm.c0 + first, *c1 = norm.c1 + first;
          const int64_t at = 2 * j * channels + first, q = j * channels + first;
          const T *top = x + at, *bottom = top + row, *pooled = p + q, *d = dp + q;
          T *out_top = dx + at, *out_bottom = out_top + row;
          widen(code + q, place, count);
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) {
            const T scaled = scale[k] * d[k];
            const T g = pooled[k] <= 0 ? T{0} : scaled;
            out_top[k] = c0[k] + c1[k] * top[k] + (place[k] == 0 ? g : T{0});
            out_top[channels + k] = c0[k] + c1[k] * top[channels + k] + (place[k] == 1 ? g : T{0});
            out_bottom[k] = c0[k] + c1[k] * bottom[k] + (place[k] == 2 ? g : T{0});
            out_bottom[channels + k] = c0[k] + c1[k] * bottom[channels + k] + (place[k] == 3 ? g : T{0});
          }
        });
  }
}

template <typename T>
JTR_INLINE void gradient_rest(const T* __restrict x, T* __restrict dx, int64_t pixels, int64_t channels,
                              const RowNorm<T>& norm) {
  const T *c0 = norm.c0, *c1 = norm.c1;
  for (int64_t i = 0; i < pixels; ++i) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) dx[i * channels + c] = c0[c] + c1[c] * x[i * channels + c];
  }
}

template <typename T>
JTR_INLINE void unpool_row(const T* __restrict y, const uint8_t* __restrict code, T* __restrict out, int64_t row,
                           int64_t windows, int64_t channels) {
  int32_t place[kCodes];
  for (int64_t j = 0; j < windows; ++j) {
    for_each_block(
        channels, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          const int64_t q = j * channels + first;
          const T* value = y + q;
          T* top = out + 2 * j * channels + first;
          T* bottom = top + row;
          widen(code + q, place, count);
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) {
            top[k] = place[k] == 0 ? value[k] : T{0};
            top[channels + k] = place[k] == 1 ? value[k] : T{0};
            bottom[k] = place[k] == 2 ? value[k] : T{0};
            bottom[channels + k] = place[k] == 3 ? value[k] : T{0};
          }
        });
  }
}

template <typename T>
JTR_INLINE void unpool_backward_row(const T* __restrict d, const uint8_t* __restrict code, T* __restrict out,
                                    int64_t row, int64_t windows, int64_t channels) {
  int32_t place[kCodes];
  for (int64_t j = 0; j < windows; ++j) {
    for_each_block(
        channels, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          const T* top = d + 2 * j * channels + first;
          const T* bottom = top + row;
          const int64_t q = j * channels + first;
          T* to = out + q;
          widen(code + q, place, count);
#pragma omp simd
          for (int64_t k = 0; k < count; ++k) to[k] = chosen(top + k, bottom + k, channels, place[k]);
        });
  }
}

}  // namespace

#define JTR_DEFINE_ROWS(T)                                                                                             \
  JTR_MULTIVERSION void rows_moments(const T* x, int64_t pixels, int64_t channels, T* mean, T* m2) {                   \
    moments(x, pixels, channels, mean, m2);                                                                            \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_norm_relu(const T* x, T* y, int64_t pixels, int64_t channels, const RowNorm<T>& norm) {   \
    norm_relu(x, y, pixels, channels, norm);                                                                           \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_norm_add_relu(const T* x, const T* r, T* y, int64_t pixels, int64_t channels,             \
                                           const RowNorm<T>& z, const RowNorm<T>& s) {                                 \
    norm_add_relu(x, r, y, pixels, channels, z, s);                                                                    \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_norm_relu_pool(const T* x, int64_t row, T* p, uint8_t* code, int64_t windows,             \
                                            int64_t channels, const RowNorm<T>& norm) {                                \
    norm_relu_pool(x, row, p, code, windows, channels, norm);                                                          \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_gradient_sums(const T* dy, const T* x, int64_t pixels, int64_t channels,                  \
                                           const RowNorm<T>& norm, T* dz, T* dz_x) {                                   \
    gradient_sums(dy, x, pixels, channels, norm, dz, dz_x);                                                            \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_gradient_sums_pool(const T* dp, const T* p, const uint8_t* code, const T* x, int64_t row, \
                                                int64_t windows, int64_t channels, const RowNorm<T>& norm, T* dz,      \
                                                T* dz_x) {                                                             \
    gradient_sums_pool(dp, p, code, x, row, windows, channels, norm, dz, dz_x);                                        \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_gradient(const T* dy, const T* x, T* dx, int64_t pixels, int64_t channels,                \
                                      const RowNorm<T>& norm) {                                                        \
    gradient(dy, x, dx, pixels, channels, norm);                                                                       \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_gradient_pool(const T* dp, const T* p, const uint8_t* code, const T* x, T* dx,            \
                                           int64_t row, int64_t windows, int64_t channels, const RowNorm<T>& norm) {   \
    gradient_pool(dp, p, code, x, dx, row, windows, channels, norm);                                                   \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_gradient_rest(const T* x, T* dx, int64_t pixels, int64_t channels,                        \
                                           const RowNorm<T>& norm) {                                                   \
    gradient_rest(x, dx, pixels, channels, norm);                                                                      \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_unpool(const T* y, const uint8_t* code, T* out, int64_t row, int64_t windows,             \
                                    int64_t channels) {                                                                \
    unpool_row(y, code, out, row, windows, channels);                                                                  \
  }                                                                                                                    \
  JTR_MULTIVERSION void rows_unpool_backward(const T* d, const uint8_t* code, T* out, int64_t row, int64_t windows,    \
                                             int64_t channels) {                                                       \
    unpool_backward_row(d, code, out, row, windows, channels);                                                         \
  }

JTR_DEFINE_ROWS(float)
JTR_DEFINE_ROWS(double)

}  // namespace jtr::kernels
