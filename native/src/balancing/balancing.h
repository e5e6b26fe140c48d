// How the tasks' supervised losses are weighed against each other; orthogonal to the method. One file a rule; each
// registers itself. K tasks, B samples; everything on the host and in double.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "networks/parameters.h"
#include "options/registry.h"

namespace jtr {

/// What a rule is made for.
struct BalancingSetting {
  int64_t tasks;
  uint64_t seed;
};

/// Sums over the samples of a step, of all processes.
struct TaskSums {
  at::Tensor losses;    // [K]
  at::Tensor labelled;  // [K]
  double samples;
};

/// The supervised losses of a step's tasks and samples, unweighted: [B, K], 0 where not labelled.
struct TaskLosses {
  at::Tensor losses;    // [B, K]
  at::Tensor labelled;  // [B, K]: 1 or 0

  TaskSums summed() const { return {losses.sum(0), labelled.sum(0), static_cast<double>(losses.size(0))}; }
};

class Balancing {
 public:
  explicit Balancing(const BalancingSetting& setting) : seed_(setting.seed) {}
  virtual ~Balancing() = default;

  static Registry<Balancing, BalancingSetting>& registry();

  /// The seed of its random numbers; a checkpoint brings its own.
  uint64_t seed() const { return seed_; }
  void set_seed(uint64_t seed) { seed_ = seed; }

  /// State and learned weights, kept in checkpoints as "balancing/<name>"; null if there are none.
  virtual ParameterStore* parameters() { return nullptr; }
  /// The weights of a step: [K].
  virtual at::Tensor weights(int64_t step) const = 0;
  /// What every labelled sample adds to its loss besides: [K]; undefined for nothing.
  virtual at::Tensor offsets() const { return {}; }
  /// Adds the gradient of the mean loss to its own learned weights'.
  virtual void add_gradients(const TaskSums&) {}
  /// After a step that was done.
  virtual void observe(const TaskSums&, int64_t /*steps_done*/) {}

  /// Whether the shared weights' gradients of each task are wanted, to be combined() into one.
  virtual bool separates_gradients() const { return false; }
  /// [K, P] -> [P].
  virtual at::Tensor combined(const at::Tensor& gradients, int64_t /*step*/) const { return gradients.sum(0); }

 private:
  uint64_t seed_;
};

}  // namespace jtr
