// Adam and the schedule of its rate, as jtr_adam_options.
#pragma once

#include <cstdint>

#include "jtr/jtr.h"

namespace jtr {

struct AdamOptions {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  int64_t decay_steps;  // step: 0 for a constant rate; cosine: where it ends
  double decay_factor;
  jtr_schedule schedule = JTR_SCHEDULE_STEP;
  int64_t warmup_steps = 0;
  double final_factor = 0;  // cosine
};

}  // namespace jtr
