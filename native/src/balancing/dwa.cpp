// Dynamic weight average (Liu, Johns, Davison, CVPR 2019): the weight of a task is K softmax(r / T), r the ratio of its
// mean losses in the last period (an epoch, as published) and in the one before; 1 during the first two periods, and
// for a task that had no label in one of them.
#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Dwa final : public Balancing {
 public:
  static constexpr char kName[] = "dwa";
  static constexpr char kSummary[] = "Dynamic weight average: a task that learns slowly counts more.";
  static constexpr char kSource[] = "Liu, Johns, Davison, CVPR 2019";
  static constexpr int kPlace = 4;

  struct Options {
    double temperature = 2;
    int64_t period_steps = 1;
    void visit(OptionVisitor& v) {
      v.number("temperature", temperature, above(0), "Temperature of the softmax. Published: 2.");
      v.integer("period_steps", period_steps, at_least(1),
                "Steps over which losses are averaged. Published: those of an epoch.");
    }
  };

  Dwa(const Options& options, const BalancingSetting& setting)
      : Balancing(setting), temperature_(options.temperature), period_(options.period_steps) {
    const int64_t tasks = setting.tasks;
    sum_ = store_.add_buffer("loss_sum", {tasks});
    count_ = store_.add_buffer("label_count", {tasks});
    last_ = store_.add_buffer("last_mean", {tasks});
    before_ = store_.add_buffer("mean_before", {tasks});
    store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  }

  ParameterStore* parameters() override { return &store_; }

  at::Tensor weights(int64_t) const override {
    const at::Tensor &last = store_.buffer(last_), &before = store_.buffer(before_);
    // A mean of 0 says that there is none yet.
    const at::Tensor known = last.gt(0).logical_and(before.gt(0));
    const at::Tensor ratio = at::where(known, last / before, at::ones_like(last));
    return at::softmax(ratio / temperature_, 0) * static_cast<double>(last.numel());
  }

  void observe(const TaskSums& step, int64_t steps_done) override {
    at::Tensor sum = store_.buffer(sum_), count = store_.buffer(count_), last = store_.buffer(last_),
               before = store_.buffer(before_);
    sum.add_(step.losses);
    count.add_(step.labelled);
    if (steps_done % period_ != 0) return;
    before.copy_(last);
    last.copy_(sum / count.clamp_min(1));
    sum.zero_();
    count.zero_();
  }

 private:
  double temperature_;
  int64_t period_;
  ParameterStore store_;
  int64_t sum_, count_, last_, before_;
};

const Registered<Dwa> registered;

}  // namespace
}  // namespace jtr
