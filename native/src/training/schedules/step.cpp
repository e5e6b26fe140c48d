#include <cmath>

#include "training/schedules/schedule.h"

namespace jtr {
namespace {

class Step final : public Schedule {
 public:
  static constexpr char kName[] = "step";
  static constexpr char kSummary[] = "The rate is multiplied by decay_factor after every decay_steps steps.";
  static constexpr int kPlace = 1;

  struct Options : ScheduleOptions {
    int64_t decay_steps = 0;
    double decay_factor = 0.5;
    void visit(OptionVisitor& v) {
      v.integer("decay_steps", decay_steps, at_least(0),
                "Steps after which the rate falls, again and again; 0 keeps it.");
      v.number("decay_factor", decay_factor, above_to(0, 1), "What the rate is multiplied by. Published: 0.5.");
      ScheduleOptions::visit(v);
    }
  };

  Step(const Options& options, const ScheduleSetting&) : Schedule(options), options_(options) {}

 protected:
  double plain_factor(int64_t step) const override {
    if (options_.decay_steps == 0) return 1;
    return std::pow(options_.decay_factor, static_cast<double>(step / options_.decay_steps));
  }

 private:
  Options options_;
};

const Registered<Step> registered;

}  // namespace
}  // namespace jtr
