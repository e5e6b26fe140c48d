// Adam's update and its two moments, for Adam and AdamW.
#pragma once

#include "training/optimizers/optimizer.h"

namespace jtr {

struct AdamOptions : OptimizerOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  void visit(OptionVisitor& v) {
    OptimizerOptions::visit(v);
    v.number("beta1", beta1, below(0, 1), "Decay of the mean of gradients. Published: 0.9.");
    v.number("beta2", beta2, below(0, 1), "Decay of the mean of squared gradients. Published: 0.999.");
    v.number("epsilon", epsilon, above(0), "Keeps the division finite. Published: 1e-8.");
  }
};

class AdamBase : public Optimizer {
 public:
  AdamBase(const AdamOptions& options, const OptimizerSetting& setting);

  std::vector<State> state() const override { return {{"adam.exp_avg", exp_avg_}, {"adam.exp_avg_sq", exp_avg_sq_}}; }

 protected:
  /// p -= rate m^ / (sqrt(v^) + epsilon), with m^ and v^ the moments corrected for their start at 0.
  void update_range(int64_t begin, int64_t elements, double rate, int64_t step) override;

 private:
  AdamOptions options_;
  at::Tensor exp_avg_, exp_avg_sq_;
};

}  // namespace jtr
