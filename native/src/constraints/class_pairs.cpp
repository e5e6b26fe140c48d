#include "constraints/class_pairs.h"

#include <cmath>

#include "error.h"

namespace jtr {
namespace {

/// The logarithm of a probability of 0: finite, and near enough.
constexpr double kLogOfNothing = -1e4;

/// [B, c, ...] -> [B, c, places]
at::Tensor by_place(const at::Tensor& x) { return x.dim() > 2 ? x.flatten(2) : x.unsqueeze(2); }

at::Tensor sure(const at::Tensor& there, const at::Tensor& like) {
  return at::where(there, at::zeros({}, like.options()), at::full({}, kLogOfNothing, like.options()));
}

/// Classes of [B, c, places] by number: [B, n, places].
at::Tensor of_classes(const at::Tensor& x, const std::vector<int64_t>& numbers) {
  return x.index_select(1, at::tensor(numbers, at::kLong).to(x.device()));
}

/// What is true of one of the places, as the only place.
KnownClass known_somewhere(const KnownClass& each) {
  const at::Tensor there = (each.known & each.there).any(2, true);
  return {there | each.known.all(2, true), there};
}

}  // namespace

Belief believed(const Task& task, const at::Tensor& prediction, const std::vector<int64_t>& numbers) {
  const at::Tensor logits = by_place(prediction);
  if (task.has_tags()) {
    const at::Tensor own = of_classes(logits, numbers);
    return {at::log_sigmoid(own), at::log_sigmoid(-own)};
  }
  const at::Tensor log_p = at::log_softmax(logits, 1), best = logits.detach().argmax(1, true);
  // 1 - p is exact where p is not above one half, as of all classes but the most probable one; of that it is the sum
  // of the others, which stays above 0 however sure the network is.
  const at::Tensor is_best = at::zeros_like(logits, at::kBool).scatter_(1, best, true);
  const at::Tensor others = log_p.masked_fill(is_best, kLogOfNothing).logsumexp(1, true);
  const at::Tensor log_not = at::where(is_best, others, at::log1p(-log_p.masked_fill(is_best, kLogOfNothing).exp()));
  return {of_classes(log_p, numbers), of_classes(log_not, numbers)};
}

at::Tensor predicted(const Task& task, const at::Tensor& prediction, const std::vector<int64_t>& numbers) {
  const at::Tensor logits = by_place(prediction.detach());
  if (task.has_tags()) return of_classes(logits, numbers).ge(0);
  return logits.argmax(1, true).eq(at::tensor(numbers, at::kLong).to(logits.device()).view({1, -1, 1}));
}

KnownClass known_class(const Task& task, const at::Tensor& label, const std::vector<int64_t>& numbers) {
  const at::Tensor values = by_place(label);
  if (task.has_tags()) {
    return {of_classes(by_place(task.known(label)), numbers), of_classes(values, numbers).eq(1)};
  }
  const at::Tensor there = values.eq(at::tensor(numbers, at::kLong).to(values.options()).view({1, -1, 1}));
  return {by_place(task.valid(label)).expand_as(there), there};
}

Belief informed(const Belief& belief, const KnownClass& known) {
  return {at::where(known.known, sure(known.there, belief.yes), belief.yes),
          at::where(known.known, sure(known.there.logical_not(), belief.no), belief.no)};
}

at::Tensor informed(const at::Tensor& predicted, const KnownClass& known) {
  return at::where(known.known, known.there, predicted);
}

std::vector<int64_t> class_numbers(const ConstraintSetting& setting, const char* option, const Task& task,
                                   const std::vector<double>& numbers) {
  std::vector<int64_t> all;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const std::string field = text(join_path(setting.path, option), "[", i, "]");
    const double highest = static_cast<double>(task.channels() - 1);
    require(numbers[i] >= 0 && numbers[i] <= highest && numbers[i] == std::nearbyint(numbers[i]), field.c_str(),
            "must be a class of task '", task.name(), "', a whole number from 0 to ", task.channels() - 1, ", not ",
            numbers[i]);
    all.push_back(static_cast<int64_t>(numbers[i]));
  }
  return all;
}

ClassPairs::ClassPairs(Rule rule, const Words& words, const Sides& sides, const ConstraintSetting& setting)
    : rule_(rule),
      tasks_(*setting.tasks),
      first_(task_of(setting, words.first, sides.first)),
      second_(task_of(setting, words.second, sides.second)),
      weight_(sides.weight) {
  const Task &a = tasks_[first_], &b = tasks_[second_];
  for (const auto& [task, option] : {std::pair{&a, words.first}, std::pair{&b, words.second}}) {
    require(task->has_classes() || task->has_tags(), join_path(setting.path, option).c_str(), "task '", task->name(),
            "' has neither classes nor tags: its kind is ", task->kind());
  }
  first_classes_ = class_numbers(setting, words.first_classes, a, sides.first_classes);
  second_classes_ = class_numbers(setting, words.second_classes, b, sides.second_classes);
  require(first_classes_.size() == second_classes_.size(), join_path(setting.path, words.second_classes).c_str(),
          "has ", second_classes_.size(), " numbers and ", words.first_classes, " ", first_classes_.size(),
          ": they are pairs");
  if (!first_classes_.empty()) return;
  require(first_ != second_ && a.channels() == b.channels(), join_path(setting.path, words.first_classes).c_str(),
          "must say which classes are meant: only of two tasks with as many classes each all pairs of one number are "
          "taken");
  for (int64_t c = 0; c < a.channels(); ++c) first_classes_.push_back(c);
  second_classes_ = first_classes_;
}

