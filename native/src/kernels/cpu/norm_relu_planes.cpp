#include "kernels/cpu/norm_relu_planes.h"

#include <algorithm>

#include "kernels/cpu/window_codes.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

/// Sums run in the vector's lanes over this many elements, then go into a double: fast, and exact enough for any plane.
constexpr int64_t kChunk = 2048;

template <typename T>
JTR_INLINE T relu_of(T x, Affine<T> z) {
  const T value = z.scale * x + z.shift;
  return value < 0 ? T{0} : value;  // NaN stays NaN
}

template <typename T>
JTR_INLINE Moments moments(const T* x, int64_t count) {
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t end = std::min(count, begin + kChunk);
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = begin; i < end; ++i) sum += x[i];
    total += static_cast<double>(sum);
  }
  const double mean = total / static_cast<double>(count);
  const T center = static_cast<T>(mean);
  double square = 0, rest = 0;
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t end = std::min(count, begin + kChunk);
    T sum = 0, first = 0;
#pragma omp simd reduction(+ : sum, first)
    for (int64_t i = begin; i < end; ++i) {
      const T d = x[i] - center;
      first += d;
      sum += d * d;
    }
    square += static_cast<double>(sum);
    rest += static_cast<double>(first);
  }
  // `rest` is what rounding the centre left: it corrects both moments.
  const double shift = rest / static_cast<double>(count);
  return {static_cast<double>(center) + shift, square - rest * shift};
}

template <typename T>
JTR_INLINE void norm_relu(const T* x, T* y, int64_t count, Affine<T> z) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = relu_of(x[i], z);
}

template <typename T>
JTR_INLINE void norm_add_relu(const T* x, const T* r, T* y, int64_t count, Affine<T> z, Affine<T> s) {
  const T shift = z.shift + s.shift;
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const T value = z.scale * x[i] + s.scale * r[i] + shift;
    y[i] = value < 0 ? T{0} : value;  // NaN stays NaN
  }
}

template <typename T>
JTR_INLINE void norm_relu_pool(const T* x, T* p, uint8_t* code, int64_t height, int64_t width, Affine<T> z, T* rows,
                               int32_t* codes) {
  const int64_t out_height = height / 2, out_width = width / 2;
  for (int64_t i = 0; i < out_height; ++i) {
    const T* in = x + 2 * i * width;
#pragma omp simd
    for (int64_t j = 0; j < 2 * width; ++j) rows[j] = relu_of(in[j], z);
    const T* top = rows;
    const T* bottom = rows + width;
    T* out = p + i * out_width;
#pragma omp simd
    for (int64_t j = 0; j < out_width; ++j) {
      const T a = top[2 * j], b = top[2 * j + 1], c = bottom[2 * j], d = bottom[2 * j + 1];
      const T upper = larger(a, b), lower = larger(c, d);
      const int32_t upper_code = code_of_larger(a, b, 0, 1), lower_code = code_of_larger(c, d, 2, 3);
      out[j] = larger(upper, lower);
      codes[j] = code_of_larger(upper, lower, upper_code, lower_code);
    }
    uint8_t* out_code = code + i * out_width;
#pragma omp simd
    for (int64_t j = 0; j < out_width; ++j) out_code[j] = static_cast<uint8_t>(codes[j]);
  }
}

template <typename T>
JTR_INLINE GradientSums gradient_sums(const T* dy, const T* x, int64_t count, Affine<T> z, T mean, T invstd) {
  GradientSums total = {0, 0};
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t end = std::min(count, begin + kChunk);
    T sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
    for (int64_t i = begin; i < end; ++i) {
      const T dz = z.scale * x[i] + z.shift <= 0 ? T{0} : dy[i];
      sum += dz;
      product += dz * (x[i] - mean);
    }
    total.dz += static_cast<double>(sum);
    total.dz_xhat += static_cast<double>(product);
  }
  total.dz_xhat *= static_cast<double>(invstd);
  return total;
}

/// The value of the window whose upper left corner is `top` that the code names. All four are read: a load that depends
/// on the code keeps the compiler from vectorising.
template <typename T>
JTR_INLINE T chosen(const T* top, int64_t width, int32_t code) {
  const T a = top[0], b = top[1], c = top[width], d = top[width + 1];
  const T upper = code == 1 ? b : a, lower = code == 3 ? d : c;
  return code > 1 ? lower : upper;
}

