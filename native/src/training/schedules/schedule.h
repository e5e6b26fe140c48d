// How the learning rate changes from step to step. One file a schedule; each registers itself.
#pragma once

#include <cstdint>

#include "options/registry.h"

namespace jtr {

/// Options of every schedule.
struct ScheduleOptions {
  int64_t warmup_steps = 0;
  void visit(OptionVisitor& v) {
    v.integer("warmup_steps", warmup_steps, at_least(0),
              "Steps over which the rate rises linearly to what the schedule says.");
  }
};

struct ScheduleSetting {};

class Schedule {
 public:
  explicit Schedule(const ScheduleOptions& options) : warmup_steps_(options.warmup_steps) {}
  virtual ~Schedule() = default;

  static Registry<Schedule, ScheduleSetting>& registry();

  /// What the rate is multiplied by in a step (0 for the first).
  double factor(int64_t step) const;

 protected:
  int64_t warmup_steps() const { return warmup_steps_; }
  /// The factor without the warm-up's.
  virtual double plain_factor(int64_t step) const = 0;

 private:
  int64_t warmup_steps_;
};

}  // namespace jtr
