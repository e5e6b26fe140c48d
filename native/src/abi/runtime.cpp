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
#include "balancing/balancing.h"
#include "compat.h"
#include "networks/layers.h"
#include "regularizers/regularizer.h"
#include "threads.h"

#ifndef JTR_VERSION
#error "the build defines JTR_VERSION"
#endif

using namespace jtr;
using namespace jtr::abi;

namespace {

constexpr int32_t kAbiVersion = 5;

/// The file that libtorch's code was loaded from.
std::string torch_path() {
  Dl_info info{};
  const auto* address = reinterpret_cast<const void*>(&at::show_config);
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

/// "AVX2" out of a line such as "  - CPU capability usage: AVX2" of libtorch's own description.
std::string cpu_capability() {
  const std::string config = at::show_config(), key = "CPU capability usage: ";
  const size_t begin = config.find(key);
  if (begin == std::string::npos) return "unknown";
  return config.substr(begin + key.size(), config.find('\n', begin) - begin - key.size());
}

void check_cuda_index(int32_t index) {
  const int32_t count = cuda_device_count();
  require(index >= 0 && index < count, "index", index, " is not below the number of CUDA devices, ", count);
}

}  // namespace

extern "C" {

jtr_status jtr_get_runtime_info(jtr_runtime_info* info) {
  return guard([&] {
    jtr_runtime_info& out = checked_struct(info, "info");
    static const std::string path = torch_path(), capability = cpu_capability();
    out.version = JTR_VERSION;
    out.torch_version = TORCH_VERSION;
    out.torch_path = path.c_str();
    out.cpu_capability = capability.c_str();
#if JTR_WITH_CUDA
    out.built_with_cuda = 1;
#else
    out.built_with_cuda = 0;
#endif
    out.cuda_device_count = cuda_device_count();
    out.threads = at::get_num_threads();
    out.abi_version = kAbiVersion;
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
    jtr_cuda_memory_info& out = checked_struct(info, "info");
    check_cuda_index(index);
#if JTR_WITH_CUDA
    // The first counter of each kind is the sum of all.
    const auto bytes = c10::cuda::CUDACachingAllocator::getDeviceStats(index).allocated_bytes[0];
    out.allocated_bytes = bytes.current;
    out.peak_bytes = bytes.peak;
#else
    (void)out;
    throw Error(JTR_STATUS_DEVICE, "this libjtr was built without CUDA");
#endif
  });
}

jtr_status jtr_reset_cuda_peak_memory(int32_t index) {
  return guard([&] {
    check_cuda_index(index);
#if JTR_WITH_CUDA
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

int32_t jtr_method_count(void) { return static_cast<int32_t>(methods().size()); }

const char* jtr_method_name(int32_t index) {
  return guard_value<const char*>(nullptr, [&] {
    require(index >= 0 && index < jtr_method_count(), "index", index, " is not in 0 to ", jtr_method_count() - 1);
    return methods()[static_cast<size_t>(index)].name;
  });
}

int32_t jtr_method_views(const char* method) {
  return guard_value<int32_t>(0, [&] { return static_cast<int32_t>(find_method(&deref(method, "method")).views); });
}

int32_t jtr_method_min_tasks(const char* method) {
  return guard_value<int32_t>(0, [&] { return static_cast<int32_t>(find_method(&deref(method, "method")).min_tasks); });
}

int32_t jtr_method_noise_slots(const char* method, int32_t task_count) {
  return guard_value<int32_t>(-1, [&] {
    require(task_count >= 1 && task_count <= 64, "task_count", "must be 1 to 64, not ", task_count);
    return static_cast<int32_t>(find_method(&deref(method, "method")).noise_slots(task_count));
  });
}

int32_t jtr_balancing_count(void) { return static_cast<int32_t>(balancing_names().size()); }

const char* jtr_balancing_name(int32_t index) {
  return guard_value<const char*>(nullptr, [&] {
    require(index >= 0 && index < jtr_balancing_count(), "index", index, " is not in 0 to ", jtr_balancing_count() - 1);
    return balancing_names()[static_cast<size_t>(index)];
  });
}

}  // extern "C"
