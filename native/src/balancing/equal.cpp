// Every task's loss counts alike, as published.
#include "balancing/balancing.h"

namespace jtr {
namespace {

class Equal final : public Balancing {
 public:
  static constexpr char kName[] = "equal";
  static constexpr char kSummary[] = "Every task's loss counts alike, as published.";
  static constexpr int kPlace = 1;

  struct Options {
    void visit(OptionVisitor&) {}
  };

  Equal(const Options&, const BalancingSetting& setting)
      : Balancing(setting), weights_(at::ones({setting.tasks}, at::kDouble)) {}

  at::Tensor weights(int64_t) const override { return weights_; }

 private:
  at::Tensor weights_;
};

const Registered<Equal> registered;

}  // namespace
}  // namespace jtr
