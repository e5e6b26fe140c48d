// A constraint: what is known of predictions before any is made, as a term beside any method. One file a constraint;
// each registers itself. It is asked of view 0, the one that is compared with labels.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "methods/method.h"
#include "options/registry.h"

namespace jtr {

/// What a constraint is made for.
struct ConstraintSetting {
  const TaskSet* tasks;
  std::string path;  // of its options, for errors
};

/// What a constraint says of a batch.
struct ConstraintTerm {
  at::Tensor loss;      // [B], differentiable
  at::Tensor violated;  // [B]: the share of places where it is broken
};

class Constraint {
 public:
  virtual ~Constraint() = default;

  static Registry<Constraint, ConstraintSetting>& registry();

  /// The names of its tasks, with dots between.
  virtual std::string about() const = 0;
  /// The tasks whose predictions it reads, each once.
  virtual std::vector<size_t> reads() const = 0;
  /// What its term is multiplied by.
  virtual double weight() const = 0;
  /// Whether it reads how view 0 was cut out of the sample.
  virtual bool needs_crops() const { return false; }
  /// `predictions`: view 0's, of the tasks that it reads.
  virtual ConstraintTerm compute(const std::vector<at::Tensor>& predictions, const MethodContext& context) const = 0;
  /// A target that a method has made for view 0 of a task (Task::prediction_as_target), as the labels that are known
  /// allow it.
  virtual at::Tensor allowed(size_t /*task*/, const at::Tensor& target, const MethodContext& /*context*/) const {
    return target;
  }

 protected:
  /// The number of the task of that name; throws about the option where there is none.
  static size_t task_of(const ConstraintSetting& setting, const char* option, const std::string& name);
};

/// The constraints of a trainer.
class Constraints {
 public:
  Constraints(const std::vector<Variant>& options, const TaskSet& tasks);

  bool needs_crops() const;
  /// Two names for each: its loss's, and that of the share that violates it.
  const std::vector<std::string>& terms() const { return terms_; }
  /// As a method's: adds the gradient to the context's.
  MethodLoss compute(const MethodContext& context) const;
  at::Tensor allowed(size_t task, at::Tensor target, const MethodContext& context) const;

 private:
  std::vector<std::unique_ptr<Constraint>> all_;
  std::vector<std::string> terms_;
};

}  // namespace jtr
