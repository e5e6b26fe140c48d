// The network that is trained: a SegNet with a head for each task, or a SegNet for each task.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "networks/segnet.h"
#include "tasks/task.h"

namespace jtr {

class MultiTaskNetwork {
 public:
  /// `separate`: a network for each task. The same seed gives every one of them the same encoder and decoder.
  MultiTaskNetwork(const TaskSet& tasks, int64_t width, const Precision& precision, at::Device device, uint64_t seed,
                   bool separate, jtr_recomputation recomputation = JTR_RECOMPUTATION_NORMS);

  /// One SegNet and the tasks that it predicts.
  struct Part {
    Part(const TaskSet& tasks, std::vector<size_t> tasks_of_it, int64_t width, std::string prefix,
         jtr_recomputation recomputation);
    std::string prefix;  // of its weights' names
    std::vector<size_t> tasks;
    ParameterStore store;
    SegNet net;
    at::Tensor norm_backup;
  };
  const std::vector<std::unique_ptr<Part>>& parts() const { return parts_; }
  /// Weights of the first part that all its tasks share, which lie before those of the heads.
  int64_t shared_elements() const;

  /// Predictions of all views: [V, B, C, H, W]. The graph hangs on `tracked`, the predictions [tracked views * B, C, H,
  /// W] of the views that get a gradient.
  struct Forward {
    at::Tensor predictions;
    at::Tensor tracked;
    at::Tensor features;  // [V, B, 8 width, H/32, W/32]: the first part's fifth pool, without gradient
  };
  /// In training mode: batch norm over all images [V * B, 3, H, W], whose statistics are updated.
  Forward forward(const at::Tensor& images, int64_t views, int64_t tracked_views, bool features);
  /// In evaluation mode: [N, 3, H, W] -> [N, C, H, W].
  at::Tensor predict(const at::Tensor& images) const;

  /// Moves weights and norm statistics towards those of a network of the same make: x = decay x + (1 - decay) other's.
  /// Counters are copied.
  void average_with(const MultiTaskNetwork& other, double decay);

  /// Norm statistics are what a forward pass changes: remembered, and put back when a step is given up.
  void remember_norms();
  void restore_norms();

 private:
  /// Raw outputs of all heads to predictions.
  at::Tensor activated(const at::Tensor& raw) const;

  const TaskSet& tasks_;
  at::MemoryFormat format_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace jtr
