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

/// A batch's inputs and labels on the device.
struct DeviceBatch {
  InputTensors inputs;      // [V B, ...], normalised
  TaskTensors labels;       // [V, B, ...], invalid where a sample is not labelled
  at::Tensor labelled;      // bool [B, K]
  at::Tensor label_weight;  // [B, K], or undefined: all 1
  at::Tensor domain;        // int64 [B], or undefined where no domain technique is on

  /// Some of the samples.
  DeviceBatch narrow(int64_t begin, int64_t count) const;
};

/// Brings batches of one trainer to its device.
class BatchUploader {
 public:
  struct Setting {
    std::string method;         // for messages
    at::TensorOptions options;  // format and device of what it makes
    int64_t views;              // how many of a batch's views are read
    bool crops;                 // whether they are needed
    int64_t stride;             // that rows and columns must be multiples of
    const InputSet* inputs = &InputSet::photograph();
    int64_t domains = 1;         // how many there are
    bool domain_tensor = false;  // whether their numbers are wanted on the device
  };
  BatchUploader(const TaskSet& tasks, Setting setting);

  /// Begins to bring a batch to the device and returns; on a GPU the copy runs beside its computing. What goes
  /// wrong is passed over: take() tells.
  void begin(const HostBatch& batch);
  /// Whether begin() had this batch, by its memory and sizes, last.
  bool holds(const HostBatch& batch) const;
  /// The batch on the device: what begin() brought where it had this one last, else checked and copied now.
  DeviceBatch take(const HostBatch& batch);

 private:
  void check(const HostBatch& batch) const;
  DeviceBatch copy(const HostBatch& batch, bool pinned) const;
  at::Tensor upload_domains(const HostBatch& batch) const;

  const TaskSet& tasks_;
  Setting setting_;
  std::optional<HostBatch> held_;  // whose copy is under way or done
  DeviceBatch copied_;
  std::optional<c10::Event> done_;  // on a GPU: the end of the copy
};

}  // namespace jtr
