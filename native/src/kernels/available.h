// Whether our kernels compute, or ATen's own operations.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

/// Whether a device has a table of our kernels (table.h): the CPU, and CUDA where the library is built with it.
bool available(at::Device device);

/// Switches all kernels off and on, for comparison. At first they are on, unless the environment variable JTR_KERNELS
/// is "off".
void enable(bool on);

}  // namespace jtr::kernels
