// Supervised learning on further views: the baseline of methods that see a sample more than once. Their labels are the
// same, cut as the view is; a strong view (strong_views.h) has those of view 0.
#include <torch/csrc/autograd/autograd.h>

#include "methods/method.h"
#include "methods/strong_views.h"

namespace jtr {
namespace {

class SupervisedViews final : public Method {
 public:
  static constexpr char kName[] = "supervised+";
  static constexpr char kSummary[] =
      "Learns from the labels that there are, on further views of each sample: what other methods are to be compared "
      "with.";
  static constexpr int kPlace = 9;
  static constexpr int64_t kMostViews = 16;
  static Json facts() { return MethodFacts().views(Options().views).json(); }

  struct Options : StrongViewOptions {
    double weight = 1;
    int64_t views = 3;
    bool strong = false;
    void visit(OptionVisitor& v) {
      v.number("weight", weight, a_weight(), "Weight of the further views' mean loss beside view 0's.");
      v.integer("views", views, within(1, kMostViews), "Views of each sample that the data loader makes.");
      v.flag("strong", strong, "Whether there is a strongly changed view more, as the method teacher has it.");
      StrongViewOptions::visit(v);
    }
    void check(const std::string& path) const {
      require(views > 1 || strong, join_path(path, "views").c_str(),
              "must be 2 or more where there is no strong view: else the method is supervised");
    }
  };

  SupervisedViews(const Options& options, const MethodSetting&) : options_(options) {}

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = options_.views;
    needs.last_view_with_gradient = options_.views - 1;
    needs.made_views = options_.strong ? 1 : 0;
    needs.images = options_.strong;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"views"}; }

  InputTensors make_views(const MethodContext& context) override {
    const InputTensors inputs = context.inputs(0);
    views_ = strong_views(inputs.image, options_, context.seed, context.step, context.share);
    return views_.with(inputs);
  }

  MethodLoss compute(const MethodContext& context) override {
    const int64_t further = options_.views - 1 + (options_.strong ? 1 : 0);
    at::Tensor total = at::zeros({context.samples}, at::kDouble).to(context.labelled.device());
    for (int64_t view = 1; view <= further; ++view) {
      const bool made = view >= options_.views;
      for (size_t t = 0; t < context.tasks->size(); ++t) {
        context.checkpoint();
        const Task& task = (*context.tasks)[t];
        const at::AutoGradMode mode(true);
        const at::Tensor prediction = context.tracked(view, t);
        const at::Tensor label = context.label(made ? 0 : view, t);
        const double weight = options_.weight * context.task_weights[static_cast<int64_t>(t)].item<double>() /
                              static_cast<double>(further);
        const at::Tensor loss = context.weighted(
            made ? loss_of_strong_view(task, prediction, label) : task.supervised_loss(prediction, label), t);
        const at::Tensor scale = at::full_like(loss, weight / context.batch());
        context.add_gradient(view, t, torch::autograd::grad({loss}, {prediction}, {scale})[0]);
        total.add_(loss.detach().to(at::kDouble), weight);
      }
    }
    return {total, {total / std::max(options_.weight, 1e-300)}};
  }

 private:
  /// `label`: of view 0.
  at::Tensor loss_of_strong_view(const Task& task, const at::Tensor& prediction, const at::Tensor& label) const {
    if (task.extent() == Extent::kPixel) {
      return task.supervised_loss(prediction, views_.mixed(label, task.invalid_label()));
    }
    const at::Tensor labels = views_.pooled(label);
    return views_.by_area(
        [&](const at::Tensor& samples) { return task.supervised_loss(prediction, labels.index_select(0, samples)); });
  }

  Options options_;
  StrongViews views_;
};

const Registered<SupervisedViews> registered;

}  // namespace
}  // namespace jtr
