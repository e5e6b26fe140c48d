#include "training/optimizers/adam.h"

#include <cmath>

#include "kernels/adam.h"

namespace jtr {

AdamBase::AdamBase(const AdamOptions& options, const OptimizerSetting& setting)
    : Optimizer(setting, options),
      options_(options),
      exp_avg_(at::zeros_like(store().flat_parameters())),
      exp_avg_sq_(at::zeros_like(store().flat_parameters())) {}

void AdamBase::update_range(int64_t begin, int64_t elements, double rate, int64_t step) {
  const double n = static_cast<double>(step + 1);
  kernels::AdamFactors factors{};
  factors.beta1 = options_.beta1;
  factors.beta2 = options_.beta2;
  factors.epsilon = options_.epsilon;
  factors.step_size = rate / (1 - std::pow(options_.beta1, n));
  factors.sqrt_correction2 = std::sqrt(1 - std::pow(options_.beta2, n));
  const auto range = [&](const at::Tensor& flat) { return flat.narrow(0, begin, elements); };
  at::Tensor p = range(store().flat_parameters()), m = range(exp_avg_), v = range(exp_avg_sq_);
  kernels::adam(p, range(store().flat_gradients()), m, v, factors);
}

namespace {

class Adam final : public AdamBase {
 public:
  static constexpr char kName[] = "adam";
  static constexpr char kSummary[] = "Adam.";
  static constexpr char kSource[] = "Kingma and Ba, ICLR 2015";
  static constexpr int kPlace = 1;
  using Options = AdamOptions;

  using AdamBase::AdamBase;
};

const Registered<Adam> registered;

}  // namespace
}  // namespace jtr
