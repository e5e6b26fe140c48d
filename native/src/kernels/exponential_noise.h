// Exponential(1) noise as a pure function of (seed, index, element): the noise of the straight-through Gumbel-softmax.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "kernels/device/noise.h"

namespace jtr::kernels {

/// Fills `out` (contiguous, float32 or float64) with the stream (seed, index); index is the step.
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index);

}  // namespace jtr::kernels
