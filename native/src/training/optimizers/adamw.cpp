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

  struct Options : AdamOptions {
    double weight_decay = 0.01;
    void visit(OptionVisitor& v) {
      AdamOptions::visit(v);
      v.number("weight_decay", weight_decay, at_least(0),
               "In each step weights lose this times the rate of themselves.");
    }
  };

  AdamW(const Options& options, const OptimizerSetting& setting)
      : AdamBase(options, setting), weight_decay_(options.weight_decay) {}

 protected:
  void update_range(int64_t begin, int64_t elements, double rate, int64_t step) override {
    store().flat_parameters().narrow(0, begin, elements).mul_(1 - rate * weight_decay_);
    AdamBase::update_range(begin, elements, rate, step);
  }

 private:
  double weight_decay_;
};

const Registered<AdamW> registered;

}  // namespace
}  // namespace jtr
