// PCGrad (Yu et al., NeurIPS 2020): where the gradients of two tasks with respect to the shared weights point against
// each other, the one's part along the other is taken out, the others in random order; then they are summed. The
// gradient of the method's own term is added as it is.
#include <algorithm>
#include <numeric>

#include "balancing/balancing.h"
#include "philox.h"

namespace jtr {
namespace {

class PcGrad final : public Balancing {
 public:
  static constexpr char kName[] = "pcgrad";
  static constexpr char kSummary[] = "Where gradients of two tasks point against each other, that part is taken out.";
  static constexpr char kSource[] = "Yu et al., NeurIPS 2020";
  static constexpr int kPlace = 6;

  struct Options {
    void visit(OptionVisitor&) {}
  };

  PcGrad(const Options&, const BalancingSetting& setting)
      : Balancing(setting), weights_(at::ones({setting.tasks}, at::kDouble)) {}

  at::Tensor weights(int64_t) const override { return weights_; }
  bool separates_gradients() const override { return true; }

  at::Tensor combined(const at::Tensor& gradients, int64_t step) const override {
    const int64_t tasks = gradients.size(0);
    // Products of the tasks' own gradients; those of a gradient that was changed follow from them, because it stays a
    // combination of the rows: c G with coefficients c.
    const at::Tensor products = at::matmul(gradients, gradients.t()).to(at::kCPU, at::kDouble).contiguous();
    const auto product = products.accessor<double, 2>();
    at::Tensor coefficients = at::zeros({tasks}, at::kDouble);
    for (int64_t i = 0; i < tasks; ++i) {
      std::vector<double> c(static_cast<size_t>(tasks), 0.0);
      c[static_cast<size_t>(i)] = 1;
      for (const int64_t j : order(i, tasks, step)) {
        if (product[j][j] <= 0) continue;
        double along = 0;
        for (int64_t k = 0; k < tasks; ++k) along += c[static_cast<size_t>(k)] * product[k][j];
        if (along < 0) c[static_cast<size_t>(j)] -= along / product[j][j];
      }
      coefficients.add_(at::tensor(c, at::kDouble));
    }
    return at::matmul(coefficients.to(gradients.options()), gradients);
  }

 private:
  /// The other tasks in random order.
  std::vector<int64_t> order(int64_t task, int64_t tasks, int64_t step) const {
    std::vector<int64_t> others;
    for (int64_t j = 0; j < tasks; ++j) {
      if (j != task) others.push_back(j);
    }
    for (size_t n = others.size(); n > 1; --n) {
      const PhiloxBlock block =
          philox(seed(), RandomUse::kGradientOrder, static_cast<uint32_t>(step), static_cast<uint64_t>(task) << 32 | n);
      std::swap(others[n - 1], others[block.value[0] % n]);
    }
    return others;
  }

  at::Tensor weights_;
};

const Registered<PcGrad> registered;

}  // namespace
}  // namespace jtr
