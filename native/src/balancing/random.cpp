// Random loss weighting (Lin et al., TMLR 2022): in each step the weights are K softmax(z), z normal numbers; a pure
// function of (seed, step).
#include <cmath>

#include "balancing/balancing.h"
#include "philox.h"

namespace jtr {
namespace {

class Random final : public Balancing {
 public:
  static constexpr char kName[] = "random";
  static constexpr char kSummary[] = "Random weights in each step.";
  static constexpr char kSource[] = "Lin et al., TMLR 2022";
  static constexpr int kPlace = 5;

  struct Options {
    void visit(OptionVisitor&) {}
  };

  Random(const Options&, const BalancingSetting& setting) : Balancing(setting), tasks_(setting.tasks) {}

  at::Tensor weights(int64_t step) const override {
    constexpr double kTwoPi = 6.283185307179586476925;
    at::Tensor z = at::empty({tasks_}, at::kDouble);
    double* out = z.data_ptr<double>();
    for (int64_t t = 0; t < tasks_; ++t) {
      const PhiloxBlock block =
          philox(seed(), RandomUse::kLossWeights, static_cast<uint32_t>(step), static_cast<uint64_t>(t));
      const double radius = std::sqrt(-2 * std::log(static_cast<double>(open_uniform(block.value[0]))));
      out[t] = radius * std::cos(kTwoPi * open_uniform(block.value[1]));
    }
    return at::softmax(z, 0) * static_cast<double>(tasks_);
  }

 private:
  int64_t tasks_;
};

const Registered<Random> registered;

}  // namespace
}  // namespace jtr
