// A batch as some of its tasks see it.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "methods/method.h"
#include "tasks/task.h"

namespace jtr {

class TaskSubset {
 public:
  /// `numbers`: of the tasks, in order.
  TaskSubset(const TaskSet& all, std::vector<size_t> numbers)
      : all_(all), numbers_(std::move(numbers)), tasks_(all.only(numbers_)) {}

  const TaskSet& tasks() const { return tasks_; }

  /// The batch with gradients of its own, which are 0. The task graph is left out.
  MethodContext of(const MethodContext& batch) const;
  /// Adds the gradients of such a batch to those of the whole one.
  void add_gradients(const MethodContext& own, const MethodContext& batch) const;

 private:
  TaskTensors parts(const TaskTensors& whole, bool labels) const;

  const TaskSet& all_;
  std::vector<size_t> numbers_;
  TaskSet tasks_;
};

}  // namespace jtr
