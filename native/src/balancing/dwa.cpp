// Dynamic weight average (Liu, Johns, Davison, CVPR 2019): the weight of a task is K softmax(r / T), r the ratio of its
// mean losses in the last period (an epoch, as published) and in the one before; 1 during the first two periods, and
// for a task that had no label in one of them.
#include <cmath>

#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Dwa final : public Balancing {
 public:
  Dwa(int64_t tasks, double temperature, int64_t period) : temperature_(temperature), period_(period) {
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

  void observe(const TaskLosses& step, int64_t steps_done) override {
    at::Tensor sum = store_.buffer(sum_), count = store_.buffer(count_), last = store_.buffer(last_),
               before = store_.buffer(before_);
    sum.add_(step.losses.sum(0));
    count.add_(step.labelled.sum(0));
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

}  // namespace

std::unique_ptr<Balancing> make_dwa(const BalancingOptions& options, int64_t tasks, uint64_t) {
  require(options.temperature > 0 && std::isfinite(options.temperature), "balancing.temperature",
          "must be a finite number above 0, not ", options.temperature);
  require(options.period_steps >= 1, "balancing.period_steps", "must be 1 or more, not ", options.period_steps);
  return std::make_unique<Dwa>(tasks, options.temperature, options.period_steps);
}

}  // namespace jtr
