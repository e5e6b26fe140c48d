// Exponential(1) noise as a pure function of (seed, index, element): the noise of the straight-through Gumbel-softmax.
//
//   out[4 i + j] = -log(u_j),  u_j = ((x_j >> 8) + 1/2) / 2^24,  x = Philox4x32-10(seed; use, index, i)
//
// (Salmon et al., SC 2011), the same to the last bit on every device. out: any shape, elements counted as they lie.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "kernels/device/noise.h"

namespace jtr::kernels {

/// Fills `out` (contiguous, float32 or float64) with the stream (seed, index) from its element `first` on; index is the
/// step.
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first = 0);

}  // namespace jtr::kernels
