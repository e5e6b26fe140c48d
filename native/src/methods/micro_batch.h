// How many samples go through a second network at once where the user does not say.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>

namespace jtr {

/// On the CPU a micro-batch's first activations stay below this many bytes, so that they stay near the cores: small
/// images go through together, large ones alone.
constexpr int64_t kMicroBatchBytesOnCpu = int64_t{16} << 20;

/// Elsewhere a batch goes through whole, unless its first activations would fill much of a GPU's memory: a GPU is fast
/// when it has much to do at once.
constexpr int64_t kMicroBatchBytesElsewhere = int64_t{1} << 30;

/// `planes` [N, C, H, W] lie where the network computes; `width` is the network's first stage's.
inline int64_t chosen_micro_batch(const at::Tensor& planes, int64_t width) {
  const int64_t bytes_of_one = 2 * width * planes.size(2) * planes.size(3) * planes.element_size();
  const int64_t bytes = planes.is_cpu() ? kMicroBatchBytesOnCpu : kMicroBatchBytesElsewhere;
  return std::max<int64_t>(1, bytes / bytes_of_one);
}

}  // namespace jtr
