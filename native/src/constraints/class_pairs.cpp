#include "constraints/class_pairs.h"

#include <cmath>

#include "error.h"

namespace jtr {
namespace {

/// The logarithm of a probability of 0, near enough and finite.
constexpr double kNever = -1e4;

/// [B, c, ...] -> [B, c, places]
at::Tensor by_place(const at::Tensor& x) { return x.dim() > 2 ? x.flatten(2) : x.unsqueeze(2); }

at::Tensor sure(const at::Tensor& there, const at::Tensor& like) {
  return at::where(there, at::zeros({}, like.options()), at::full({}, kNever, like.options()));
}

/// What is true of one of the places, as the only place.
KnownClass known_somewhere(const KnownClass& each) {
  const at::Tensor there = (each.known & each.there).any(1, true);
  return {there | each.known.all(1, true), there};
}

}  // namespace

Belief believed(const Task& task, const at::Tensor& prediction, int64_t number) {
  const at::Tensor logits = by_place(prediction);
  const at::Tensor own = logits.select(1, number);
  if (task.has_tags()) return {at::log_sigmoid(own), at::log_sigmoid(-own)};
  const int64_t classes = logits.size(1);
  std::vector<int64_t> others;
  for (int64_t c = 0; c < classes; ++c) {
    if (c != number) others.push_back(c);
  }
  const at::Tensor index = at::tensor(others, at::kLong).to(logits.device());
  const at::Tensor rest = logits.index_select(1, index).logsumexp(1);
  const at::Tensor all = at::logaddexp(own, rest);
  return {own - all, rest - all};
}

at::Tensor predicted(const Task& task, const at::Tensor& prediction, int64_t number) {
  const at::Tensor logits = by_place(prediction.detach());
  return task.has_tags() ? logits.select(1, number).ge(0) : logits.argmax(1).eq(number);
}

KnownClass known_class(const Task& task, const at::Tensor& label, int64_t number) {
  const at::Tensor values = by_place(label);
  if (task.has_tags()) return {by_place(task.known(label)).select(1, number), values.select(1, number).eq(1)};
  return {by_place(task.valid(label)).select(1, 0), values.select(1, 0).eq(static_cast<double>(number))};
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
  std::vector<int64_t> left = class_numbers(setting, words.first_classes, a, sides.first_classes);
  std::vector<int64_t> right = class_numbers(setting, words.second_classes, b, sides.second_classes);
  require(left.size() == right.size(), join_path(setting.path, words.second_classes).c_str(), "has ", right.size(),
          " numbers and ", words.first_classes, " ", left.size(), ": they are pairs");
  if (left.empty()) {
    require(first_ != second_ && a.channels() == b.channels(), join_path(setting.path, words.first_classes).c_str(),
            "must say which classes are meant: only of two tasks with as many classes each all pairs of one number "
            "are taken");
    for (int64_t c = 0; c < a.channels(); ++c) pairs_.emplace_back(c, c);
    return;
  }
  for (size_t i = 0; i < left.size(); ++i) pairs_.emplace_back(left[i], right[i]);
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
  const at::Tensor label_a = context.label(0, first_), label_b = context.label(0, second_);
  at::Tensor loss, violated;
  for (const auto& [i, j] : pairs_) {
    const KnownClass known_a = known_class(a, label_a, i);
    KnownClass known_b = known_class(b, label_b, j);
    const Belief in_a = informed(believed(a, predictions.front(), i), known_a);
    Belief in_b = informed(believed(b, predictions.back(), j), known_b);
    at::Tensor is_b = informed(predicted(b, predictions.back(), j), known_b);
    if (somewhere()) {
      const at::Tensor best = in_b.yes.detach().argmax(1, true);
      in_b = {in_b.yes.gather(1, best), in_b.no.gather(1, best)};
      is_b = is_b.any(1, true);
      known_b = known_somewhere(known_b);
    }
    if (rule_ == Rule::kExcludes) {
      std::swap(in_b.yes, in_b.no);
      is_b = is_b.logical_not();
    }
    const at::Tensor open = (known_a.known & known_b.known).logical_not();
    // 1 - p (1 - q) = (1 - p) + p q
    const at::Tensor holds = at::logaddexp(in_a.no, in_a.yes + in_b.yes);
    const at::Tensor own = (-holds * open).mean(1);
    const at::Tensor broken = informed(predicted(a, predictions.front(), i), known_a) & is_b.logical_not() & open;
    loss = loss.defined() ? loss + own : own;
    violated = violated.defined() ? violated | broken : broken;
  }
  return {loss, violated.to(loss.scalar_type()).mean(1)};
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
  for (const auto& [i, j] : pairs_) {
    const KnownClass a = known_class(tasks_[first_], context.label(0, first_), i);
    KnownClass b = known_class(tasks_[second_], context.label(0, second_), j);
    if (somewhere()) b = known_somewhere(b);
    const at::Tensor a_is = a.known & a.there;
    if (rule_ == Rule::kExcludes) {
      if (task == first_) forbid(i, b.known & b.there);
      if (task == second_) forbid(j, a_is);
      continue;
    }
    if (task == first_) forbid(i, b.known & b.there.logical_not());
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
