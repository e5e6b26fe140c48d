// Uncertainty weighting (Kendall, Gal, Cipolla, CVPR 2018): a learned s = log(variance) for each task, whose loss L
// becomes L / (2 exp(s)) + s / 2. A sample that is not labelled for the task adds nothing, and pulls at s as little.
#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Uncertainty final : public Balancing {
 public:
  static constexpr char kName[] = "uncertainty";
  static constexpr char kSummary[] = "Learns a variance for each task, by which its loss is divided.";
  static constexpr char kSource[] = "Kendall, Gal, Cipolla, CVPR 2018";
  static constexpr int kPlace = 3;

  struct Options {
    double initial_log_variance = -0.5;
    void visit(OptionVisitor& v) {
      v.number("initial_log_variance", initial_log_variance, any_number(),
               "Where the learned logarithm of each task's variance starts. MTAN's code: -0.5.");
    }
  };

  Uncertainty(const Options& options, const BalancingSetting& setting) : Balancing(setting) {
    log_variance_ = store_.add_parameter("log_variance", {setting.tasks});
    store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
    at::Tensor s = store_.frozen(log_variance_);
    s.fill_(options.initial_log_variance);
  }

  ParameterStore* parameters() override { return &store_; }
  at::Tensor weights(int64_t) const override { return 0.5 * (-store_.frozen(log_variance_)).exp(); }
  at::Tensor offsets() const override { return 0.5 * store_.frozen(log_variance_); }

  void add_gradients(const TaskSums& step) override {
    // d/ds (L / (2 exp(s)) + s / 2) = 1/2 - L / (2 exp(s)) for each labelled sample; mean over samples.
    at::Tensor gradient = store_.flat_gradients();
    gradient.add_((0.5 * step.labelled - weights(0) * step.losses) / step.samples);
  }

 private:
  ParameterStore store_;
  int64_t log_variance_;
};

const Registered<Uncertainty> registered;

}  // namespace
}  // namespace jtr
