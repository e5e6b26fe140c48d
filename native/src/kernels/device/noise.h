// Exponential(1) noise as a pure function of (seed, index, element), for the CPU and CUDA.
#pragma once

#include <cstdint>

#include "philox.h"

namespace jtr::kernels {

/// a b + c, rounded twice on every device. nvcc makes one fma of the two by itself, and so do compilers for processors
/// that have it, unless told not to: what draws noise on the CPU is compiled with -ffp-contract=off.
JTR_HOST_DEVICE float multiply_add(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(__fmul_rn(a, b), c);
#else
  return a * b + c;
#endif
}

/// -log(u) for u in (0, 1), to float32's precision, by arithmetic alone: the same on every device, and the compiler can
/// vectorise it. u = m 2^e with m in [1/sqrt(2), sqrt(2)); log(m) = 2 atanh(s), s = (m - 1) / (m + 1), by its series.
JTR_HOST_DEVICE float negative_log(float u) {
  union {
    float value;
    uint32_t bits;
  } x = {u};
  const uint32_t shifted = x.bits + (0x3F800000u - 0x3F3504F3u);
  const int32_t exponent = static_cast<int32_t>(shifted >> 23) - 127;
  x.bits = (shifted & 0x007FFFFFu) + 0x3F3504F3u;
  const float s = (x.value - 1) / (x.value + 1), q = s * s;
  float series = multiply_add(q, 0.22222222f, 0.28571429f);
  series = multiply_add(q, series, 0.4f);
  series = multiply_add(q, series, 0.66666667f);
  series = multiply_add(q, series, 2.0f);
  return -multiply_add(static_cast<float>(exponent), 0.69314718f, s * series);
}

/// The four values of the counter-th block. Never 0, so that its logarithm is finite.
JTR_HOST_DEVICE void exponential_block(uint64_t seed, uint32_t index, uint64_t counter, float out[4]) {
  const PhiloxBlock block = philox(seed, RandomUse::kGumbelNoise, index, counter);
  for (int i = 0; i < 4; ++i) out[i] = negative_log(open_uniform(block.value[i]));
}

}  // namespace jtr::kernels
