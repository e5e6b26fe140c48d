// The joint space by ATen operations.
#include <torch/csrc/autograd/autograd.h>

#include "methods/joint_space.h"

namespace jtr {
namespace {

class PlainJointSpace final : public JointSpace {
 public:
  PlainJointSpace(const JointSpaceOptions& options, Extent extent)
      : options_(options), tasks_(*options.tasks), extent_(extent), own_(tasks_.of(extent)) {}

  at::Tensor stacks(const JointView& view, const StackNoise& noise) const override {
    return both(view, view.prediction, masks(view), noise);
  }

  void stacks_backward(const JointView& view, const StackNoise& noise, const at::Tensor& d,
                       at::Tensor& grad) const override {
    const at::AutoGradMode mode(true);
    const at::Tensor prediction = view.prediction.detach().requires_grad_(true);
    const at::Tensor g = torch::autograd::grad({both(view, prediction, masks(view), noise)}, {prediction}, {d})[0];
    // Predictions of labelled tasks are detached: they get nothing.
    for (const size_t t : own_) channels(grad, t).add_(channels(g, t) * has_label(view, t).logical_not());
  }

  Reconstruction reconstruction(const JointView& view, const at::Tensor& r, const at::Tensor& stacks,
                                double scale) const override {
    const at::AutoGradMode mode(true);
    const int64_t count = view.prediction.size(0);
    // The losses work channel by channel.
    const at::Tensor leaf = r.detach().contiguous().requires_grad_(true);
    const at::Tensor r_completion = leaf.narrow(0, 0, count), r_prediction = leaf.narrow(0, count, count);
    const std::vector<at::Tensor> all_masks = masks(view);
    at::Tensor loss;
    for (const size_t t : own_) {
      const Task& task = tasks_[t];
      const at::Tensor &m = all_masks[t], rc = channels(r_completion, t), rp = channels(r_prediction, t);
      at::Tensor term;
      if (options_.corrected) {
        const at::Tensor encoded = channels(stacks, t);
        term = task.corrected_reconstruction_loss(rc, encoded.narrow(0, 0, count), m) +
               task.corrected_reconstruction_loss(rp, encoded.narrow(0, count, count), m);
      } else {
        const at::Tensor p = channels(view.prediction, t);
        const at::Tensor target = at::where(has_label(view, t), task.label_target(label(view, t)),
                                            task.completion_target(p, m, noise(view, t, kCompletionTarget2)));
        term = task.reconstruction_loss(rc, target, m) +
               task.reconstruction_loss(rp, task.prediction_target(p, m, noise(view, t, kPredictionTarget2)), m);
      }
      loss = loss.defined() ? loss + term : term;
    }
    return {loss.detach(), torch::autograd::grad({loss}, {leaf}, {at::full_like(loss, scale)})[0]};
  }

 private:
  /// Task t's part of predictions, stacks and reconstructions.
  at::Tensor channels(const at::Tensor& all, size_t t) const {
    return all.narrow(1, tasks_.channel_offset(t), tasks_[t].channels());
  }
  at::Tensor label(const JointView& view, size_t t) const {
    return view.label.narrow(1, tasks_.label_offset(t), tasks_[t].label_channels());
  }

  /// Whether each sample is labelled for task t, to choose between whole maps: bool [b, 1, 1, 1], or [b, 1].
  at::Tensor has_label(const JointView& view, size_t t) const {
    const at::Tensor column = view.labelled.select(1, static_cast<int64_t>(t));
    return extent_ == Extent::kPixel ? column.view({-1, 1, 1, 1}) : column.unsqueeze(1);
  }

  /// Of each task, by its number: of pixels the product of the labelled tasks' validity, [b, 1, H, W], for all of them.
  std::vector<at::Tensor> masks(const JointView& view) const {
    std::vector<at::Tensor> all(tasks_.size());
    const at::ScalarType type = view.prediction.scalar_type();
    at::Tensor product;
    for (const size_t t : own_) {
      const at::Tensor unlabelled = has_label(view, t).logical_not();
      if (extent_ == Extent::kImage) {
        all[t] = tasks_[t].known(label(view, t)).logical_or(unlabelled).to(type);
        continue;
      }
      const at::Tensor valid = tasks_[t].valid(label(view, t)).logical_or(unlabelled);
      product = product.defined() ? product.logical_and(valid) : valid;
    }
    if (!product.defined()) return all;
    const at::Tensor mask = product.to(type);
    for (const size_t t : own_) all[t] = mask;
    return all;
  }

  /// Undefined for tasks without noise and for a plain softmax.
  at::Tensor noise(const JointView& view, size_t t, int64_t slot) const {
    return slot == kernels::kNoNoise ? at::Tensor{} : tasks_.noise(view.noise.select(1, slot), t);
  }

  at::Tensor both(const JointView& view, const at::Tensor& prediction, const std::vector<at::Tensor>& masks,
                  const StackNoise& slots) const {
    std::vector<at::Tensor> completed, predicted;
    for (const size_t t : own_) {
      const at::Tensor p = channels(prediction, t);
      const at::Tensor encoded = tasks_[t].encode_label(label(view, t), slots.mask_labels ? masks[t] : at::Tensor{});
      completed.push_back(at::where(has_label(view, t), encoded,
                                    tasks_[t].encode_prediction(p, masks[t], noise(view, t, slots.completion))));
      predicted.push_back(tasks_[t].encode_prediction(p, masks[t], noise(view, t, slots.prediction)));
    }
    return at::cat({at::cat(completed, 1), at::cat(predicted, 1)}).contiguous(options_.format);
  }

  JointSpaceOptions options_;
  const TaskSet& tasks_;
  Extent extent_;
  const std::vector<size_t>& own_;  // numbers of the tasks that it is of
};

}  // namespace

std::unique_ptr<JointSpace> make_plain_joint_space(const JointSpaceOptions& options) {
  return std::make_unique<PlainJointSpace>(options, Extent::kPixel);
}

std::unique_ptr<JointSpace> make_image_joint_space(const JointSpaceOptions& options) {
  JointSpaceOptions own = options;
  own.format = at::MemoryFormat::Contiguous;  // they are no maps
  return std::make_unique<PlainJointSpace>(own, Extent::kImage);
}

}  // namespace jtr
