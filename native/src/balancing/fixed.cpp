// Weights of the user's.
#include <algorithm>
#include <cmath>

#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

class Fixed final : public Balancing {
 public:
  explicit Fixed(const std::vector<double>& weights) : weights_(at::tensor(weights, at::kDouble)) {}
  at::Tensor weights(int64_t) const override { return weights_; }

 private:
  at::Tensor weights_;
};

}  // namespace

std::unique_ptr<Balancing> make_fixed(const BalancingOptions& options, int64_t tasks, uint64_t) {
  require(static_cast<int64_t>(options.weights.size()) == tasks, "balancing.weights", "there must be one for each of ",
          tasks, " tasks, not ", options.weights.size());
  for (const double w : options.weights) {
    require(w >= 0 && std::isfinite(w), "balancing.weights", "must be finite numbers of 0 or more, not ", w);
  }
  require(std::any_of(options.weights.begin(), options.weights.end(), [](double w) { return w > 0; }),
          "balancing.weights", "are all 0");
  return std::make_unique<Fixed>(options.weights);
}

}  // namespace jtr
