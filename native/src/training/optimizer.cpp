#include "training/optimizer.h"

#include <cmath>

#include "kernels/adam.h"

namespace jtr {

double scheduled_rate(const AdamOptions& options, int64_t step) {
  if (options.decay_steps <= 0) return options.learning_rate;
  return options.learning_rate * std::pow(options.decay_factor, static_cast<double>(step / options.decay_steps));
}

Adam::Adam(ParameterStore& store, const AdamOptions& options)
    : store_(store),
      options_(options),
      exp_avg_(at::zeros_like(store.flat_parameters())),
      exp_avg_sq_(at::zeros_like(store.flat_parameters())) {}

void Adam::update(int64_t step) {
  const double n = static_cast<double>(step + 1);
  kernels::AdamFactors factors{};
  factors.beta1 = options_.beta1;
  factors.beta2 = options_.beta2;
  factors.epsilon = options_.epsilon;
  factors.step_size = scheduled_rate(options_, step) / (1 - std::pow(options_.beta1, n));
  factors.sqrt_correction2 = std::sqrt(1 - std::pow(options_.beta2, n));
  at::Tensor p = store_.flat_parameters();
  kernels::adam(p, store_.flat_gradients(), exp_avg_, exp_avg_sq_, factors);
}

}  // namespace jtr
