// Task prototypes (after "Task prototype-based knowledge retrieval", arXiv 2601.07474): each task has a learned vector
// in the network, by which its features find those of related tasks (networks/task_prototypes.h). That changes what the
// network predicts, in training and after it. The term keeps prototypes apart and true to their tasks: of each task t
// that a sample is labelled for, with a_ts the mean over places of its features' affinity to task s's prototype,
//
//   loss = weight * mean over t of -log softmax_s(a_ts / temperature)[t]
//
// The paper's formulas of both are not what this was written from; docs/choosing-settings.md says what is ours.
#include <torch/csrc/autograd/autograd.h>

#include "methods/method.h"

namespace jtr {
namespace {

class Prototypes final : public Method {
 public:
  static constexpr char kName[] = "prototypes";
  static constexpr char kSummary[] =
      "Each task has a learned vector in the network, by which its features find those of related tasks.";
  static constexpr char kSource[] = "arXiv 2601.07474";
  static constexpr int kPlace = 10;
  static constexpr int64_t kMinTasks = 2;
  static Json facts() { return MethodFacts().min_tasks(kMinTasks).prototypes().json(); }

  struct Options {
    double weight = 0.1, temperature = 1;
    int64_t dimension = 64;
    void visit(OptionVisitor& v) {
      v.number("weight", weight, a_weight(), "Weight of the term that keeps prototypes true to their tasks.");
      v.number("temperature", temperature, above(0), "What affinities are divided by in that term.");
      v.integer("dimension", dimension, within(1, 4096), "Numbers of a prototype, and of a task's features beside it.");
    }
  };

  Prototypes(const Options& options, const MethodSetting& setting) : options_(options), tasks_(*setting.tasks) {
    require_tasks(kName, setting, kMinTasks);
  }

  MethodNeeds needs() const override {
    MethodNeeds needs = MethodNeeds::of_one_view();
    needs.affinities = true;
    return needs;
  }

  std::vector<std::string> terms() const override {
    std::vector<std::string> names = {"own"};
    for (size_t t = 0; t < tasks_.size(); ++t) names.push_back("retrieved." + tasks_[t].name());
    return names;
  }

  MethodLoss compute(const MethodContext& context) override {
    const at::AutoGradMode mode(true);
    const at::Tensor affinities = context.affinities.detach().requires_grad_(true);
    const at::Tensor each = -at::log_softmax(affinities / options_.temperature, 2).diagonal(0, 1, 2);  // [B, K]
    at::Tensor counts = context.labelled.to(each.scalar_type());
    const at::Tensor labels = counts.sum(1).clamp_min(1);
    if (context.label_weight.defined()) counts = counts * context.label_weight;
    const at::Tensor loss = (each * counts).sum(1) / labels;
    const at::Tensor scale = at::full_like(loss, options_.weight / context.batch());
    at::Tensor gradient = context.affinities_gradient;
    gradient.add_(torch::autograd::grad({loss}, {affinities}, {scale})[0]);
    std::vector<at::Tensor> terms = {loss.detach()};
    // The share that a task has from others.
    const at::Tensor retrieved = 1 - at::softmax(context.affinities, 2).diagonal(0, 1, 2);
    for (size_t t = 0; t < tasks_.size(); ++t) terms.push_back(retrieved.select(1, static_cast<int64_t>(t)));
    return {options_.weight * loss.detach(), terms};
  }

 private:
  Options options_;
  const TaskSet& tasks_;
};

const Registered<Prototypes> registered;

}  // namespace
}  // namespace jtr
