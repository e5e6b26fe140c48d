#include "training/optimizer.h"

#include <algorithm>
#include <cmath>

#include "error.h"
#include "kernels/adam.h"

namespace jtr {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

double scheduled_rate(const AdamOptions& options, int64_t step) {
  double factor = 1;
  if (options.schedule == JTR_SCHEDULE_STEP && options.decay_steps > 0) {
    factor = std::pow(options.decay_factor, static_cast<double>(step / options.decay_steps));
  } else if (options.schedule == JTR_SCHEDULE_COSINE) {
    const double done = static_cast<double>(step - options.warmup_steps);
    const double part = std::clamp(done / static_cast<double>(options.decay_steps - options.warmup_steps), 0.0, 1.0);
    factor = options.final_factor + (1 - options.final_factor) * 0.5 * (1 + std::cos(kPi * part));
  }
  // From the first step on: a rate of 0 would waste it.
  if (step < options.warmup_steps) {
    factor *= static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  }
  return options.learning_rate * factor;
}

Adam::Adam(ParameterStore& store, const AdamOptions& options)
    : store_(store),
      options_(options),
      exp_avg_(at::zeros_like(store.flat_parameters())),
      exp_avg_sq_(at::zeros_like(store.flat_parameters())) {}

void Adam::update(int64_t step) {
  // The corrections would divide by zero.
  if (step < 0) throw Error(JTR_STATUS_INTERNAL, text("Adam was asked for its update ", step, "; the first is 0"));
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
