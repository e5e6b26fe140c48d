// Weights by progress: with r_t the running mean of task t's loss over the mean of its first labels,
//
//   w_t = K r_t^power / sum_j r_j^power
//
// so that a task which has come less far counts more. r is the loss ratio of GradNorm (Chen et al., ICML 2018, section
// 3.2); here it weighs the losses themselves, and no gradient is measured. r is 1 until a task has had its first
// labels.
#include "balancing/balancing.h"

namespace jtr {
namespace {

class Progress final : public Balancing {
 public:
  static constexpr char kName[] = "progress";
  static constexpr char kSummary[] = "A task counts more the less its loss has fallen since its start.";
  static constexpr char kSource[] = "loss ratio of Chen et al., ICML 2018, section 3.2";
  static constexpr int kPlace = 8;

  struct Options {
    double power = 1;
    double momentum = 0.99;
    int64_t start_labels = 32;
    void visit(OptionVisitor& v) {
      v.number("power", power, at_least(0),
               "0: all tasks count alike; the higher, the more those count that are behind.");
      v.number("momentum", momentum, below(0, 1),
               "Decay of the running mean of a task's loss, for each of its labels.");
      v.integer("start_labels", start_labels, at_least(1), "Labels whose mean loss is the task's start, at least.");
    }
  };

  Progress(const Options& options, const BalancingSetting& setting) : Balancing(setting), options_(options) {
    start_ = store_.add_buffer("start_sum", {setting.tasks});
    labels_ = store_.add_buffer("start_labels", {setting.tasks});
    mean_ = store_.add_buffer("running_mean", {setting.tasks});
    store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  }

  ParameterStore* parameters() override { return &store_; }

  at::Tensor weights(int64_t) const override {
    const at::Tensor &sum = store_.buffer(start_), &labels = store_.buffer(labels_), &mean = store_.buffer(mean_);
    const at::Tensor begun = labels.ge(static_cast<double>(options_.start_labels)).logical_and(sum.gt(0));
    const at::Tensor ratio = at::where(begun, mean * labels / sum, at::ones_like(mean)).clamp_min(kLeast);
    const at::Tensor power = ratio.pow(options_.power);
    return power * (static_cast<double>(power.numel()) / power.sum());
  }

  void observe(const TaskSums& step, int64_t) override {
    at::Tensor sum = store_.buffer(start_), labels = store_.buffer(labels_), mean = store_.buffer(mean_);
    const at::Tensor starting = labels.lt(static_cast<double>(options_.start_labels)).to(at::kDouble);
    sum.add_(step.losses * starting);
    labels.add_(step.labelled * starting);
    // The running mean begins as that of the start; a step of n labels leaves momentum^n of it.
    const at::Tensor kept = at::pow(options_.momentum, step.labelled);
    const at::Tensor now = step.losses / step.labelled.clamp_min(1);
    mean.copy_(at::where(starting.gt(0), sum / labels.clamp_min(1), kept * mean + (1 - kept) * now));
  }

 private:
  static constexpr double kLeast = 1e-12;  // a loss of 0 is all the progress there can be

  Options options_;
  ParameterStore store_;
  int64_t start_, labels_, mean_;
};

const Registered<Progress> registered;

}  // namespace
}  // namespace jtr
