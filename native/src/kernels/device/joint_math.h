// Functions of one value that the joint stacks and their losses are made of, for the CPU and CUDA. In float by
// arithmetic alone: the same on every device, and the compiler can vectorise it. In double the standard library's.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/device/noise.h"
#include "kernels/device/roots.h"

namespace jtr::kernels::device {

/// Added to exponential noise, which it does not change: unused noise may be zero, and its logarithm must be finite. (A
/// comparison with a constant would make GCC branch around the logarithm and not vectorise the loop.)
constexpr float kLeastNoise = 1.17549435e-38f;  // the smallest normal float

/// e^x for x of 0 or less, and not infinite; at least e^-87.
JTR_HOST_DEVICE float exp_of(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;    // 1.5 * 2^23: adding it rounds to a whole number, found in the lowest bits
  constexpr uint32_t kMost = 0x42AE0000u;  // 87
  union {
    float value;
    uint32_t bits;
  } given = {x}, clamped;
  // Compared as whole numbers, for the same reason as above; a NaN is lost here and comes back at the end.
  const uint32_t magnitude = given.bits & 0x7FFFFFFFu;
  clamped.bits = (magnitude < kMost ? magnitude : kMost) | 0x80000000u;
  union {
    float value;
    int32_t bits;
  } rounded = {clamped.value * kLog2E + kRound}, power;
  const float n = rounded.value - kRound, r = (clamped.value - n * kLn2High) - n * kLn2Low;
  // Taylor's series on |r| <= ln(2) / 2: the first term left out is below 6e-9.
  const float series =
      1.0f +
      r * (1.0f +
           r * (0.5f + r * (1.6666667e-1f +
                            r * (4.1666667e-2f + r * (8.3333333e-3f + r * (1.3888889e-3f + r * 1.9841270e-4f))))));
  power.bits = (rounded.bits - 0x4B400000 + 127) * (1 << 23);
  return series * power.value + 0.0f * x;
}
JTR_HOST_DEVICE double exp_of(double x) { return exp(x); }

/// log(1 + u) for u in [0, 1]: 2 atanh(s), s = u / (2 + u), by its series; the first term left out is below 1e-8.
JTR_HOST_DEVICE float log1p_of(float u) {
  const float s = u / (2.0f + u), q = s * s;
  const float series =
      1.0f / 3 + q * (1.0f / 5 + q * (1.0f / 7 + q * (1.0f / 9 + q * (1.0f / 11 + q * (1.0f / 13 + q * (1.0f / 15))))));
  return 2 * (s + s * q * series);
}
JTR_HOST_DEVICE double log1p_of(double u) { return log1p(u); }

/// The error function. In float below 1 its Taylor series (the first term left out is below 2e-8), above it 1 - t p(t)
/// exp(-x^2) with t = 1 / (1 + 0.4 |x|), the form of Abramowitz and Stegun 7.1.26; p of degree 7 interpolates it on [0,
/// 4.3] to 3e-9.
JTR_HOST_DEVICE float erf_of(float x) {
  const float a = x < 0 ? -x : x, q = a * a, t = 1.0f / (1.0f + 0.4f * a);
  const float p = 0.22463625f +
                  t * (0.239989662f +
                       t * (0.122891427f +
                            t * (0.451818808f +
                                 t * (-0.438963885f + t * (0.742287787f + t * (-0.422756223f + t * 0.0800961754f))))));
  const float far = 1.0f - t * p * exp_of(-q);
  constexpr float kTerm[] = {1.12837917f,     -3.76126389e-1f, 1.12837917e-1f,  -2.68661706e-2f, 5.22397762e-3f,
                             -8.54832702e-4f, 1.20553329e-4f,  -1.49256504e-5f, 1.64621144e-6f,  -1.63658446e-7f};
  float series = kTerm[9];
  for (int i = 8; i >= 0; --i) series = kTerm[i] + q * series;
  const float y = a < 1.0f ? a * series : far;
  return x < 0 ? -y : y;
}
JTR_HOST_DEVICE double erf_of(double x) { return erf(x); }

/// logit - log(noise): the sample of a Gumbel-softmax before the softmax.
JTR_HOST_DEVICE float gumbel(float logit, float noise) { return logit + negative_log(noise + kLeastNoise); }
JTR_HOST_DEVICE double gumbel(double logit, double noise) {
  return logit - log(noise + static_cast<double>(kLeastNoise));
}

template <typename A>
JTR_HOST_DEVICE A magnitude(A x) {
  return x < 0 ? -x : x;
}

/// Binary cross entropy of a logit, and its derivative.
template <typename A>
JTR_HOST_DEVICE void cross_entropy(A logit, A target, A* loss, A* slope) {
  const A u = exp_of(-magnitude(logit)), over = 1 / (1 + u);
  *loss = (logit > 0 ? logit : A{0}) - logit * target + log1p_of(u);
  *slope = (logit < 0 ? u * over : over) - target;
}

/// CDF of a normal distribution; `scale` is 1 / (std sqrt(2)).
template <typename A>
JTR_HOST_DEVICE A normal_cdf(A x, A mean, A scale) {
  return (erf_of((x - mean) * scale) + 1) * static_cast<A>(0.5);
}

/// Its derivative.
template <typename A>
JTR_HOST_DEVICE A normal_density(A x, A mean, A scale) {
  const A z = (x - mean) * scale;
  return scale * static_cast<A>(0.56418958354775628695) * exp_of(-z * z);  // 1 / sqrt(pi)
}

/// A sigmoid that is kept a little inside (0, 1), and its derivative.
template <typename A>
JTR_HOST_DEVICE void inner_sigmoid(A x, A* y, A* slope) {
  constexpr A kKept = static_cast<A>(1 - 1e-5);
  const A u = exp_of(-magnitude(x)), over = 1 / (1 + u);
  *y = ((x < 0 ? u * over : over) - static_cast<A>(0.5)) * kKept + static_cast<A>(0.5);
  *slope = u * over * over * kKept;
}

/// |difference| has this derivative; of NaN, NaN.
template <typename A>
JTR_HOST_DEVICE A sign_of(A difference) {
  return difference > 0 ? A{1} : (difference < 0 ? A{-1} : difference);
}

}  // namespace jtr::kernels::device
