#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#if JTR_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#include "abi/guard.h"
#include "compat.h"
#include "networks/layers.h"
#include "threads.h"
#include "training/trainer_options.h"

#ifndef JTR_VERSION
#error "the build defines JTR_VERSION"
#endif

using namespace jtr;
using namespace jtr::abi;

namespace {

/// The file that libtorch's code was loaded from.
std::string torch_path() {
  Dl_info info{};
  const auto* address = reinterpret_cast<const void*>(&at::show_config);
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

/// What follows `key` in libtorch's description of itself, up to one of `ends`; "" where it is not there.
std::string from_description(const std::string& key, const char* ends) {
  const std::string config = at::show_config();
  const size_t begin = config.find(key);
  if (begin == std::string::npos) return "";
  return config.substr(begin + key.size(), config.find_first_of(ends, begin + key.size()) - begin - key.size());
}

/// "AVX2" out of a line such as "  - CPU capability usage: AVX2".
std::string cpu_capability() {
  const std::string found = from_description("CPU capability usage: ", "\n");
  return found.empty() ? "unknown" : found;
}

/// The loaded library's, which may be another than the one that this was built with.
std::string torch_version() {
  const std::string found = from_description("TORCH_VERSION=", ", \n");
  return found.empty() ? TORCH_VERSION : found;
}

void check_cuda_index(int32_t index) {
  const int32_t count = cuda_device_count();
  require(index >= 0 && index < count, "index", index, " is not below the number of CUDA devices, ", count);
}

#if JTR_WITH_CUDA
/// The allocator has statistics once something has used the GPU. (An empty tensor, since the function for it has
/// another name in every libtorch.)
void start_cuda(int32_t index) {
  at::empty({0}, at::TensorOptions().device(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index))));
}
#endif

}  // namespace

extern "C" {

jtr_status jtr_get_runtime_info(jtr_runtime_info* info) {
  return guard([&] {
    OutStruct<jtr_runtime_info> out(info, "info");
    static const std::string path = torch_path(), capability = cpu_capability(), version = torch_version();
    out->version = JTR_VERSION;
    out->torch_version = version.c_str();
    out->torch_path = path.c_str();
    out->cpu_capability = capability.c_str();
#if JTR_WITH_CUDA
    out->built_with_cuda = 1;
#else
    out->built_with_cuda = 0;
#endif
    out->cuda_device_count = cuda_device_count();
    out->threads = at::get_num_threads();
    out->abi_version = kAbiVersion;
    out.store();
  });
}

const char* jtr_cuda_device_name(int32_t index) {
  return guard_value<const char*>(nullptr, [&]() -> const char* {
    check_cuda_index(index);
#if JTR_WITH_CUDA
    static thread_local std::string name;
    name = at::cuda::getDeviceProperties(index)->name;
    return name.c_str();
#else
    throw Error(JTR_STATUS_DEVICE, "this libjtr was built without CUDA");
#endif
  });
}

jtr_status jtr_get_cuda_memory(int32_t index, jtr_cuda_memory_info* info) {
  return guard([&] {
    OutStruct<jtr_cuda_memory_info> out(info, "info");
    check_cuda_index(index);
#if JTR_WITH_CUDA
    start_cuda(index);
    // The first counter of each kind is the sum of all.
    const auto bytes = c10::cuda::CUDACachingAllocator::getDeviceStats(index).allocated_bytes[0];
    out->allocated_bytes = bytes.current;
    out->peak_bytes = bytes.peak;
    out.store();
#else
    throw Error(JTR_STATUS_DEVICE, "this libjtr was built without CUDA");
#endif
  });
}

jtr_status jtr_reset_cuda_peak_memory(int32_t index) {
  return guard([&] {
    check_cuda_index(index);
#if JTR_WITH_CUDA
    start_cuda(index);
    c10::cuda::CUDACachingAllocator::resetPeakStats(index);
#else
    throw Error(JTR_STATUS_DEVICE, "this libjtr was built without CUDA");
#endif
  });
}

jtr_status jtr_set_threads(int32_t threads) {
  return guard([&] {
    require(threads >= 1 && threads <= 1024, "threads", "must be 1 to 1024, not ", threads);
    set_threads(threads);
  });
}

void jtr_release_threads(void) { release_threads(); }

jtr_status jtr_set_chunk_bytes(int64_t bytes) {
  return guard([&] {
    require(bytes >= 0, "bytes", "must be 0 or more, not ", bytes);
    set_chunk_bytes(bytes);
  });
}

jtr_status jtr_set_deterministic(int32_t deterministic) {
  return guard([&] {
    require(deterministic == 0 || deterministic == 1, "deterministic", "must be 0 or 1, not ", deterministic);
    // Where an operation has no such algorithm, a warning instead of an error.
    at::globalContext().setDeterministicAlgorithms(deterministic != 0, true);
    at::globalContext().setDeterministicCuDNN(deterministic != 0);
  });
}

const char* jtr_options_schema(void) {
  return guard_value<const char*>(nullptr, [] {
    static const std::string schema = schema_of_all_options().dump(2);
    return schema.c_str();
  });
}

}  // extern "C"
