// How the tasks' supervised losses are weighed against each other; orthogonal to the method. One file a rule behind
// this interface; registry.cpp lists them. K tasks, B samples; everything on the host and in double.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "networks/parameters.h"

namespace jtr {

/// As jtr_balancing_options.
struct BalancingOptions {
  std::string name = "equal";
  std::vector<double> weights = {};
  double temperature = 2;
  int64_t period_steps = 1;
  double initial_log_variance = -0.5;
};

/// The supervised losses of a step's tasks and samples, unweighted: [B, K], 0 where not labelled.
struct TaskLosses {
  at::Tensor losses;    // [B, K]
  at::Tensor labelled;  // [B, K]: 1 or 0
};

class Balancing {
 public:
  virtual ~Balancing() = default;

  /// State and learned weights, kept in checkpoints as "balancing/<name>"; null if there are none.
  virtual ParameterStore* parameters() { return nullptr; }
  /// The weights of a step: [K].
  virtual at::Tensor weights(int64_t step) const = 0;
  /// What every labelled sample adds to its loss besides: [K]; undefined for nothing.
  virtual at::Tensor offsets() const { return {}; }
  /// Adds the gradient of the loss to its own learned weights'.
  virtual void add_gradients(const TaskLosses&) {}
  /// After a step that was done.
  virtual void observe(const TaskLosses&, int64_t /*steps_done*/) {}

  /// Whether the shared weights' gradients of each task are wanted, to be combined() into one.
  virtual bool separates_gradients() const { return false; }
  /// [K, P] -> [P].
  virtual at::Tensor combined(const at::Tensor& gradients, int64_t /*step*/) const { return gradients.sum(0); }
};

/// The rule of that name; throws INVALID_ARGUMENT about "balancing.<field>".
std::unique_ptr<Balancing> make_balancing(const BalancingOptions& options, int64_t tasks, uint64_t seed);
/// All names.
const std::vector<const char*>& balancing_names();

std::unique_ptr<Balancing> make_equal(const BalancingOptions& options, int64_t tasks, uint64_t seed);
std::unique_ptr<Balancing> make_fixed(const BalancingOptions& options, int64_t tasks, uint64_t seed);
std::unique_ptr<Balancing> make_uncertainty(const BalancingOptions& options, int64_t tasks, uint64_t seed);
std::unique_ptr<Balancing> make_dwa(const BalancingOptions& options, int64_t tasks, uint64_t seed);
std::unique_ptr<Balancing> make_random(const BalancingOptions& options, int64_t tasks, uint64_t seed);
std::unique_ptr<Balancing> make_pcgrad(const BalancingOptions& options, int64_t tasks, uint64_t seed);

}  // namespace jtr
