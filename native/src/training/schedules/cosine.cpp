#include <algorithm>
#include <cmath>

#include "training/schedules/schedule.h"

namespace jtr {
namespace {

constexpr double kPi = 3.14159265358979323846;

class Cosine final : public Schedule {
 public:
  static constexpr char kName[] = "cosine";
  static constexpr char kSummary[] = "Half a cosine from the end of the warm-up to step decay_steps.";
  static constexpr char kSource[] = "Loshchilov and Hutter, ICLR 2017, without restarts";
  static constexpr int kPlace = 2;

  struct Options : ScheduleOptions {
    int64_t decay_steps = 1;
    double final_factor = 0;
    void visit(OptionVisitor& v) {
      v.integer("decay_steps", decay_steps, at_least(1), "The step at which it ends, above warmup_steps.");
      v.number("final_factor", final_factor, within(0, 1), "What the rate ends at, as a part of itself.");
      ScheduleOptions::visit(v);
    }
    void check(const std::string& path) const {
      require(decay_steps > warmup_steps, join_path(path, "decay_steps").c_str(), "must be above warmup_steps (",
              warmup_steps, "), not ", decay_steps);
    }
  };

  Cosine(const Options& options, const ScheduleSetting&) : Schedule(options), options_(options) {}

 protected:
  double plain_factor(int64_t step) const override {
    const double done = static_cast<double>(step - warmup_steps());
    const double part = std::clamp(done / static_cast<double>(options_.decay_steps - warmup_steps()), 0.0, 1.0);
    return options_.final_factor + (1 - options_.final_factor) * 0.5 * (1 + std::cos(kPi * part));
  }

 private:
  Options options_;
};

const Registered<Cosine> registered;

}  // namespace
}  // namespace jtr
