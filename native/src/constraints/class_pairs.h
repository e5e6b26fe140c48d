// What is believed of classes and tags, and constraints between two of them.
//
// Of two classes a and b that are believed in with probabilities p and q, each by itself, "a implies b" holds with the
// probability 1 - p (1 - q), and "not both" with 1 - p q. The loss is the negative logarithm of that (semantic loss, Xu
// et al., ICML 2018, section 3), the sum over pairs of its mean over places. A label that is known stands in for the
// prediction; where both are known there is nothing to learn.
//
// Places are pixels, or the image as the only one. Between an image task and a pixel task what is said holds of every
// pixel, except that what an image implies of pixels has to be true of one of them: that of the largest probability.
#pragma once

#include "constraints/constraint.h"

namespace jtr {

/// Logarithms of the probabilities that classes are there and that they are not: [B, n, places].
struct Belief {
  at::Tensor yes, no;
};

/// What labels say of classes, bool [B, n, places]: where it is known whether they are there, and where they are there.
struct KnownClass {
  at::Tensor known, there;
};

/// Belief in n classes or tags of a task, by their numbers; differentiable.
Belief believed(const Task& task, const at::Tensor& prediction, const std::vector<int64_t>& numbers);
/// Whether they are what is predicted: bool [B, n, places].
at::Tensor predicted(const Task& task, const at::Tensor& prediction, const std::vector<int64_t>& numbers);
KnownClass known_class(const Task& task, const at::Tensor& label, const std::vector<int64_t>& numbers);
/// The belief, sure where classes are known.
Belief informed(const Belief& belief, const KnownClass& known);
/// What is predicted, or known.
at::Tensor informed(const at::Tensor& predicted, const KnownClass& known);

/// Throws about the option unless these are numbers of classes or tags of the task.
std::vector<int64_t> class_numbers(const ConstraintSetting& setting, const char* option, const Task& task,
                                   const std::vector<double>& numbers);

/// Pairs of classes of two tasks of which something holds.
class ClassPairs : public Constraint {
 public:
  enum class Rule { kImplies, kExcludes };

  /// How the options are called, for errors.
  struct Words {
    const char *first, *second, *first_classes, *second_classes;
  };
  struct Sides {
    std::string first, second;
    std::vector<double> first_classes, second_classes;
    double weight = 1;
  };

  ClassPairs(Rule rule, const Words& words, const Sides& sides, const ConstraintSetting& setting);

  std::string about() const override;
  std::vector<size_t> reads() const override;
  double weight() const override { return weight_; }
  ConstraintTerm compute(const std::vector<at::Tensor>& predictions, const MethodContext& context) const override;
  at::Tensor allowed(size_t task, const at::Tensor& target, const MethodContext& context) const override;

 private:
  /// Whether b has to be true of one of the pixels only.
  bool somewhere() const;

  Rule rule_;
  const TaskSet& tasks_;
  size_t first_, second_;
  std::vector<int64_t> first_classes_, second_classes_;  // one pair each
  double weight_;
};

}  // namespace jtr
