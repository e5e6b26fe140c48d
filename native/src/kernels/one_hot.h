// One-hot of the largest channel: x [N, C, H, W] -> 1 in the channel of each pixel's maximum (the first of equals),
// else 0. A pixel with a NaN has no largest: it is NaN in every channel.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

at::Tensor one_hot_of_max(const at::Tensor& x);

}  // namespace jtr::kernels
