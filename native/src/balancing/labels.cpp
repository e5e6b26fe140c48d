// Weights by the number of labels: with s_t the share of the samples so far that have task t's label,
//
//   w_t = c s_t^-power,  c so that sum_t w_t s_t = sum_t s_t
//
// A loss is a mean over the batch, in which a task without a label counts 0: with power 1 a task counts as much as any
// other, however rare its labels are. 1 in the first step, and for a task that had no label yet.
#include "balancing/balancing.h"

namespace jtr {
namespace {

class Labels final : public Balancing {
 public:
  static constexpr char kName[] = "labels";
  static constexpr char kSummary[] = "A task counts more the fewer samples have its label.";
  static constexpr int kPlace = 7;

  struct Options {
    double power = 1;
    void visit(OptionVisitor& v) {
      v.number("power", power, within(0, 1),
               "1: each task counts as much as any other; 0: each label counts as much as any other.");
    }
  };

  Labels(const Options& options, const BalancingSetting& setting) : Balancing(setting), power_(options.power) {
    labels_ = store_.add_buffer("labels_seen", {setting.tasks});
    samples_ = store_.add_buffer("samples_seen", {});
    store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  }

  ParameterStore* parameters() override { return &store_; }

  at::Tensor weights(int64_t) const override {
    const at::Tensor& labels = store_.buffer(labels_);
    const at::Tensor share = labels / store_.buffer(samples_).clamp_min(1);
    const at::Tensor seen = labels.gt(0);
    const at::Tensor weight = at::where(seen, share.clamp_min(kLeastShare).pow(-power_), at::zeros_like(share));
    const at::Tensor sum = (weight * share).sum().clamp_min(kLeastShare);
    return at::where(seen, weight * (share.sum() / sum), at::ones_like(share));
  }

  void observe(const TaskSums& step, int64_t) override {
    at::Tensor labels = store_.buffer(labels_), samples = store_.buffer(samples_);
    labels.add_(step.labelled);
    samples.add_(step.samples);
  }

 private:
  static constexpr double kLeastShare = 1e-12;

  double power_;
  ParameterStore store_;
  int64_t labels_, samples_;
};

const Registered<Labels> registered;

}  // namespace
}  // namespace jtr
