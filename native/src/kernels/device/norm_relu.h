// What one thread computes in each kernel of norm_relu.h, for a CUDA grid or for a loop on the CPU.
//
// T is what is stored (float, double or bfloat16), A what is computed with (float, double).
#pragma once

#include "kernels/device/largest.h"
#include "kernels/device/layout.h"
#include "kernels/device/roots.h"

namespace jtr::kernels::device {

/// The norm's data for each group and channel.
template <typename A>
struct NormView {
  const A *gamma, *beta;   // [C]
  const A *mean, *invstd;  // [groups, C]
  int64_t groups;
};

template <typename A>
struct AffineMap {
  A scale, shift;
};

template <typename A>
JTR_HOST_DEVICE AffineMap<A> affine_map(const NormView<A>& norm, int64_t channels, int64_t n, int64_t c) {
  const int64_t i = statistic(norm.groups, channels, n, c);
  const A scale = norm.gamma[c] * norm.invstd[i];
  return {scale, norm.beta[c] - norm.mean[i] * scale};
}

/// Two sums that go through a reduction together.
struct Sums {
  double first, second;
};

JTR_HOST_DEVICE Sums operator+(const Sums& a, const Sums& b) { return {a.first + b.first, a.second + b.second}; }

/// Contribution of one value to the statistics: itself and its square, about a shift that keeps the squares small.
template <typename T>
JTR_HOST_DEVICE Sums moment_terms(const T* x, const Shape& s, int64_t n, int64_t c, int64_t pixel) {
  const double d = static_cast<double>(x[s.offset(n, c, pixel)]) - static_cast<double>(x[s.offset(0, c, 0)]);
  return {d, d * d};
}

/// Mean, biased variance and 1 / sqrt(var + eps) of a group and channel from its sums.
template <typename T, typename A>
JTR_HOST_DEVICE void finish_moments(const Sums& sums, const T* x, const Shape& s, int64_t c, int64_t count, double eps,
                                    A* mean, A* var, A* invstd) {
  const double m = sums.first / static_cast<double>(count);
  const double v = sums.second / static_cast<double>(count) - m * m;
  const double positive = v < 0 ? 0 : v;  // NaN stays NaN
  *mean = static_cast<A>(m + static_cast<double>(x[s.offset(0, c, 0)]));
  *var = static_cast<A>(positive);
  *invstd = static_cast<A>(1 / sqrt(positive + eps));
}

/// y at an index of memory.
template <typename T, typename A>
JTR_HOST_DEVICE void norm_relu_at(int64_t index, const T* x, const Shape& s, const NormView<A>& norm, T* y) {
  const Place p = place_of(s, index);
  const AffineMap<A> z = affine_map(norm, s.channels, p.n, p.c);
  const A value = z.scale * static_cast<A>(x[index]) + z.shift;
  y[index] = static_cast<T>(value < 0 ? A{0} : value);  // NaN stays NaN
}

/// The pooled value and its code at an index of the pooled map's memory.
template <typename T, typename A>
JTR_HOST_DEVICE void norm_relu_pool_at(int64_t index, const T* x, const Shape& s, const Shape& pooled,
                                       const NormView<A>& norm, T* p, uint8_t* code) {
  const Place q = place_of(pooled, index);
  const AffineMap<A> z = affine_map(norm, s.channels, q.n, q.c);
  const int64_t corner = window(q.pixel, pooled.width, s.width);
  A best = 0;
  int where = 0;
  for (int k = 0; k < 4; ++k) {
    A value = z.scale * static_cast<A>(x[s.offset(q.n, q.c, corner + within_window(k, s.width))]) + z.shift;
    value = value < 0 ? A{0} : value;
    if (k == 0 || takes_over(value, best)) {
      best = value;
      where = k;
    }
  }
  p[index] = static_cast<T>(best);
  code[index] = static_cast<uint8_t>(where);
}

/// Contribution of one value to the gradients of the norm: dz and dz (x - mean).
template <typename T, typename A>
JTR_HOST_DEVICE Sums gradient_terms(const T* dy, const T* x, const Shape& s, const NormView<A>& norm, int64_t n,
                                    int64_t c, int64_t pixel) {
  const int64_t i = s.offset(n, c, pixel);
  const AffineMap<A> z = affine_map(norm, s.channels, n, c);
  const A value = static_cast<A>(x[i]);
  const A dz = z.scale * value + z.shift <= 0 ? A{0} : static_cast<A>(dy[i]);
  const A centred = value - norm.mean[statistic(norm.groups, s.channels, n, c)];
  return {static_cast<double>(dz), static_cast<double>(dz * centred)};
}

/// The same through the pool: the window's maximum alone has a gradient.
template <typename T, typename A>
JTR_HOST_DEVICE Sums gradient_terms_pool(const T* dp, const T* p, const uint8_t* code, const T* x, const Shape& s,
                                         const Shape& pooled, const NormView<A>& norm, int64_t n, int64_t c,
                                         int64_t pooled_pixel) {
  const int64_t q = pooled.offset(n, c, pooled_pixel);
  if (static_cast<A>(p[q]) <= 0) return {0, 0};
  const int64_t pixel = window(pooled_pixel, pooled.width, s.width) + within_window(code[q], s.width);
  const A dz = static_cast<A>(dp[q]);
  const A centred = static_cast<A>(x[s.offset(n, c, pixel)]) - norm.mean[statistic(norm.groups, s.channels, n, c)];
  return {static_cast<double>(dz), static_cast<double>(dz * centred)};
}

/// dx = scale dz + c0 + c1 x, per group and channel: dx = gamma invstd (dz - mean(dz) - xhat mean(dz xhat)).
template <typename A>
struct Coefficients {
  A c0, c1;
};

/// From a group's sums of dz and dz xhat over `count` values; scale is gamma invstd.
template <typename A>
JTR_HOST_DEVICE Coefficients<A> coefficients(double dz, double dz_xhat, double scale, double mean, double invstd,
                                             double count) {
  const double c1 = -scale * invstd * dz_xhat / count;
  return {static_cast<A>(-scale * dz / count - c1 * mean), static_cast<A>(c1)};
}

/// The same from sums of dz and dz (x - mean).
template <typename A>
JTR_HOST_DEVICE Coefficients<A> coefficients(const Sums& sums, A gamma, A mean, A invstd, double count) {
  const double inverse = static_cast<double>(invstd), scale = static_cast<double>(gamma) * inverse;
  return coefficients<A>(sums.first, sums.second * inverse, scale, static_cast<double>(mean), inverse, count);
}

/// dx at an index of memory; dx may be dy.
template <typename T, typename A>
JTR_HOST_DEVICE void gradient_at(int64_t index, const T* dy, const T* x, const Shape& s, const NormView<A>& norm,
                                 const Coefficients<A>* of_group, T* dx) {
  const Place p = place_of(s, index);
  const AffineMap<A> z = affine_map(norm, s.channels, p.n, p.c);
  const Coefficients<A> k = of_group[statistic(norm.groups, s.channels, p.n, p.c)];
  const A value = static_cast<A>(x[index]);
  const A dz = z.scale * value + z.shift <= 0 ? A{0} : static_cast<A>(dy[index]);
  dx[index] = static_cast<T>(z.scale * dz + (k.c0 + k.c1 * value));
}

/// dx through the pool at an index of memory.
template <typename T, typename A>
JTR_HOST_DEVICE void gradient_pool_at(int64_t index, const T* dp, const T* p, const uint8_t* code, const T* x,
                                      const Shape& s, const Shape& pooled, const NormView<A>& norm,
                                      const Coefficients<A>* of_group, T* dx) {
  const Place place = place_of(s, index);
  const AffineMap<A> z = affine_map(norm, s.channels, place.n, place.c);
  const Coefficients<A> k = of_group[statistic(norm.groups, s.channels, place.n, place.c)];
  A dz = 0;
  const int64_t row = place.pixel / s.width, column = place.pixel % s.width;
  if (row / 2 < pooled.height && column / 2 < pooled.width) {
    const int64_t q = pooled.offset(place.n, place.c, (row / 2) * pooled.width + column / 2);
    const int own = static_cast<int>(2 * (row % 2) + column % 2);
    if (code[q] == own && !(static_cast<A>(p[q]) <= 0)) dz = static_cast<A>(dp[q]);
  }
  dx[index] = static_cast<T>(z.scale * dz + (k.c0 + k.c1 * static_cast<A>(x[index])));
}

/// Max unpool at an index of the large map's memory.
template <typename T>
JTR_HOST_DEVICE void unpool_at(int64_t index, const T* y, const uint8_t* code, const Shape& pooled, const Shape& s,
                               T* out) {
  const Place place = place_of(s, index);
  const int64_t row = place.pixel / s.width, column = place.pixel % s.width;
  T value = static_cast<T>(0.0f);
  if (row / 2 < pooled.height && column / 2 < pooled.width) {
    const int64_t q = pooled.offset(place.n, place.c, (row / 2) * pooled.width + column / 2);
    if (code[q] == static_cast<int>(2 * (row % 2) + column % 2)) value = y[q];
  }
  out[index] = value;
}

/// Gradient of the unpooling at an index of the small map's memory.
template <typename T>
JTR_HOST_DEVICE void unpool_backward_at(int64_t index, const T* d, const uint8_t* code, const Shape& pooled,
                                        const Shape& s, T* out) {
  const Place q = place_of(pooled, index);
  const int64_t pixel = window(q.pixel, pooled.width, s.width) + within_window(code[index], s.width);
  out[index] = d[s.offset(q.n, q.c, pixel)];
}

/// Ones in the largest channel of a pixel, zeros elsewhere, NaN where one of them is; `index` counts samples times
/// pixels.
template <typename T, typename A>
JTR_HOST_DEVICE void one_hot_at(int64_t index, const T* x, const Shape& s, T* out) {
  const int64_t n = index / s.plane(), pixel = index % s.plane();
  int64_t best = 0;
  for (int64_t c = 1; c < s.channels; ++c) {
    if (takes_over(static_cast<A>(x[s.offset(n, c, pixel)]), static_cast<A>(x[s.offset(n, best, pixel)]))) best = c;
  }
  const A largest = static_cast<A>(x[s.offset(n, best, pixel)]);
  const A nothing = largest != largest ? largest : A{0};
  for (int64_t c = 0; c < s.channels; ++c) {
    out[s.offset(n, c, pixel)] = static_cast<T>((c == best ? A{1} : A{0}) + nothing);
  }
}

/// One element of kernels/adam.h.
template <typename A>
JTR_HOST_DEVICE void adam_at(int64_t i, A* p, const A* g, A* m, A* v, A beta1, A beta2, A rest1, A rest2, A epsilon,
                             A step_size, A correction) {
  m[i] = beta1 * m[i] + rest1 * g[i];
  v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
  p[i] -= step_size * m[i] / (root_of(v[i]) / correction + epsilon);
}

}  // namespace jtr::kernels::device
