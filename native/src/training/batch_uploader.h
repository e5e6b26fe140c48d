// Brings batches to the device, the next one while a step computes.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Event.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tasks/task.h"
#include "training/host_batch.h"

namespace jtr {

/// A batch's images and labels on the device.
struct DeviceBatch {
  at::Tensor images;    // [V B, 3, H, W]
  at::Tensor labels;    // [V, B, L, H, W], invalid where a sample is not labelled
  at::Tensor labelled;  // bool [B, K]
};

/// Brings batches of one trainer to its device.
class BatchUploader {
 public:
  /// `options`: format and device of what it makes; `views`: how many of a batch's views are read; `crops`: whether
  /// they are.
  BatchUploader(const TaskSet& tasks, std::string method, const at::TensorOptions& options, int64_t views, bool crops);

  /// Begins to bring a batch to the device and returns; on a GPU the copy runs beside its computing. What goes
  /// wrong is passed over: take() tells.
  void begin(const HostBatch& batch);
  /// Whether begin() had this batch, by its pointers and sizes, last.
  bool holds(const HostBatch& batch) const;
  /// The batch on the device: what begin() brought where it had this one last, else checked and copied now.
  DeviceBatch take(const HostBatch& batch);

 private:
  void check(const HostBatch& batch) const;
  DeviceBatch copy(const HostBatch& batch, bool pinned) const;

  const TaskSet& tasks_;
  std::string method_;
  at::TensorOptions options_;
  int64_t views_;
  bool crops_;
  std::optional<HostBatch> held_;  // whose copy is under way or done
  DeviceBatch copied_;
  std::optional<c10::Event> done_;  // on a GPU: the end of the copy
};

}  // namespace jtr
