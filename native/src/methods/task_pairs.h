// The ordered pairs of tasks that the cross-task methods work on: a task that a sample is not labelled for (the source)
// and one that it is labelled for (the target).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "methods/method.h"

namespace jtr {

struct TaskPair {
  int64_t source, target;
  double weight;                 // how much one informs the other
  std::vector<int64_t> samples;  // those with the target's label and without the source's
};

/// Which task of a pair informs the other.
enum class Informs { kSource, kTarget };

/// All ordered pairs that some sample of the batch has and the task graph allows, the source outer.
std::vector<TaskPair> task_pairs(const MethodContext& context, Informs informs);

/// Number of an ordered pair of different tasks among K (K - 1), the source outer.
int64_t pair_index(int64_t source, int64_t target, int64_t tasks);

/// Indices for at::index_select.
at::Tensor row_indices(const std::vector<int64_t>& rows, at::Device device);

}  // namespace jtr
