// Exponential(1) noise as a pure function of (seed, index, element): the noise of the straight-through Gumbel-softmax.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "kernels/device/noise.h"

namespace jtr::kernels {

/// Fills `out` (contiguous, float32 or float64) with the stream (seed, index) from its element `first` on; index is the
/// step.
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first = 0);

}  // namespace jtr::kernels