template <typename T>
JTR_INLINE GradientSums gradient_sums_pool(const T* dp, const T* p, const uint8_t* code, const T* x, int64_t height,
                                           int64_t width, T mean, T invstd) {
  const int64_t out_height = height / 2, out_width = width / 2;
  GradientSums total = {0, 0};
  for (int64_t i = 0; i < out_height; ++i) {
    const int64_t row = i * out_width;
    const T* top = x + 2 * i * width;
    for_each_block(
        out_width, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          int32_t place[kCodes];
          widen(code + row + first, place, count);
          const T *in = top + 2 * first, *d = dp + row + first, *pooled = p + row + first;
          T sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
          for (int64_t j = 0; j < count; ++j) {
            const T value = d[j];
            const T dz = pooled[j] <= 0 ? T{0} : value;
            sum += dz;
            product += dz * (chosen(in + 2 * j, width, place[j]) - mean);
          }
          total.dz += static_cast<double>(sum);
          total.dz_xhat += static_cast<double>(product);
        });
  }
  total.dz_xhat *= static_cast<double>(invstd);
  return total;
}

template <typename T>
JTR_INLINE void gradient(const T* dy, const T* x, T* dx, int64_t count, Affine<T> z, T c0, T c1) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const T dz = z.scale * x[i] + z.shift <= 0 ? T{0} : dy[i];
    dx[i] = z.scale * dz + (c0 + c1 * x[i]);
  }
}

template <typename T>
JTR_INLINE void gradient_pool(const T* dp, const T* p, const uint8_t* code, const T* x, T* __restrict dx,
                              int64_t height, int64_t width, T scale, T c0, T c1) {
  const int64_t out_height = height / 2, out_width = width / 2;
  for (int64_t i = 0; i < out_height; ++i) {
    const int64_t row = i * out_width;
    const T* in = x + 2 * i * width;
    T* out = dx + 2 * i * width;
    for_each_block(
        out_width, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          int32_t place[kCodes];
          widen(code + row + first, place, count);
          const T *top = in + 2 * first, *bottom = top + width, *d = dp + row + first, *pooled = p + row + first;
          T *out_top = out + 2 * first, *out_bottom = out_top + width;
#pragma omp simd
          for (int64_t j = 0; j < count; ++j) {
            const T scaled = scale * d[j];
            const T g = pooled[j] <= 0 ? T{0} : scaled;
            out_top[2 * j] = c0 + c1 * top[2 * j] + (place[j] == 0 ? g : T{0});
            out_top[2 * j + 1] = c0 + c1 * top[2 * j + 1] + (place[j] == 1 ? g : T{0});
            out_bottom[2 * j] = c0 + c1 * bottom[2 * j] + (place[j] == 2 ? g : T{0});
            out_bottom[2 * j + 1] = c0 + c1 * bottom[2 * j + 1] + (place[j] == 3 ? g : T{0});
          }
        });
    if (width % 2 == 0) continue;
    out[width - 1] = c0 + c1 * in[width - 1];
    out[2 * width - 1] = c0 + c1 * in[2 * width - 1];
  }
  if (height % 2 == 0) return;
#pragma omp simd
  for (int64_t i = (height - 1) * width; i < height * width; ++i) dx[i] = c0 + c1 * x[i];
}

template <typename T>
JTR_INLINE void unpool_plane(const T* __restrict y, const uint8_t* __restrict code, T* __restrict out, int64_t height,
                             int64_t width) {
  const int64_t in_height = height / 2, in_width = width / 2;
  for (int64_t i = 0; i < in_height; ++i) {
    T* top = out + 2 * i * width;
    T* bottom = top + width;
    const int64_t row = i * in_width;
    for_each_block(
        in_width, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          int32_t place[kCodes];
          widen(code + row + first, place, count);
          const T* in = y + row + first;
          T *to_top = top + 2 * first, *to_bottom = bottom + 2 * first;
#pragma omp simd
          for (int64_t j = 0; j < count; ++j) {
            const T value = in[j];
            to_top[2 * j] = place[j] == 0 ? value : T{0};
            to_top[2 * j + 1] = place[j] == 1 ? value : T{0};
            to_bottom[2 * j] = place[j] == 2 ? value : T{0};
            to_bottom[2 * j + 1] = place[j] == 3 ? value : T{0};
          }
        });
    if (width % 2 != 0) top[width - 1] = bottom[width - 1] = 0;
  }
  if (height % 2 != 0) std::fill_n(out + (height - 1) * width, width, T{0});
}

