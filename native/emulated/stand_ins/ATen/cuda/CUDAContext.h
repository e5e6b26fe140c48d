// The emulated device has one stream.
#pragma once

namespace at::cuda {

struct EmulatedStream {
  void* stream() const { return nullptr; }
};

inline EmulatedStream getCurrentCUDAStream() { return {}; }

}  // namespace at::cuda
