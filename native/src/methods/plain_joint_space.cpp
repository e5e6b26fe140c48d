// The joint space by ATen operations.
#include <torch/csrc/autograd/autograd.h>

#include "methods/joint_space.h"

namespace jtr {
namespace {

class PlainJointSpace final : public JointSpace {
 public:
  explicit PlainJointSpace(const JointSpaceOptions& options) : options_(options), tasks_(*options.tasks) {}

  at::Tensor stacks(const JointView& view, const StackNoise& noise) const override {
    return both(view, view.prediction, mask(view), noise);
  }

  void stacks_backward(const JointView& view, const StackNoise& noise, const at::Tensor& d,
                       at::Tensor& grad) const override {
    const at::AutoGradMode mode(true);
    const at::Tensor prediction = view.prediction.detach().requires_grad_(true);
    const at::Tensor g = torch::autograd::grad({both(view, prediction, mask(view), noise)}, {prediction}, {d})[0];
    // Predictions of labelled tasks are detached: they get nothing.
    for (size_t t = 0; t < tasks_.size(); ++t) {
      tasks_.prediction(grad, t).add_(tasks_.prediction(g, t) * has_label(view, t).logical_not());
    }
  }

  Reconstruction reconstruction(const JointView& view, const at::Tensor& r, const at::Tensor& stacks,
                                double scale) const override {
    const at::AutoGradMode mode(true);
    const int64_t count = view.prediction.size(0);
    // The losses work channel by channel.
    const at::Tensor leaf = r.detach().contiguous().requires_grad_(true), m = mask(view);
    const at::Tensor r_completion = leaf.narrow(0, 0, count), r_prediction = leaf.narrow(0, count, count);
    at::Tensor loss;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const Task& task = tasks_[t];
      const at::Tensor rc = tasks_.prediction(r_completion, t), rp = tasks_.prediction(r_prediction, t);
      at::Tensor term;
      if (options_.corrected) {
        const at::Tensor encoded = tasks_.prediction(stacks, t);
        term = task.corrected_reconstruction_loss(rc, encoded.narrow(0, 0, count), m) +
               task.corrected_reconstruction_loss(rp, encoded.narrow(0, count, count), m);
      } else {
        const at::Tensor p = tasks_.prediction(view.prediction, t);
        const at::Tensor target = at::where(has_label(view, t), task.label_target(tasks_.label(view.label, t)),
                                            task.completion_target(p, m, noise(view, t, kCompletionTarget2)));
        term = task.reconstruction_loss(rc, target, m) +
               task.reconstruction_loss(rp, task.prediction_target(p, m, noise(view, t, kPredictionTarget2)), m);
      }
      loss = loss.defined() ? loss + term : term;
    }
    return {loss.detach(), torch::autograd::grad({loss}, {leaf}, {at::full_like(loss, scale)})[0]};
  }

 private:
  /// Whether each sample is labelled for task t, to choose between whole maps: bool [b, 1, 1, 1].
  static at::Tensor has_label(const JointView& view, size_t t) {
    return view.labelled.select(1, static_cast<int64_t>(t)).view({-1, 1, 1, 1});
  }

  /// Product of the labelled tasks' validity: [b, 1, H, W].
  at::Tensor mask(const JointView& view) const {
    at::Tensor mask;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const at::Tensor valid =
          tasks_[t].valid(tasks_.label(view.label, t)).logical_or(has_label(view, t).logical_not());
      mask = mask.defined() ? mask.logical_and(valid) : valid;
    }
    return mask.to(view.prediction.scalar_type());
  }

  /// Undefined for tasks without noise and for a plain softmax.
  at::Tensor noise(const JointView& view, size_t t, int64_t slot) const {
    return slot == kernels::kNoNoise ? at::Tensor{} : tasks_.noise(view.noise.select(1, slot), t);
  }

  at::Tensor both(const JointView& view, const at::Tensor& prediction, const at::Tensor& mask,
                  const StackNoise& slots) const {
    std::vector<at::Tensor> completed, predicted;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const at::Tensor p = tasks_.prediction(prediction, t);
      const at::Tensor label =
          tasks_[t].encode_label(tasks_.label(view.label, t), slots.mask_labels ? mask : at::Tensor{});
      completed.push_back(
          at::where(has_label(view, t), label, tasks_[t].encode_prediction(p, mask, noise(view, t, slots.completion))));
      predicted.push_back(tasks_[t].encode_prediction(p, mask, noise(view, t, slots.prediction)));
    }
    return at::cat({at::cat(completed, 1), at::cat(predicted, 1)}).contiguous(options_.format);
  }

  JointSpaceOptions options_;
  const TaskSet& tasks_;
};

}  // namespace

std::unique_ptr<JointSpace> make_plain_joint_space(const JointSpaceOptions& options) {
  return std::make_unique<PlainJointSpace>(options);
}

}  // namespace jtr
