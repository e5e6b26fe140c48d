// How gradients change the weights of one network. One file an optimiser; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/network.h"
#include "networks/parameters.h"
#include "options/registry.h"

namespace jtr {

/// The weights that an optimiser changes.
struct OptimizerSetting {
  ParameterStore* store;
  std::vector<ParameterGroup> groups = {};  // empty: all alike
};

/// Options of every optimiser.
struct OptimizerOptions {
  double learning_rate = 1e-4;
  void visit(OptionVisitor& v) {
    v.number("learning_rate", learning_rate, above(0), "Rate before the schedule changes it. Published: 1e-4.");
  }
};

class Optimizer {
 public:
  Optimizer(const OptimizerSetting& setting, const OptimizerOptions& options);
  virtual ~Optimizer() = default;

  static Registry<Optimizer, OptimizerSetting>& registry();

  double learning_rate() const { return learning_rate_; }
  /// Replaces the rate that the schedule begins with.
  void set_learning_rate(double rate) { learning_rate_ = rate; }

  /// Updates the weights with their gradients; `step` counts the updates done before, 0 for the first, and `factor` is
  /// the schedule's.
  void update(int64_t step, double factor);

  ParameterStore& store() const { return store_; }

  /// What it keeps from step to step: tensors laid out like the store's weights, by what stands before the weights'
  /// names in checkpoints, as in "adam.exp_avg".
  struct State {
    std::string name;
    at::Tensor flat;
  };
  virtual std::vector<State> state() const = 0;

 protected:
  /// Updates a range of the flat weights; `step` counts the range's updates done before.
  virtual void update_range(int64_t begin, int64_t elements, double rate, int64_t step) = 0;

 private:
  ParameterStore& store_;
  std::vector<ParameterGroup> groups_;
  double learning_rate_;
};

}  // namespace jtr
