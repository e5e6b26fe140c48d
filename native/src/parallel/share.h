// Which samples of a step's batch are worked on here and now. A step may be shared by many processes, each with samples
// of its own, in the order of the ranks, and each may work on its samples in parts, one after another.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "parallel/communicator.h"

namespace jtr {

struct Share {
  int64_t first = 0;               // number of the first of them in the whole batch
  int64_t whole = 0;               // samples of the whole batch
  int64_t part = 0;                // which of the parts this is
  int64_t pool_first = 0;          // number of the first among those that all processes work on now
  int64_t pool = 0;                // how many these are
  std::vector<double> labelled;    // of each task: samples of the whole batch that have its label
  std::vector<double> of_domains;  // samples of the whole batch that are of each domain
  Communicator* others = nullptr;  // null: there are none

  /// The sum over all processes; each must call.
  at::Tensor summed(at::Tensor values) const {
    if (others != nullptr) others->all_reduce(values, Reduction::kSum);
    return values;
  }
  /// Of samples [B, ...] that are worked on here, those that all processes work on now: [pool, ...]; each must call.
  at::Tensor pooled(const at::Tensor& samples) const {
    if (others == nullptr) return samples;
    std::vector<int64_t> sizes = samples.sizes().vec();
    sizes[0] = pool;
    at::Tensor all = at::zeros(sizes, samples.options());
    all.narrow(0, pool_first, samples.size(0)).copy_(samples);
    return summed(all);
  }
};

}  // namespace jtr
