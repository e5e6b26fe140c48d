// Entropy minimisation (Grandvalet and Bengio 2004): a network should be sure of classes that nobody labelled.
#include <torch/csrc/autograd/autograd.h>

#include "methods/method.h"

namespace jtr {
namespace {
class Entropy final : public Method {
 public:
  static constexpr char kName[] = "entropy";
  static constexpr char kSummary[] = "Predicted classes that have no label should be certain.";
  static constexpr int kPlace = 50;
  struct Options {
    double weight = 0.1;
    void visit(OptionVisitor& v) { v.number("weight", weight, a_weight(), "Weight of the mean entropy."); }
  };
  Entropy(const Options& options, const MethodSetting&) : weight_(options.weight) {}
  MethodNeeds needs() const override { return MethodNeeds::of_one_view(0); }
  std::vector<std::string> terms() const override { return {"entropy"}; }
  MethodLoss compute(const MethodContext& context) override {
    at::Tensor total = at::zeros({context.samples}, context.prediction(0, 0).options());
    for (size_t t = 0; t < context.tasks->size(); ++t) {
      if ((*context.tasks)[t].kind() != "segmentation") continue;
      const at::AutoGradMode with_gradient(true);
      const at::Tensor logits = context.tracked(0, t), log_p = at::log_softmax(logits, 1);
      const at::Tensor entropy = mean_per_sample(-(log_p.exp() * log_p).sum(1, true)) * context.unlabelled(t);
      const at::Tensor loss = entropy.sum() * (weight_ / context.batch());
      context.add_gradient(0, t, torch::autograd::grad({loss}, {logits})[0]);
      total += entropy.detach();
    }
    return {weight_ * total, {total}};
  }

 private:
  double weight_;
};
const Registered<Entropy> registered;
}  // namespace
}  // namespace jtr
