// Perceptual map (Zamir et al. 2020; as Nishi et al., CVPR 2024, compare with it): for each unlabelled task s and
// labelled task t of a sample, a learned network maps t's domain into s's. What it makes of the prediction of t, in
// view 1, must agree with what it makes of the label of t: its weights and the label's side are held fixed there. It
// learns by mapping the label of t to the prediction of s, which is held fixed. In the task graph s informs t.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "methods/pair_networks.h"
#include "methods/task_pairs.h"
#include "networks/segnet.h"

namespace jtr {
namespace {

class PerceptualMap final : public Method {
 public:
  static constexpr char kName[] = "perceptual_map";
  static constexpr char kSummary[] = "What a learned map makes of a prediction and of the label must agree.";
  static constexpr char kSource[] = "Zamir et al., CVPR 2020";
  static constexpr int kPlace = 5;
  static constexpr int64_t kViews = 2, kMinTasks = 2;
  static Json facts() { return MethodFacts().views(kViews).min_tasks(kMinTasks).json(); }

  using Options = PairMapOptions;

  PerceptualMap(const Options& options, const MethodSetting& setting)
      : tasks_(*setting.tasks),
        weight_(options.weight),
        maps_(checked(setting), width_or(options.width, *setting.network)) {}

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = kViews;
    needs.stride = SegNet::kStride;
    needs.last_view_with_gradient = 1;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"perceptual", "map"}; }
  std::vector<OwnNetwork> networks() override { return maps_.networks(); }

  MethodLoss compute(const MethodContext& context) override {
    const at::AutoGradMode mode(true);
    at::Tensor perceptual = at::zeros({context.samples}, options_of(context)), learning = at::zeros_like(perceptual);
    const double weight = weight_ / context.batch();
    for (const TaskPair& pair : task_pairs(context, Informs::kSource)) {
      context.checkpoint();
      const size_t s = static_cast<size_t>(pair.source), t = static_cast<size_t>(pair.target);
      const at::Tensor rows = row_indices(pair.samples, context.labelled.device());
      const at::Tensor label = context.label(1, t).index_select(0, rows);
      const at::Tensor of_label = maps_.map(pair.target, pair.source, map_input_of_label(tasks_[t], label), true);
      const at::Tensor wanted = tasks_[s].prediction_as_target(context.prediction(1, s).index_select(0, rows)).detach();
      const at::Tensor map_loss = tasks_[s].agreement_loss(of_label, wanted);
      torch::autograd::backward({map_loss.sum() * (pair.weight * weight)}, {});

      context.checkpoint();
      at::Tensor prediction = context.prediction(1, t).index_select(0, rows).detach();
      prediction.requires_grad_(true);
      const at::Tensor of_prediction =
          maps_.map(pair.target, pair.source, map_input_of_prediction(tasks_[t], prediction), false);
      const at::Tensor loss =
          tasks_[s].agreement_loss(of_prediction, tasks_[s].prediction_as_target(of_label.detach()));
      const at::Tensor scale = at::full_like(loss, pair.weight * weight);
      const at::Tensor g = torch::autograd::grad({loss}, {prediction}, {scale})[0];
      context.gradient(1, t).index_add_(0, rows, g);
      perceptual.index_add_(0, rows, loss.detach(), pair.weight);
      learning.index_add_(0, rows, map_loss.detach(), pair.weight);
    }
    return {weight_ * (perceptual + learning), {perceptual, learning}};
  }

 private:
  static const MethodSetting& checked(const MethodSetting& setting) {
    require_tasks(kName, setting, kMinTasks);
    require_joint_space(kName, setting);
    return setting;
  }
  static at::TensorOptions options_of(const MethodContext& context) { return context.predictions[1].planes.options(); }

  const TaskSet& tasks_;
  double weight_;
  PairNetworks maps_;
};

const Registered<PerceptualMap> registered;

}  // namespace
}  // namespace jtr
