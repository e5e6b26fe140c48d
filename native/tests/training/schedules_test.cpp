// Schedules against their formulas.
#include "support.h"
#include "training/schedules/schedule.h"

namespace jtr {
namespace {

double rate(const Variant& schedule, double learning_rate, int64_t step) {
  return learning_rate * Schedule::registry().make(schedule, {})->factor(step);
}

TEST(Schedule, TheRateHalvesAfterEveryPeriod) {
  const Variant schedule = Variant::of("step", {{"decay_steps", 200}, {"decay_factor", 0.5}});
  EXPECT_EQ(rate(schedule, 1e-4, 0), 1e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 199), 1e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 200), 0.5e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 400), 0.25e-4);
}

TEST(Schedule, ACosineFallsFromTheEndOfTheWarmUpToItsLastFactor) {
  const Variant schedule = Variant::of("cosine", {{"decay_steps", 110}, {"warmup_steps", 10}, {"final_factor", 0.1}});
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 0), 1e-3);  // a tenth of the way up
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 9), 1e-2);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 10), 1e-2);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 60), 0.55e-2);  // half way: the mean of 1 and 0.1
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 110), 1e-3);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 100000), 1e-3);
}

TEST(Schedule, AConstantRateStaysAndAWarmUpGoesBeforeEverySchedule) {
  const Variant constant = Variant::of("constant", {{"warmup_steps", 4}});
  EXPECT_DOUBLE_EQ(rate(constant, 1e-2, 1), 0.5e-2);
  EXPECT_DOUBLE_EQ(rate(constant, 1e-2, 1000), 1e-2);
  const Variant step = Variant::of("step", {{"decay_steps", 5}, {"decay_factor", 0.5}, {"warmup_steps", 4}});
  EXPECT_DOUBLE_EQ(rate(step, 1e-2, 1), 0.5e-2);
  EXPECT_DOUBLE_EQ(rate(step, 1e-2, 5), 0.5e-2);
}

}  // namespace
}  // namespace jtr
