// The multi-task network in training: forward, losses, backward, Adam and schedule in one call.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancing/balancing.h"
#include "memory/tensor_memory.h"
#include "regularizers/regularizer.h"
#include "tasks/task.h"
#include "training/batch_uploader.h"
#include "training/host_batch.h"
#include "training/multi_task_network.h"
#include "training/optimizer.h"
#include "training/tensor_list.h"

namespace jtr {

struct TrainerOptions {
  std::vector<TaskSpec> tasks;
  int64_t width;
  std::string method;
  JointTaskOptions joint_task;
  AdamOptions adam;
  uint64_t seed;
  Precision precision;
  at::Device device;
  ConsistencyOptions consistency = {1, 1};
  PairMapOptions direct_map = {0, 1};      // width 0: the network's
  PairMapOptions perceptual_map = {0, 1};  // width 0: the network's
  MtpslOptions mtpsl = {2, 0.5, 0, {1e-3, 0.9, 0.999, 1e-8, 0, 0.5}, 0};
  BalancingOptions balancing = {};
  double max_gradient_norm = 0;  // 0: none
  double ema_decay = 0;          // 0: none
  jtr_recomputation recomputation = JTR_RECOMPUTATION_NORMS;
};

/// What the caller wants to know of a step besides its losses; as jtr_step_request.
struct StepRequest {
  const int32_t* cancel = nullptr;
  double* loss = nullptr;
  double* supervised = nullptr;
  double* dist = nullptr;
  double* recon = nullptr;
  double* task_loss = nullptr;
  double* prediction = nullptr;
  double* prediction_grad = nullptr;
  const HostBatch* next = nullptr;
};

struct StepResult {
  int64_t step;
  double loss, supervised, dist, recon, learning_rate, gradient_norm;
};

class Trainer {
 public:
  explicit Trainer(const TrainerOptions& options);
  // The networks refer to their storage in here.
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  StepResult step(const HostBatch& batch, const StepRequest& request);
  void predict(const float* images, int64_t samples, int64_t height, int64_t width, float* predictions);

  int64_t steps_done() const { return steps_done_; }
  uint64_t seed() const { return options_.seed; }
  const TaskSet& tasks() const { return tasks_; }
  /// Weights of the multi-task network, or of all networks.
  int64_t parameter_count(bool all = true) const;
  void set_learning_rate(double rate);
  int64_t views() const { return regularizer_->views(); }
  const TensorList& tensors(jtr_tensor_kind kind) const { return kind == JTR_TENSOR_KIND_STATE ? state_ : gradients_; }

  void save(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata) const;
  void load(const std::string& path);

 private:
  /// `adam`: null for the trainer's.
  void add_state_of(const std::string& prefix, ParameterStore& store, const AdamOptions* adam);
  /// What the losses need of a batch, but for the network's predictions.
  LossBatch loss_batch(const HostBatch& batch, const DeviceBatch& uploaded) const;
  /// The tasks' supervised losses [B, K]; their weighted gradients into `grad`, [B, C, H, W].
  at::Tensor supervised(const LossBatch& batch, const at::Tensor& weights, const at::Tensor& grad) const;
  /// Throws NON_FINITE unless every sample's loss is a finite number. `losses`: [4, B] the whole, supervised, distance,
  /// reconstruction; `tasks`: [B, K].
  void check_losses(const at::Tensor& losses, const at::Tensor& tasks) const;
  /// Throws NON_FINITE unless all gradients are finite; the norm of the multi-task network's.
  double check_gradients();
  /// Scales down what is longer than max_gradient_norm.
  void clip_gradients();
  /// PCGrad: one backward pass for each task, then one for the method's own term.
  void separate_backward(const MultiTaskNetwork::Forward& forward, const at::Tensor& supervised_grad,
                         const at::Tensor& method_grad, int64_t tracked_views);

  memory::PoolUser pool_;  // first: what follows is taken from it
  TrainerOptions options_;
  at::TensorOptions tensor_options_;
  TaskSet tasks_;
  std::unique_ptr<Regularizer> regularizer_;
  std::unique_ptr<Balancing> balancing_;
  BatchUploader uploader_;
  MultiTaskNetwork network_;
  std::unique_ptr<MultiTaskNetwork> average_;  // the moving average of network_; null without
  std::vector<Adam> optimizers_;               // those of network_'s parts come first
  std::vector<bool> own_rate_;                 // whether the optimiser has a rate of its own
  std::vector<double> gradient_norms_;         // of the last step, one an optimiser
  TensorList state_, gradients_, saved_;       // saved_: state and the optimisers' moments
  int64_t steps_done_ = 0;
};

}  // namespace jtr
