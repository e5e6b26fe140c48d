// Stochastic gradient descent with momentum, as PyTorch writes it: u = momentum u + g; p -= rate u.
#include "training/optimizers/optimizer.h"

namespace jtr {
namespace {

class Sgd final : public Optimizer {
 public:
  static constexpr char kName[] = "sgd";
  static constexpr char kSummary[] = "Stochastic gradient descent with momentum.";
  static constexpr char kSource[] = "Sutskever et al., ICML 2013";
  static constexpr int kPlace = 3;

  struct Options : OptimizerOptions {
    Options() { learning_rate = 0.01; }
    double momentum = 0.9, weight_decay = 0;
    bool nesterov = false;
    void visit(OptionVisitor& v) {
      OptimizerOptions::visit(v);
      v.number("momentum", momentum, below(0, 1), "Share of the last update that goes into the next.");
      v.number("weight_decay", weight_decay, at_least(0), "This times the weights is added to their gradients.");
      v.flag("nesterov", nesterov, "Takes the gradient at where the momentum leads.");
    }
  };

  Sgd(const Options& options, const OptimizerSetting& setting)
      : Optimizer(setting, options), options_(options), momentum_(at::zeros_like(store().flat_parameters())) {}

  std::vector<State> state() const override { return {{"sgd.momentum", momentum_}}; }

 protected:
  void update_range(int64_t begin, int64_t elements, double rate, int64_t) override {
    at::Tensor p = store().flat_parameters().narrow(0, begin, elements), u = momentum_.narrow(0, begin, elements);
    at::Tensor g = store().flat_gradients().narrow(0, begin, elements);
    if (options_.weight_decay > 0) g = g + options_.weight_decay * p;
    u.mul_(options_.momentum).add_(g);
    p.sub_(rate * (options_.nesterov ? g + options_.momentum * u : u));
  }

 private:
  Options options_;
  at::Tensor momentum_;
};

const Registered<Sgd> registered;

}  // namespace
}  // namespace jtr
