// The network that is trained: one for all tasks, or one for each task. Images of every size go through it: their last
// rows and columns are repeated up to a multiple of its stride, and what is made of these is cut off.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "networks/network.h"
#include "tasks/task.h"

namespace jtr {

class MultiTaskNetwork {
 public:
  struct Setting {
    Variant network;
    Precision precision;
    at::Device device;
    uint64_t seed;
    bool separate = false;  // a network for each task
    Recomputation recomputation = Recomputation::kNorms;
    const InputSet* inputs = &InputSet::photograph();
  };
  /// The same seed gives separate networks of the tasks the same encoder and decoder.
  MultiTaskNetwork(const TaskSet& tasks, const Setting& setting);

  /// One network and the tasks that it predicts.
  struct Part {
    std::string prefix;  // of its weights' names
    std::unique_ptr<Network> net;
    at::Tensor norm_backup;
    ParameterStore& store() const { return net->store(); }
  };
  const std::vector<Part>& parts() const { return parts_; }
  const Network& first() const { return *parts_[0].net; }
  /// Weights of the first part that all its tasks share, which lie before those of the heads.
  int64_t shared_elements() const { return first().groups().back().begin; }

  /// Predictions of all views: [V, B, ...]. The graph hangs on `tracked`, the predictions [tracked views * B, ...] of
  /// the views that get a gradient.
  struct Forward {
    TaskTensors predictions;
    TaskTensors tracked;
    at::Tensor features;  // [V, B, c, h, w]: the first part's coarsest, of the enlarged images, without gradient
  };
  /// In training mode: batch norm over all V * B samples, whose statistics are updated (kBatch) or stay
  /// (kBatchApart).
  Forward forward(const InputTensors& inputs, int64_t views, int64_t tracked_views, bool features,
                  NormMode norm = NormMode::kBatch);
  /// Before a training step, of which `step` were done before.
  void begin_step(int64_t step) {
    for (Part& part : parts_) part.net->begin_step(step);
  }
  /// In evaluation mode: N samples -> [N, ...].
  TaskTensors predict(const InputTensors& inputs) const;

  /// Moves weights and norm statistics towards those of a network of the same make: x = decay x + (1 - decay) other's.
  /// Counters are copied.
  void average_with(const MultiTaskNetwork& other, double decay);

  /// Norm statistics are what a forward pass changes: remembered, and put back when a step is given up.
  void remember_norms();
  void restore_norms();

 private:
  const TaskSet& tasks_;
  std::vector<Part> parts_;
};

}  // namespace jtr
