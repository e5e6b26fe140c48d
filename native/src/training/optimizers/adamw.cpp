// AdamW: Adam, and weights that shrink by themselves (decoupled weight decay).
#include "training/optimizers/adam.h"

namespace jtr {
namespace {

class AdamW final : public AdamBase {
 public:
  static constexpr char kName[] = "adamw";
  static constexpr char kSummary[] = "Adam with decoupled weight decay.";
  static constexpr char kSource[] = "Loshchilov and Hutter, ICLR 2019";
  static constexpr int kPlace = 2;

  enum class Decayed { kAll, kWeights };
  struct Options : AdamOptions {
    double weight_decay = 0.01;
    Decayed decayed = Decayed::kAll;
    void visit(OptionVisitor& v) {
      AdamOptions::visit(v);
      v.number("weight_decay", weight_decay, at_least(0),
               "In each step weights lose this times the rate of themselves.");
      v.choice("decayed", decayed, {{"all", Decayed::kAll}, {"weights", Decayed::kWeights}},
               "What shrinks: all, or the weights of convolutions and linear maps but no biases and no norms.");
    }
  };

  AdamW(const Options& options, const OptimizerSetting& setting)
      : AdamBase(options, setting), weight_decay_(options.weight_decay), decayed_(options.decayed) {}

 protected:
  void update_range(int64_t begin, int64_t elements, double rate, int64_t step) override {
    const double factor = 1 - rate * weight_decay_;
    if (decayed_ == Decayed::kAll) {
      store().flat_parameters().narrow(0, begin, elements).mul_(factor);
    } else {
      for (const NamedTensor& tensor : store().parameter_list()) {
        const bool inside = tensor.offset >= begin && tensor.offset < begin + elements;
        // Biases and norms are vectors.
        if (inside && tensor.sizes.size() > 1) {
          store().flat_parameters().narrow(0, tensor.offset, tensor.elements).mul_(factor);
        }
      }
    }
    AdamBase::update_range(begin, elements, rate, step);
  }

 private:
  double weight_decay_;
  Decayed decayed_;
};

const Registered<AdamW> registered;

}  // namespace
}  // namespace jtr
