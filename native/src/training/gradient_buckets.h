// Gradients of several processes, summed in buckets while the backward pass still runs (Li et al., VLDB 2020, section
// 3.2). Buckets are ranges of the flat gradients, from the last weights to the first, which is about the order in which
// a backward pass comes to them. A bucket is summed once all its gradients are there and all buckets before it are
// under way: in the same order in all processes.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "networks/parameters.h"
#include "parallel/communicator.h"

namespace jtr {

class GradientBuckets {
 public:
  explicit GradientBuckets(Communicator& communicator) : communicator_(communicator) {}
  // Hooks refer to it.
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  /// Adds a network's gradients; `before`: they are there before the backward pass, else it makes them. The first to be
  /// added is the first to be summed.
  void add(const ParameterStore& store, bool before);

  /// Before the backward pass from some roots that makes the last of the gradients. What it does not reach is there.
  void begin(const std::vector<at::Tensor>& roots);
  /// Sums what is not under way, and waits for all. Without begin(), everything is summed here.
  void finish();
  /// Whether this process's own gradients were finite, before the last finish() had them summed.
  bool were_finite() const;

 private:
  struct Bucket {
    at::Tensor gradients;  // a range of a network's
    int64_t weights = 0;   // that are in it
    int64_t missing = 0;   // of these, in this step
  };
  struct Weight {
    std::shared_ptr<torch::autograd::Node> accumulator;  // null: its gradient is there before
    size_t bucket;
    bool is_there = false;
  };
  class Hook;

  void arrived(size_t weight);
  /// Sums the next buckets, as far as their gradients are there.
  void send();
  void send_next();

  Communicator& communicator_;
  std::vector<Bucket> buckets_;
  std::vector<Weight> weights_;
  std::vector<std::unique_ptr<Pending>> pending_;  // of the first buckets
  std::vector<at::Tensor> largest_;                // absolute value of this process's, by buckets
  bool runs_ = false;                              // whether the backward pass does
};

}  // namespace jtr
