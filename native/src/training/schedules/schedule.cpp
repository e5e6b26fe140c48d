#include "training/schedules/schedule.h"

namespace jtr {

Registry<Schedule, ScheduleSetting>& Schedule::registry() {
  static Registry<Schedule, ScheduleSetting> all("schedule", "name");
  return all;
}

double Schedule::factor(int64_t step) const {
  const double factor = plain_factor(step);
  // From the first step on: a rate of 0 would waste it.
  return step < warmup_steps_ ? factor * (static_cast<double>(step + 1) / static_cast<double>(warmup_steps_)) : factor;
}

}  // namespace jtr
