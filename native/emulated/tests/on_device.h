// What the tests of the emulated kernels share.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "emulated/accesses.h"
#include "emulated/grid.h"
#include "emulated/memory.h"
#include "kernels/table.h"
#include "seeds.h"

namespace jtr::test {

inline const kernels::KernelTable& on_cpu() { return kernels::table(at::kCPU); }
inline const kernels::KernelTable& on_cuda() { return kernels::table(at::Device(at::kCUDA)); }

/// Ascending, descending, and two shuffled.
inline const unsigned kOrders[] = {0, 1, 2, 3};

/// Runs the device's kernels as on a GPU: what they make is in its memory, of which the host sees nothing.
template <typename Run>
auto unchecked_on_device(unsigned order, const Run& run) {
  const unsigned before = emulated::order();
  emulated::set_order(order);
  struct Back {
    unsigned to;
    ~Back() { emulated::set_order(to); }
  } back{before};
  const emulated::AllocateOnDevice device;
  return run();
}

/// And each of their accesses is looked at. (A race is found in any order, so that one does for what takes long.)
template <typename Run>
auto on_device(unsigned order, const Run& run) {
  const emulated::Checking checking;
  return unchecked_on_device(order, run);
}
template <typename Run>
auto checked_once(unsigned order, const Run& run) {
  return order == kOrders[0] ? on_device(order, run) : unchecked_on_device(order, run);
}

inline at::Generator emulated_generator(uint64_t seed) {
  at::Generator own = at::globalContext().defaultGenerator(at::kCPU).clone();
  own.set_current_seed(seed_of_test() + seed);
  return own;
}

/// Random numbers of the running test, uniform in a range.
inline at::Tensor drawn(at::IntArrayRef sizes, double low, double high, uint64_t seed,
                        at::ScalarType dtype = at::kDouble, at::MemoryFormat format = at::MemoryFormat::Contiguous) {
  return at::empty(sizes, at::kDouble).uniform_(low, high, emulated_generator(seed)).to(dtype).contiguous(format);
}

inline double error_of(const at::Tensor& device, const at::Tensor& cpu) {
  const at::Tensor a = emulated::to_host(device).to(at::kDouble), b = cpu.to(at::kDouble);
  return ((a - b).norm() / b.norm().clamp_min(1e-300)).item<double>();
}

/// What a stored precision lets two correct results differ by: roundings, and another order of sums. (The CPU adds up
/// some thousand pixels in float where the device does in double.)
inline double bound_of(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e-12 : dtype == at::kFloat ? 1e-5 : 5e-3;
}

inline at::ScalarType weights_of(at::ScalarType dtype) { return dtype == at::kDouble ? at::kDouble : at::kFloat; }

/// As GoogleTest takes it.
inline std::string name_of(at::ScalarType dtype, at::MemoryFormat format) {
  return std::string(dtype == at::kDouble  ? "Double"
                     : dtype == at::kFloat ? "Float"
                                           : "BFloat16") +
         (format == at::MemoryFormat::ChannelsLast ? "Last" : "First");
}

}  // namespace jtr::test
