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

/// Logarithms of the probabilities that a class is there and that it is not: [B, places].
struct Belief {
  at::Tensor yes, no;
};

/// What labels say of a class, bool [B, places]: where it is known whether it is there, and where it is there.
struct KnownClass {
  at::Tensor known, there;
};

/// Belief in a class or tag of a task; differentiable.
Belief believed(const Task& task, const at::Tensor& prediction, int64_t number);
/// Whether it is what is predicted: bool [B, places].
at::Tensor predicted(const Task& task, const at::Tensor& prediction, int64_t number);
KnownClass known_class(const Task& task, const at::Tensor& label, int64_t number);
/// The belief, sure where the class is known.
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
  std::vector<std::pair<int64_t, int64_t>> pairs_;
  double weight_;
};

}  // namespace jtr
