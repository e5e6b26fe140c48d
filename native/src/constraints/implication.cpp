// Implication between classes of two tasks: where there is the one, there is the other. A class of a segmentation
// implies the tag of the same name; so a tag that is absent forbids its class at every pixel. See class_pairs.h.
#include "constraints/class_pairs.h"

namespace jtr {
namespace {

constexpr ClassPairs::Words kWords = {"if", "then", "if_classes", "then_classes"};

class Implication final : public ClassPairs {
 public:
  static constexpr char kName[] = "implication";
  static constexpr char kSummary[] =
      "Where there is a class of one task, there is one of another: a class at a pixel implies the image's tag. What "
      "an "
      "image implies of pixels is true of one of them.";
  static constexpr char kSource[] = "Xu et al., ICML 2018";
  static constexpr int kPlace = 1;

  struct Options : Sides {
    void visit(OptionVisitor& v) {
      v.word(kWords.first, first, "The task whose classes imply others; of classes or tags.");
      v.word(kWords.second, second, "The task whose classes are implied.");
      v.numbers(kWords.first_classes, first_classes, at_least(0),
                "Numbers of the former's classes; none: all, each implying that of its number.");
      v.numbers(kWords.second_classes, second_classes, at_least(0), "The number that each of them implies.");
      v.number("weight", weight, a_weight(), "Weight of the term.");
    }
  };

  Implication(const Options& options, const ConstraintSetting& setting)
      : ClassPairs(Rule::kImplies, kWords, options, setting) {}
};

const Registered<Implication> registered;

}  // namespace
}  // namespace jtr
