// Direct map (Zamir et al. 2020; METHOD section 9): for each unlabelled task s and labelled task t of a sample, a
// learned network maps the prediction of s, in view 1, to t, where t's own loss compares it with the label. The maps
// learn with the network.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "regularizers/pair_networks.h"
#include "regularizers/task_pairs.h"

namespace jtr {
namespace {

class DirectMap final : public Regularizer {
 public:
  explicit DirectMap(const RegularizerOptions& options)
      : tasks_(*options.tasks), weight_(options.direct_map.weight), maps_(options, options.direct_map.width) {}

  int64_t views() const override { return 2; }
  int64_t last_view_with_gradient() const override { return 1; }
  std::vector<OwnNetwork> networks() override { return maps_.networks(); }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                    const std::function<void()>& checkpoint) override {
    const at::AutoGradMode mode(true);
    const at::Tensor& seen = batch.predictions[1];
    at::Tensor total = at::zeros({batch.samples}, seen.options());
    for (const TaskPair& pair : task_pairs(batch, static_cast<int64_t>(tasks_.size()))) {
      checkpoint();
      const size_t s = static_cast<size_t>(pair.source), t = static_cast<size_t>(pair.target);
      const at::Tensor rows = row_indices(pair.samples, seen.device());
      at::Tensor prediction = tasks_.prediction(seen, s).index_select(0, rows).detach();
      prediction.requires_grad_(true);
      const at::Tensor mapped =
          maps_.map(pair.source, pair.target, map_input_of_prediction(tasks_[s], prediction), true);
      const at::Tensor label = tasks_.label(batch.labels[1], t).index_select(0, rows);
      const at::Tensor loss = tasks_[t].supervised_loss(mapped, label);
      torch::autograd::backward({loss.sum() * (weight_ / static_cast<double>(batch.samples))}, {});
      tasks_.prediction(prediction_grad[1], s).index_add_(0, rows, prediction.grad());
      total.index_add_(0, rows, loss.detach());
    }
    return {weight_ * total, total, at::zeros_like(total)};
  }

 private:
  const TaskSet& tasks_;
  double weight_;
  PairNetworks maps_;
};

}  // namespace

std::unique_ptr<Regularizer> make_direct_map(const RegularizerOptions& options) {
  return std::make_unique<DirectMap>(options);
}

}  // namespace jtr
