// One Adam update (Kingma and Ba 2015) of flat memory, in one pass.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace jtr::kernels {

struct AdamFactors {
  double beta1, beta2, epsilon;
  double step_size;         // learning rate / (1 - beta1^step)
  double sqrt_correction2;  // sqrt(1 - beta2^step)
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  p -= step_size m / (sqrt(v) / sqrt_correction2 +
/// epsilon). All contiguous, of one size, precision and device.
void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& factors);

}  // namespace jtr::kernels
