#include "training/optimizers/optimizer.h"

#include "error.h"

namespace jtr {
namespace {

/// Neighbours that are trained alike as one group, so that each is updated in one pass.
std::vector<ParameterGroup> merged(const std::vector<ParameterGroup>& groups) {
  std::vector<ParameterGroup> all;
  for (const ParameterGroup& group : groups) {
    if (group.elements == 0) continue;
    const bool joins = !all.empty() && all.back().begin + all.back().elements == group.begin &&
                       all.back().rate_factor == group.rate_factor && all.back().trained_from == group.trained_from;
    if (joins) {
      all.back().elements += group.elements;
    } else {
      all.push_back(group);
    }
  }
  return all;
}

}  // namespace

Registry<Optimizer, OptimizerSetting>& Optimizer::registry() {
  static Registry<Optimizer, OptimizerSetting> all("optimiser", "name");
  return all;
}

Optimizer::Optimizer(const OptimizerSetting& setting, const OptimizerOptions& options)
    : store_(*setting.store), groups_(merged(setting.groups)), learning_rate_(options.learning_rate) {
  if (setting.groups.empty()) groups_.push_back({"all", 0, store_.flat_parameters().numel()});
}

void Optimizer::update(int64_t step, double factor) {
  // Corrections that count steps would divide by zero.
  if (step < 0)
    throw Error(JTR_STATUS_INTERNAL, text("an optimiser was asked for its update ", step, "; the first is 0"));
  for (const ParameterGroup& group : groups_) {
    if (step < group.trained_from) continue;
    // What an optimiser keeps begins with the group's first update.
    update_range(group.begin, group.elements, learning_rate_ * factor * group.rate_factor, step - group.trained_from);
  }
}

}  // namespace jtr
