// Weights of the user's.
#include <algorithm>

#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Fixed final : public Balancing {
 public:
  static constexpr char kName[] = "fixed";
  static constexpr char kSummary[] = "Weights of the user's.";
  static constexpr int kPlace = 2;

  struct Options {
    std::vector<double> weights;
    void visit(OptionVisitor& v) {
      v.numbers("weights", weights, at_least(0), "One weight for each task in order, not all 0.");
    }
  };

  Fixed(const Options& options, const BalancingSetting& setting)
      : Balancing(setting), weights_(at::tensor(options.weights, at::kDouble)) {
    require(static_cast<int64_t>(options.weights.size()) == setting.tasks, "balancing.weights",
            "there must be one for each of ", setting.tasks, " tasks, not ", options.weights.size());
    require(std::any_of(options.weights.begin(), options.weights.end(), [](double w) { return w > 0; }),
            "balancing.weights", "are all 0");
  }

  at::Tensor weights(int64_t) const override { return weights_; }

 private:
  at::Tensor weights_;
};

const Registered<Fixed> registered;

}  // namespace
}  // namespace jtr