bool ClassPairs::somewhere() const {
  return rule_ == Rule::kImplies && tasks_[first_].extent() == Extent::kImage &&
         tasks_[second_].extent() == Extent::kPixel;
}

std::string ClassPairs::about() const { return tasks_[first_].name() + "." + tasks_[second_].name(); }

std::vector<size_t> ClassPairs::reads() const {
  return first_ == second_ ? std::vector<size_t>{first_} : std::vector<size_t>{first_, second_};
}

ConstraintTerm ClassPairs::compute(const std::vector<at::Tensor>& predictions, const MethodContext& context) const {
  const Task &a = tasks_[first_], &b = tasks_[second_];
  const at::Tensor &of_a = predictions.front(), &of_b = predictions.back();
  const KnownClass known_a = known_class(a, context.label(0, first_), first_classes_);
  KnownClass known_b = known_class(b, context.label(0, second_), second_classes_);
  const Belief in_a = informed(believed(a, of_a, first_classes_), known_a);
  Belief in_b = informed(believed(b, of_b, second_classes_), known_b);
  const at::Tensor is_a = informed(predicted(a, of_a, first_classes_), known_a);
  at::Tensor is_b = informed(predicted(b, of_b, second_classes_), known_b);
  if (somewhere()) {
    const at::Tensor best = in_b.yes.detach().argmax(2, true);
    in_b = {in_b.yes.gather(2, best), in_b.no.gather(2, best)};
    is_b = is_b.any(2, true);
    known_b = known_somewhere(known_b);
  }
  if (rule_ == Rule::kExcludes) {
    std::swap(in_b.yes, in_b.no);
    is_b = is_b.logical_not();
  }
  const at::Tensor open = (known_a.known & known_b.known).logical_not();
  // 1 - p (1 - q) = (1 - p) + p q
  const at::Tensor holds = at::logaddexp(in_a.no, in_a.yes + in_b.yes);
  const at::Tensor broken = (is_a & is_b.logical_not() & open).any(1);
  return {(-holds * open).mean(2).sum(1), broken.to(holds.scalar_type()).mean(1)};
}

at::Tensor ClassPairs::allowed(size_t task, const at::Tensor& target, const MethodContext& context) const {
  if (task != first_ && task != second_) return target;
  const Task& own = tasks_[task];
  at::Tensor shares = by_place(target).clone();
  const at::Tensor before = shares.clone();
  const auto here = [&](const at::Tensor& where) {
    return own.extent() == Extent::kImage && where.size(1) > 1 ? where.any(1, true) : where;
  };
  const auto forbid = [&](int64_t number, const at::Tensor& where) {
    shares.select(1, number).masked_fill_(here(where).expand({shares.size(0), shares.size(2)}), 0);
  };
  const KnownClass all_a = known_class(tasks_[first_], context.label(0, first_), first_classes_);
  KnownClass all_b = known_class(tasks_[second_], context.label(0, second_), second_classes_);
  if (somewhere()) all_b = known_somewhere(all_b);
  for (size_t k = 0; k < first_classes_.size(); ++k) {
    const int64_t i = first_classes_[k], j = second_classes_[k], place = static_cast<int64_t>(k);
    const at::Tensor a_is = (all_a.known & all_a.there).select(1, place);
    const at::Tensor b_known = all_b.known.select(1, place), b_there = all_b.there.select(1, place);
    if (rule_ == Rule::kExcludes) {
      if (task == first_) forbid(i, b_known & b_there);
      if (task == second_) forbid(j, a_is);
      continue;
    }
    if (task == first_) forbid(i, b_known & b_there.logical_not());
    if (task == second_ && !somewhere()) {
      const at::Tensor has = here(a_is).expand({shares.size(0), shares.size(2)});
      if (own.has_classes()) {
        for (int64_t c = 0; c < shares.size(1); ++c) {
          if (c != j) shares.select(1, c).masked_fill_(has, 0);
        }
      } else {
        shares.select(1, j).masked_fill_(has, 1);
      }
    }
  }
  if (own.has_classes()) {
    // Labels that leave no class say nothing.
    const at::Tensor rest = shares.sum(1, true);
    shares = at::where(rest.gt(0), shares / rest, before);
  }
  return shares.view_as(target);
}

}  // namespace jtr
