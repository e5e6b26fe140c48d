// Exclusion between classes of two tasks: where there is the one, there is not the other. See class_pairs.h.
#include "constraints/class_pairs.h"

namespace jtr {
namespace {

constexpr ClassPairs::Words kWords = {"one", "other", "one_classes", "other_classes"};

class Exclusion final : public ClassPairs {
 public:
  static constexpr char kName[] = "exclusion";
  static constexpr char kSummary[] =
      "A class of one task and a class of another are never at one place: of an image and its pixels, at none of them.";
  static constexpr char kSource[] = "Xu et al., ICML 2018";
  static constexpr int kPlace = 2;

  struct Options : Sides {
    void visit(OptionVisitor& v) {
      v.word(kWords.first, first, "A task of classes or tags.");
      v.word(kWords.second, second, "Another one.");
      v.numbers(kWords.first_classes, first_classes, at_least(0),
                "Numbers of the former's classes; none: all, each with that of its number.");
      v.numbers(kWords.second_classes, second_classes, at_least(0), "The number that each of them excludes.");
      v.number("weight", weight, a_weight(), "Weight of the term.");
    }
  };

  Exclusion(const Options& options, const ConstraintSetting& setting)
      : ClassPairs(Rule::kExcludes, kWords, options, setting) {}
};

const Registered<Exclusion> registered;

}  // namespace
}  // namespace jtr
