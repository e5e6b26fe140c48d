// Consistency (METHOD section 9): for tasks that a sample is not labelled for, the prediction of view 1 must agree with
// view 0's, cut and enlarged as view 1 was cut out of view 0. View 0's prediction is the target and gets no gradient.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "regularizers/regularizer.h"

namespace jtr {
namespace {

/// What jtr_batch.crops holds of a view.
enum CropField : int64_t { kScale, kTop, kLeft, kHeight, kWidth, kMirrored };

class Consistency final : public Regularizer {
 public:
  explicit Consistency(const RegularizerOptions& options) : tasks_(*options.tasks), options_(options.consistency) {}

  int64_t views() const override { return 2; }
  int64_t last_view_with_gradient() const override { return 1; }
  bool needs_crops() const override { return true; }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                    const std::function<void()>& checkpoint) override {
    const at::Tensor& seen = batch.predictions[0];
    const at::Tensor crop = batch.crops[1];  // [B, 6]
    const at::Tensor grid = sampling_grid(crop, seen.size(2), seen.size(3)).to(seen.options());
    const at::Tensor scale = column(crop, kScale).to(seen.options()),
                     mirrored = column(crop, kMirrored).to(seen.options());
    at::Tensor total = at::zeros({batch.samples}, seen.options());
    for (size_t t = 0; t < tasks_.size(); ++t) {
      checkpoint();
      const at::Tensor unlabelled = batch.labelled.select(1, static_cast<int64_t>(t)).logical_not();
      at::Tensor target;
      {
        const at::NoGradGuard no_grad;
        const at::Tensor whole = tasks_[t].prediction_as_target(softened(seen, t));
        target = tasks_[t].enlarged(at::grid_sampler_2d(whole, grid, kBilinear, kBorder, true), scale, mirrored);
      }
      const at::AutoGradMode mode(true);
      at::Tensor prediction = tasks_.prediction(batch.predictions[1], t).detach();
      prediction.requires_grad_(true);
      const at::Tensor logits =
          tasks_[t].spec().kind == JTR_TASK_KIND_SEGMENTATION ? prediction / options_.temperature : prediction;
      const at::Tensor loss = tasks_[t].agreement_loss(logits, target) * unlabelled;
      const at::Tensor weight = at::full_like(loss, options_.weight / static_cast<double>(batch.samples));
      tasks_.prediction(prediction_grad[1], t).add_(torch::autograd::grad({loss}, {prediction}, {weight})[0]);
      total.add_(loss.detach());
    }
    return {options_.weight * total, total, at::zeros_like(total)};
  }

 private:
  static constexpr int64_t kBilinear = 0, kBorder = 1;

  static at::Tensor column(const at::Tensor& crop, CropField field) {
    return crop.select(1, field).view({-1, 1, 1, 1});
  }

  at::Tensor softened(const at::Tensor& stack, size_t t) const {
    const at::Tensor p = tasks_.prediction(stack, t);
    return tasks_[t].spec().kind == JTR_TASK_KIND_SEGMENTATION ? p / options_.temperature : p;
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

  const TaskSet& tasks_;
  ConsistencyOptions options_;
};

}  // namespace

std::unique_ptr<Regularizer> make_consistency(const RegularizerOptions& options) {
  return std::make_unique<Consistency>(options);
}

}  // namespace jtr
