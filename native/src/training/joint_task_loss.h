// The JTR loss alone, for other trainers: predictions and labels in, loss and prediction gradients out.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/tensor_memory.h"
#include "regularizers/regularizer.h"
#include "tasks/task.h"
#include "training/optimizer.h"
#include "training/tensor_list.h"

namespace jtr {

struct JointTaskLossOptions {
  std::vector<TaskSpec> tasks;
  JointTaskOptions joint_task;
  AdamOptions adam;
  uint64_t seed;
  Precision precision;
  at::Device device;
  jtr_recomputation recomputation = JTR_RECOMPUTATION_NORMS;
};

/// As jtr_regularizer_batch.
struct PredictionBatch {
  int64_t samples, height, width;
  const void* predictions;  // [2, B, C, H, W] in the stored precision
  const float* labels;      // [2, B, L, H, W]
  const uint8_t* labelled;  // [B, K]
  const double* noise;      // [B, 5, S, H, W] or null
  const int32_t* cancel;
};

/// As jtr_regularizer_result.
struct PredictionLoss {
  double loss = 0, dist = 0, recon = 0;
  void* prediction_grad = nullptr;
  double* sample_dist = nullptr;
  double* sample_recon = nullptr;
};

class JointTaskLoss {
 public:
  explicit JointTaskLoss(const JointTaskLossOptions& options);
  // The method refers to the tasks in here.
  JointTaskLoss(const JointTaskLoss&) = delete;
  JointTaskLoss& operator=(const JointTaskLoss&) = delete;

  void compute(const PredictionBatch& batch, PredictionLoss& result);
  /// One Adam step with the gradients of the last compute; throws INVALID_STATE when there are none.
  void update();

  const TensorList& tensors(jtr_tensor_kind kind) const { return kind == JTR_TENSOR_KIND_STATE ? state_ : gradients_; }
  void save(const std::string& path) const;
  void load(const std::string& path);

 private:
  memory::PoolUser pool_;  // first: what follows is taken from it
  JointTaskLossOptions options_;
  TaskSet tasks_;
  std::unique_ptr<Regularizer> regularizer_;
  Adam optimizer_;
  TensorList state_, gradients_, saved_;
  int64_t steps_done_ = 0;
  bool has_gradients_ = false;
};

}  // namespace jtr
