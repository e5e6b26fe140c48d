// The JTR loss alone, for other trainers: predictions and labels in, loss and prediction gradients out.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "memory/tensor_memory.h"
#include "methods/method.h"
#include "tasks/task.h"
#include "training/optimizers/optimizer.h"
#include "training/schedules/schedule.h"
#include "training/step.h"
#include "training/tensor_list.h"
#include "training/trainer_options.h"

namespace jtr {

/// Predictions and labels of two views of the same samples, over memory of the caller's.
struct PredictionBatch {
  std::vector<at::Tensor> predictions;  // of each task: [2, B, c, H, W], or [2, B, c] of an image task, as stored
  std::vector<at::Tensor> labels;       // of each task: float [2, B, l, H, W], or [2, B, l]
  at::Tensor labelled;                  // uint8 [B, K]
  at::Tensor noise;                     // double [B, slots, S, H, W], or undefined
};

class JointTaskLoss {
 public:
  explicit JointTaskLoss(const JointTaskLossOptions& options);
  // The method refers to the tasks in here.
  JointTaskLoss(const JointTaskLoss&) = delete;
  JointTaskLoss& operator=(const JointTaskLoss&) = delete;

  const TaskSet& tasks() const { return tasks_; }
  const std::vector<std::string>& term_names() const { return term_names_; }
  /// What callers must know: its whole options, noise slots, terms.
  Json describe() const;
  at::ScalarType dtype() const { return options_.precision().stored; }
  int64_t noise_slots() const { return method_->needs().noise_slots; }

  /// The loss. Of the request, `loss`, `terms`, `prediction_gradients` and `cancel` are looked at.
  StepResult compute(const PredictionBatch& batch, const StepRequest& request);
  /// One step of the auto-encoder with the gradients of the last compute; throws INVALID_STATE when there are none.
  void update();

  const TensorList& state() const { return state_; }
  const TensorList& gradients() const { return gradients_; }
  void save(const std::string& path) const;
  void load(const std::string& path);

 private:
  memory::PoolUser pool_;  // first: what follows is taken from it
  JointTaskLossOptions options_;
  TaskSet tasks_;
  std::unique_ptr<Method> method_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  std::vector<std::string> term_names_;
  TensorList state_, gradients_, saved_;
  int64_t steps_done_ = 0;
  bool has_gradients_ = false;
};

}  // namespace jtr