template <typename T>
JTR_INLINE void unpool_backward_plane(const T* d, const uint8_t* code, T* out, int64_t height, int64_t width) {
  const int64_t out_height = height / 2, out_width = width / 2;
  for (int64_t i = 0; i < out_height; ++i) {
    const T* top = d + 2 * i * width;
    const int64_t row = i * out_width;
    for_each_block(
        out_width, [&](int64_t first, int64_t count) __attribute__((always_inline)) {
          int32_t place[kCodes];
          widen(code + row + first, place, count);
          const T* in = top + 2 * first;
          T* to = out + row + first;
#pragma omp simd
          for (int64_t j = 0; j < count; ++j) to[j] = chosen(in + 2 * j, width, place[j]);
        });
  }
}

}  // namespace

// One set of functions for each precision, each compiled for several instruction sets.
#define JTR_DEFINE_PLANES(T)                                                                                         \
  JTR_MULTIVERSION Moments plane_moments(const T* x, int64_t count) { return moments(x, count); }                    \
  JTR_MULTIVERSION void plane_norm_relu(const T* x, T* y, int64_t count, Affine<T> z) { norm_relu(x, y, count, z); } \
  JTR_MULTIVERSION void plane_norm_add_relu(const T* x, const T* r, T* y, int64_t count, Affine<T> z, Affine<T> s) { \
    norm_add_relu(x, r, y, count, z, s);                                                                             \
  }                                                                                                                  \
  JTR_MULTIVERSION void plane_norm_relu_pool(const T* x, T* p, uint8_t* code, int64_t height, int64_t width,         \
                                             Affine<T> z, T* rows, int32_t* codes) {                                 \
    norm_relu_pool(x, p, code, height, width, z, rows, codes);                                                       \
  }                                                                                                                  \
  JTR_MULTIVERSION GradientSums plane_gradient_sums(const T* dy, const T* x, int64_t count, Affine<T> z, T mean,     \
                                                    T invstd) {                                                      \
    return gradient_sums(dy, x, count, z, mean, invstd);                                                             \
  }                                                                                                                  \
  JTR_MULTIVERSION GradientSums plane_gradient_sums_pool(const T* dp, const T* p, const uint8_t* code, const T* x,   \
                                                         int64_t height, int64_t width, T mean, T invstd) {          \
    return gradient_sums_pool(dp, p, code, x, height, width, mean, invstd);                                          \
  }                                                                                                                  \
  JTR_MULTIVERSION void plane_gradient(const T* dy, const T* x, T* dx, int64_t count, Affine<T> z, T c0, T c1) {     \
    gradient(dy, x, dx, count, z, c0, c1);                                                                           \
  }                                                                                                                  \
  JTR_MULTIVERSION void plane_gradient_pool(const T* dp, const T* p, const uint8_t* code, const T* x, T* dx,         \
                                            int64_t height, int64_t width, T scale, T c0, T c1) {                    \
    gradient_pool(dp, p, code, x, dx, height, width, scale, c0, c1);                                                 \
  }                                                                                                                  \
  JTR_MULTIVERSION void plane_unpool(const T* y, const uint8_t* code, T* out, int64_t height, int64_t width) {       \
    unpool_plane(y, code, out, height, width);                                                                       \
  }                                                                                                                  \
  JTR_MULTIVERSION void plane_unpool_backward(const T* d, const uint8_t* code, T* out, int64_t height,               \
                                              int64_t width) {                                                       \
    unpool_backward_plane(d, code, out, height, width);                                                              \
  }

JTR_DEFINE_PLANES(float)
JTR_DEFINE_PLANES(double)

}  // namespace jtr::kernels
