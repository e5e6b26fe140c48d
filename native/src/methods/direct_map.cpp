// Direct map (Zamir et al. 2020; as Nishi et al., CVPR 2024, compare with it): for each unlabelled task s and labelled
// task t of a sample, a learned network maps the prediction of s, in view 1, to t, where t's own loss compares it with
// the label. The maps learn with the network. In the task graph t informs s.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "methods/pair_networks.h"
#include "methods/task_pairs.h"
#include "networks/segnet.h"

namespace jtr {
namespace {

class DirectMap final : public Method {
 public:
  static constexpr char kName[] = "direct_map";
  static constexpr char kSummary[] =
      "Learned maps carry predictions of unlabelled tasks to labelled ones, whose labels judge them.";
  static constexpr char kSource[] = "Zamir et al., CVPR 2020";
  static constexpr int kPlace = 4;
  static constexpr int64_t kViews = 2, kMinTasks = 2;
  static Json facts() { return MethodFacts().views(kViews).min_tasks(kMinTasks).json(); }

  using Options = PairMapOptions;

  DirectMap(const Options& options, const MethodSetting& setting)
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
  std::vector<std::string> terms() const override { return {"mapped"}; }
  std::vector<OwnNetwork> networks() override { return maps_.networks(); }

  MethodLoss compute(const MethodContext& context) override {
    const at::AutoGradMode mode(true);
    at::Tensor total = at::zeros({context.samples}, options_of(context));
    for (const TaskPair& pair : task_pairs(context, Informs::kTarget)) {
      context.checkpoint();
      const size_t s = static_cast<size_t>(pair.source), t = static_cast<size_t>(pair.target);
      const at::Tensor rows = row_indices(pair.samples, context.labelled.device());
      at::Tensor prediction = context.prediction(1, s).index_select(0, rows).detach();
      prediction.requires_grad_(true);
      const at::Tensor mapped =
          maps_.map(pair.source, pair.target, map_input_of_prediction(tasks_[s], prediction), true);
      const at::Tensor label = context.label(1, t).index_select(0, rows);
      const at::Tensor loss = tasks_[t].supervised_loss(mapped, label);
      torch::autograd::backward({loss.sum() * (pair.weight * weight_ / context.batch())}, {});
      context.gradient(1, s).index_add_(0, rows, prediction.grad());
      total.index_add_(0, rows, loss.detach(), pair.weight);
    }
    return {weight_ * total, {total}};
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

const Registered<DirectMap> registered;

}  // namespace
}  // namespace jtr
