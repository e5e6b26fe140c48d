// Adam and its step schedule, as jtr_adam_options.
#pragma once

#include <cstdint>

namespace jtr {

struct AdamOptions {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  int64_t decay_steps;  // 0: constant
  double decay_factor;
};

}  // namespace jtr
