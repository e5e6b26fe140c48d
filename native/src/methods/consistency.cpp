// Consistency: for tasks that a sample is not labelled for, the prediction of view 1 must agree with view 0's, cut and
// enlarged as view 1 was cut out of view 0. View 0's prediction is the target and gets no gradient.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "methods/method.h"

namespace jtr {
namespace {

/// What the crops hold of a view.
enum CropField : int64_t { kScale, kTop, kLeft, kHeight, kWidth, kMirrored };

class Consistency final : public Method {
 public:
  static constexpr char kName[] = "consistency";
  static constexpr char kSummary[] = "Predictions of two views of an unlabelled task must agree.";
  static constexpr int kPlace = 3;
  static constexpr int64_t kViews = 2;
  static Json facts() {
    return MethodFacts().views(kViews).uses_unlabelled("uses them: its predictions of two views have to agree").json();
  }

  struct Options {
    double weight = 1, temperature = 1;
    void visit(OptionVisitor& v) {
      v.number("weight", weight, a_weight(), "Weight of the term.");
      v.number("temperature", temperature, above(0), "What the logits of classes and tags are divided by.");
    }
  };

  Consistency(const Options& options, const MethodSetting&) : options_(options) {}

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = kViews;
    needs.last_view_with_gradient = 1;
    needs.crops = true;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"agreement"}; }

  MethodLoss compute(const MethodContext& context) override {
    const at::Tensor crop = context.crops[1];  // [B, 6]
    at::Tensor total;
    for (size_t t = 0; t < context.tasks->size(); ++t) {
      context.checkpoint();
      const Task& task = (*context.tasks)[t];
      at::Tensor target;
      {
        const at::NoGradGuard no_grad;
        target = task.prediction_as_target(context.prediction(0, t), options_.temperature);
        if (task.extent() == Extent::kPixel) target = cut_out(task, target, crop);
      }
      const at::AutoGradMode mode(true);
      const at::Tensor prediction = context.tracked(1, t);
      const at::Tensor loss = task.agreement_loss(prediction, target, options_.temperature) * context.unlabelled(t);
      const at::Tensor weight = at::full_like(loss, options_.weight / context.batch());
      context.add_gradient(1, t, torch::autograd::grad({loss}, {prediction}, {weight})[0]);
      total = total.defined() ? total + loss.detach() : loss.detach();
    }
    return {options_.weight * total, {total}};
  }

 private:
  static constexpr int64_t kBilinear = 0, kBorder = 1;

  /// View 0's target as view 1 sees it.
  static at::Tensor cut_out(const Task& task, const at::Tensor& whole, const at::Tensor& crop) {
    const at::Tensor grid = sampling_grid(crop, whole.size(2), whole.size(3)).to(whole.options());
    const auto column = [&](CropField field) { return crop.select(1, field).view({-1, 1, 1, 1}).to(whole.options()); };
    return task.enlarged(at::grid_sampler_2d(whole, grid, kBilinear, kBorder, true), column(kScale), column(kMirrored));
  }

  /// Where in view 0, in [-1, 1] from side to side, each pixel of the cut-out view comes from: [B, H, W, 2] (x, y).
  static at::Tensor sampling_grid(const at::Tensor& crop, int64_t height, int64_t width) {
    auto places = [&crop](CropField first, CropField length, int64_t size) {
      const at::Tensor along = at::linspace(0, 1, size, crop.options()).view({1, size});
      return crop.select(1, first).view({-1, 1}) + along * (crop.select(1, length).view({-1, 1}) - 1);
    };
    const at::Tensor y = places(kTop, kHeight, height);
    at::Tensor x = places(kLeft, kWidth, width);
    x = at::where(crop.select(1, kMirrored).view({-1, 1}).ne(0), static_cast<double>(width - 1) - x, x);
    const std::vector<int64_t> sizes = {crop.size(0), height, width};
    const at::Tensor gx = (x * (2.0 / static_cast<double>(width - 1)) - 1).unsqueeze(1).expand(sizes);
    const at::Tensor gy = (y * (2.0 / static_cast<double>(height - 1)) - 1).unsqueeze(2).expand(sizes);
    return at::stack({gx, gy}, 3);
  }

  Options options_;
};

const Registered<Consistency> registered;

}  // namespace
}  // namespace jtr
