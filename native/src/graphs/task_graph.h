// Which tasks may inform which: a weight for each ordered pair of tasks, given or estimated. Methods that relate tasks
// in pairs, and jtr, heed it. One file a kind; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "methods/method.h"
#include "networks/parameters.h"
#include "options/registry.h"
#include "precision.h"
#include "tasks/task.h"

namespace jtr {

/// What a task graph is made for.
struct TaskGraphSetting {
  const TaskSet* tasks;
  std::string path;  // of its options, for errors
  Precision precision;
  at::Device device;
};

class TaskGraph {
 public:
  virtual ~TaskGraph() = default;

  static Registry<TaskGraph, TaskGraphSetting>& registry();

  /// Whether its weights never change.
  virtual bool is_fixed() const { return true; }
  /// Double [K, K], on the host: how much the task of a row informs that of a column, 0 or more, in the step after
  /// `step` others; undefined: all 1. What stands on the diagonal means nothing.
  virtual at::Tensor weights(int64_t step) const = 0;

  /// What it keeps from step to step: buffers alone, saved under "task_graph/"; null for nothing.
  virtual ParameterStore* state() { return nullptr; }
  /// Names of what it reports, without its own.
  virtual std::vector<std::string> terms() const { return {}; }
  /// Looks at the predictions of view 0. What it reports: each [B].
  virtual std::vector<at::Tensor> observe(const MethodContext& /*context*/) { return {}; }
  /// Called after a step that was done.
  virtual void follow() {}
};

}  // namespace jtr
