// Whether our kernels compute, or ATen's own operations.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

/// Whether layers, joint stacks and reconstruction losses on a device are computed by our kernels: on the CPU, and on
/// CUDA where the library is built with it. Elsewhere, or where they are switched off, ATen's operations compute the
/// same.
bool available(at::Device device);

/// Switches them off and on, for comparison. At first they are on, unless the environment variable JTR_KERNELS is
/// "off".
void enable(bool on);

}  // namespace jtr::kernels
