// The emulated device's memory: the host cannot touch it (a fault that says so), and kernels can only touch what is
// allocated.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>

namespace jtr::emulated {

/// While one lives, tensors "of the CPU" that are made are in the device's memory.
class AllocateOnDevice {
 public:
  AllocateOnDevice();
  ~AllocateOnDevice();
  AllocateOnDevice(const AllocateOnDevice&) = delete;
  AllocateOnDevice& operator=(const AllocateOnDevice&) = delete;

 private:
  at::Allocator* before_;
};

/// A copy in the device's memory, lying as it does; and one that the host can read.
at::Tensor to_device(const at::Tensor& host);
at::Tensor to_host(const at::Tensor& device);

/// Where an address is.
enum class Where { kElsewhere, kAllocated, kNotAllocated };
Where where(const void* address, size_t bytes);

/// Opens all of it, as for a kernel or a copy; nests.
class OpenMemory {
 public:
  OpenMemory();
  ~OpenMemory();
  OpenMemory(const OpenMemory&) = delete;
  OpenMemory& operator=(const OpenMemory&) = delete;
};

}  // namespace jtr::emulated
