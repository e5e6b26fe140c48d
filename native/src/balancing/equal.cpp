// Every task's loss counts alike, as published.
#include "balancing/balancing.h"

namespace jtr {
namespace {

class Equal final : public Balancing {
 public:
  explicit Equal(int64_t tasks) : weights_(at::ones({tasks}, at::kDouble)) {}
  at::Tensor weights(int64_t) const override { return weights_; }

 private:
  at::Tensor weights_;
};

}  // namespace

std::unique_ptr<Balancing> make_equal(const BalancingOptions&, int64_t tasks, uint64_t) {
  return std::make_unique<Equal>(tasks);
}

}  // namespace jtr
