// How the networks' tensors lie in memory.
#pragma once

#include <ATen/ATen.h>

#include "precision.h"

namespace jtr {

/// The faster layout for convolutions of this precision on this device, in a network of this first stage width. A
/// property of the machine, never a measurement at run time: the same run must give the same numbers. The environment
/// variable JTR_MEMORY_FORMAT (channels_first, channels_last) overrides it.
at::MemoryFormat network_memory_format(const Precision& precision, at::Device device, int64_t width);

}  // namespace jtr
