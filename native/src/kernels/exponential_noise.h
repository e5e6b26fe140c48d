// Exponential(1) noise as a pure function of (seed, index, element): the noise of the straight-through Gumbel-softmax.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>

#include "philox.h"

namespace jtr::kernels {

/// The four values of the counter-th block. Never 0, so that its logarithm is finite.
JTR_HOST_DEVICE void exponential_block(uint64_t seed, uint32_t index, uint64_t counter, float out[4]) {
  const PhiloxBlock block = philox(seed, RandomUse::kGumbelNoise, index, counter);
  for (int i = 0; i < 4; ++i) out[i] = -logf(open_uniform(block.value[i]));
}

/// Fills `out` (contiguous, float32 or float64) with the stream (seed, index); index is the step.
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index);

#if JTR_WITH_CUDA
void exponential_noise_cuda(at::Tensor& out, uint64_t seed, uint32_t index);
#endif

}  // namespace jtr::kernels
