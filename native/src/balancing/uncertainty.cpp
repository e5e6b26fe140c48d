// Uncertainty weighting (Kendall, Gal, Cipolla, CVPR 2018): a learned s = log(variance) for each task, whose loss L
// becomes L / (2 exp(s)) + s / 2. A sample that is not labelled for the task adds nothing, and pulls at s as little.
#include <cmath>

#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Uncertainty final : public Balancing {
 public:
  Uncertainty(int64_t tasks, double initial) {
    log_variance_ = store_.add_parameter("log_variance", {tasks});
    store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
    at::Tensor s = store_.frozen(log_variance_);
    s.fill_(initial);
  }

  ParameterStore* parameters() override { return &store_; }
  at::Tensor weights(int64_t) const override { return 0.5 * (-store_.frozen(log_variance_)).exp(); }
  at::Tensor offsets() const override { return 0.5 * store_.frozen(log_variance_); }

  void add_gradients(const TaskLosses& step) override {
    // d/ds (L / (2 exp(s)) + s / 2) = 1/2 - L / (2 exp(s)) for each labelled sample; mean over samples.
    at::Tensor gradient = store_.flat_gradients();
    gradient.add_((0.5 * step.labelled - weights(0) * step.losses).mean(0));
  }

 private:
  ParameterStore store_;
  int64_t log_variance_;
};

}  // namespace

std::unique_ptr<Balancing> make_uncertainty(const BalancingOptions& options, int64_t tasks, uint64_t) {
  require(std::isfinite(options.initial_log_variance), "balancing.initial_log_variance", "must be finite, not ",
          options.initial_log_variance);
  return std::make_unique<Uncertainty>(tasks, options.initial_log_variance);
}

}  // namespace jtr
