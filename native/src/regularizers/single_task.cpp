// Single-task learning: one network for each task, which sees that task's labels alone. Nothing is added to the
// supervised loss; the trainer keeps the networks.
#include "regularizers/regularizer.h"

namespace jtr {
namespace {

class SingleTask final : public Regularizer {
 public:
  int64_t views() const override { return 1; }
  bool separate_networks() const override { return true; }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>&, const std::function<void()>&) override {
    const at::Tensor zero = at::zeros({batch.samples}, batch.predictions[0].options());
    return {zero, zero, zero};
  }
};

}  // namespace

std::unique_ptr<Regularizer> make_single_task(const RegularizerOptions&) { return std::make_unique<SingleTask>(); }

}  // namespace jtr
