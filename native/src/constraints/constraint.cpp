#include "constraints/constraint.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "error.h"

namespace jtr {

Registry<Constraint, ConstraintSetting>& Constraint::registry() {
  static Registry<Constraint, ConstraintSetting> all("constraint", "name");
  return all;
}

size_t Constraint::task_of(const ConstraintSetting& setting, const char* option, const std::string& name) {
  return setting.tasks->number(name, join_path(setting.path, option));
}

Constraints::Constraints(const std::vector<Variant>& options, const TaskSet& tasks) {
  for (const Variant& variant : options) {
    all_.push_back(Constraint::registry().make(variant, {&tasks, variant.path}));
    const std::string name = variant.options.value("name", std::string()) + "." + all_.back()->about();
    std::string own = name;
    for (int more = 2; std::find(terms_.begin(), terms_.end(), own) != terms_.end(); ++more) {
      own = text(name, ".", more);
    }
    terms_.push_back(own);
    terms_.push_back(own + ".violated");
  }
}

bool Constraints::needs_crops() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto& constraint) { return constraint->needs_crops(); });
}

MethodLoss Constraints::compute(const MethodContext& context) const {
  MethodLoss all;
  for (const auto& constraint : all_) {
    context.checkpoint();
    const at::AutoGradMode mode(true);
    const std::vector<size_t> tasks = constraint->reads();
    std::vector<at::Tensor> predictions;
    for (const size_t t : tasks) predictions.push_back(context.tracked(0, t));
    const ConstraintTerm term = constraint->compute(predictions, context);
    if (term.loss.requires_grad()) {
      const at::Tensor scale = at::full_like(term.loss, constraint->weight() / context.batch());
      // A task whose labels stand in everywhere gets none.
      const auto gradients = torch::autograd::grad({term.loss}, predictions, {scale}, c10::nullopt, false, true);
      for (size_t i = 0; i < tasks.size(); ++i) {
        if (gradients[i].defined()) context.add_gradient(0, tasks[i], gradients[i]);
      }
    }
    const at::Tensor loss = term.loss.detach();
    all.loss = all.loss.defined() ? all.loss + constraint->weight() * loss : constraint->weight() * loss;
    all.terms.push_back(loss);
    all.terms.push_back(term.violated.detach());
  }
  return all;
}

at::Tensor Constraints::allowed(size_t task, at::Tensor target, const MethodContext& context) const {
  const at::NoGradGuard no_grad;
  for (const auto& constraint : all_) target = constraint->allowed(task, target, context);
  return target;
}

}  // namespace jtr
