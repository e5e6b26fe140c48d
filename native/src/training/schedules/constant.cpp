#include "training/schedules/schedule.h"

namespace jtr {
namespace {

class Constant final : public Schedule {
 public:
  static constexpr char kName[] = "constant";
  static constexpr char kSummary[] = "The rate stays as it is after the warm-up.";
  static constexpr int kPlace = 3;
  using Options = ScheduleOptions;

  Constant(const Options& options, const ScheduleSetting&) : Schedule(options) {}

 protected:
  double plain_factor(int64_t) const override { return 1; }
};

const Registered<Constant> registered;

}  // namespace
}  // namespace jtr
