// Perceptual map (Zamir et al. 2020; METHOD section 9): for each unlabelled task s and labelled task t of a sample, a
// learned network maps t's domain into s's. What it makes of the prediction of t, in view 1, must agree with what it
// makes of the label of t: its weights and the label's side are held fixed there. It learns by mapping the label of t
// to the prediction of s, which is held fixed.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "regularizers/pair_networks.h"
#include "regularizers/task_pairs.h"

namespace jtr {
namespace {

class PerceptualMap final : public Regularizer {
 public:
  explicit PerceptualMap(const RegularizerOptions& options)
      : tasks_(*options.tasks), weight_(options.perceptual_map.weight), maps_(options, options.perceptual_map.width) {}

  int64_t views() const override { return 2; }
  int64_t last_view_with_gradient() const override { return 1; }
  std::vector<OwnNetwork> networks() override { return maps_.networks(); }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                    const std::function<void()>& checkpoint) override {
    const at::AutoGradMode mode(true);
    const at::Tensor& seen = batch.predictions[1];
    at::Tensor perceptual = at::zeros({batch.samples}, seen.options()), learning = at::zeros_like(perceptual);
    const double weight = weight_ / static_cast<double>(batch.samples);
    for (const TaskPair& pair : task_pairs(batch, static_cast<int64_t>(tasks_.size()))) {
      checkpoint();
      const size_t s = static_cast<size_t>(pair.source), t = static_cast<size_t>(pair.target);
      const at::Tensor rows = row_indices(pair.samples, seen.device());
      const at::Tensor label = tasks_.label(batch.labels[1], t).index_select(0, rows);
      const at::Tensor of_label = maps_.map(pair.target, pair.source, map_input_of_label(tasks_[t], label), true);
      const at::Tensor wanted =
          tasks_[s].prediction_as_target(tasks_.prediction(seen, s).index_select(0, rows)).detach();
      const at::Tensor map_loss = tasks_[s].agreement_loss(of_label, wanted);
      torch::autograd::backward({map_loss.sum() * weight}, {});

      checkpoint();
      at::Tensor prediction = tasks_.prediction(seen, t).index_select(0, rows).detach();
      prediction.requires_grad_(true);
      const at::Tensor of_prediction =
          maps_.map(pair.target, pair.source, map_input_of_prediction(tasks_[t], prediction), false);
      const at::Tensor loss =
          tasks_[s].agreement_loss(of_prediction, tasks_[s].prediction_as_target(of_label.detach()));
      const at::Tensor scale = at::full_like(loss, weight);
      const at::Tensor g = torch::autograd::grad({loss}, {prediction}, {scale})[0];
      tasks_.prediction(prediction_grad[1], t).index_add_(0, rows, g);
      perceptual.index_add_(0, rows, loss.detach());
      learning.index_add_(0, rows, map_loss.detach());
    }
    return {weight_ * (perceptual + learning), perceptual, learning};
  }

 private:
  const TaskSet& tasks_;
  double weight_;
  PairNetworks maps_;
};

}  // namespace

std::unique_ptr<Regularizer> make_perceptual_map(const RegularizerOptions& options) {
  return std::make_unique<PerceptualMap>(options);
}

}  // namespace jtr
