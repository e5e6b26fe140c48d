// Single-task learning: every task has a network to itself, trained on its labels alone.
#include "methods/method.h"

namespace jtr {
namespace {

class SingleTask final : public Method {
 public:
  static constexpr char kName[] = "single_task";
  static constexpr char kSummary[] = "Trains a network for each task by itself, from the labels that there are.";
  static constexpr int kPlace = 2;
  static Json facts() { return MethodFacts().separate_networks().json(); }

  struct Options {
    void visit(OptionVisitor&) {}
  };

  SingleTask(const Options&, const MethodSetting&) {}

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.separate_networks = true;
    return needs;
  }
  MethodLoss compute(const MethodContext&) override { return {}; }
};

const Registered<SingleTask> registered;

}  // namespace
}  // namespace jtr
