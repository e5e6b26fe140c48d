// Adam with its schedule over the weights of one network.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "adam_options.h"
#include "networks/parameters.h"

namespace jtr {

/// The rate of a step (0 for the first).
double scheduled_rate(const AdamOptions& options, int64_t step);

class Adam {
 public:
  Adam(ParameterStore& store, const AdamOptions& options);

  /// Replaces the rate that the schedule begins with.
  void set_learning_rate(double rate) { options_.learning_rate = rate; }

  /// Updates the weights with their gradients; `step` counts the updates done before, 0 for the first.
  void update(int64_t step);

  ParameterStore& store() const { return store_; }
  /// First and second moments, laid out like the store's weights.
  at::Tensor& exp_avg() { return exp_avg_; }
  at::Tensor& exp_avg_sq() { return exp_avg_sq_; }
  const at::Tensor& exp_avg() const { return exp_avg_; }
  const at::Tensor& exp_avg_sq() const { return exp_avg_sq_; }

 private:
  ParameterStore& store_;
  AdamOptions options_;
  at::Tensor exp_avg_, exp_avg_sq_;
};

}  // namespace jtr
