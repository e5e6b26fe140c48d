// Supervised learning: the labels that there are, and nothing besides.
#include "methods/method.h"

namespace jtr {
namespace {

class Supervised final : public Method {
 public:
  static constexpr char kName[] = "supervised";
  static constexpr char kSummary[] = "Learns from the labels that there are, and nothing besides.";
  static constexpr int kPlace = 1;

  struct Options {
    void visit(OptionVisitor&) {}
  };

  Supervised(const Options&, const MethodSetting&) {}

  MethodNeeds needs() const override { return MethodNeeds::of_one_view(); }
  MethodLoss compute(const MethodContext&) override { return {}; }
};

const Registered<Supervised> registered;

}  // namespace
}  // namespace jtr
