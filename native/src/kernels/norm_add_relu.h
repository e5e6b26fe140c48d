// Two maps added behind their norms, and ReLU: the end of a residual block (He et al., CVPR 2016).
//
//   z = gamma (x - mean) invstd + beta,  y = max(z + r, 0),  r a map or itself behind a norm
//
// x, r [N, C, H, W], contiguous, channels first or channels last; all of a call lie alike.
#pragma once

#include <ATen/ATen.h>

#include "kernels/norm_relu.h"

namespace jtr::kernels {

/// A map and the norm that it is read through; none where gamma is undefined.
struct NormedMap {
  at::Tensor x, gamma, beta;
  NormStatistics statistics;
};

/// y.
at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r);

/// Gradients of z for its gradient dz, through the statistics too unless they are constant.
NormGradients norm_backward(const at::Tensor& dz, const NormedMap& x);

}  // namespace jtr::kernels
