// The few differences between libtorch versions, from 1.13 on.
#pragma once

#include <ATen/Context.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cstdint>
#include <string>

namespace jtr {

/// Whether a libtorch error says that memory ran out. Host allocation failures have no type of their own in any
/// version, and the CUDA one was named differently before 2.0; the texts have stayed.
inline bool is_out_of_memory(const std::string& what) {
  return what.find("can't allocate memory") != std::string::npos || what.find("out of memory") != std::string::npos ||
         what.find("not enough memory") != std::string::npos;
}

/// Whether a libtorch error comes from the device.
inline bool is_device_error(const std::string& what) {
  return what.find("CUDA error") != std::string::npos || what.find("CUDNN_STATUS") != std::string::npos ||
         what.find("cuDNN error") != std::string::npos || what.find("CUBLAS_STATUS") != std::string::npos;
}

/// Number of CUDA devices that can be used; the context's own function for it was renamed over time.
inline int32_t cuda_device_count() {
  if (!at::globalContext().hasCUDA()) return 0;
  return static_cast<int32_t>(c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount());
}

// What was the namespace c10::Warning is a class since 2.0.
#if TORCH_VERSION_MAJOR >= 2
using WarningHandlerGuard = c10::WarningUtils::WarningHandlerGuard;
#else
using WarningHandlerGuard = c10::Warning::WarningHandlerGuard;
#endif

/// Takes libtorch's warnings, of the threads that a WarningHandlerGuard was made on.
class WarningReceiver : public c10::WarningHandler {
 public:
  virtual void receive(const std::string& message) = 0;

#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) final { receive(warning.msg()); }
#else
  void process(const c10::SourceLocation&, const std::string& message, bool) final { receive(message); }
#endif
};

}  // namespace jtr
