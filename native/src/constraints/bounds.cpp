// Bounds of values: l <= x <= h, channel by channel, of depth, maps, normals and regression; everywhere, or where there
// is one of some classes ("sky is far"). With p the probability of these classes at a place, without gradient, or 1,
//
//   loss = sum over places of p mean over channels of max(0, l - x, x - h)  /  max(1, sum over places of p)
//
// in the task's own unit (a hinge penalty, as in Pathak et al., ICCV 2015, section 3.3, for sizes).
#include "constraints/class_pairs.h"
#include "error.h"

namespace jtr {
namespace {

class Bounds final : public Constraint {
 public:
  static constexpr char kName[] = "bounds";
  static constexpr char kSummary[] =
      "Values are not below a lowest and not above a highest one, everywhere or where there is some class.";
  static constexpr int kPlace = 4;

  struct Options {
    std::string task, where;
    std::vector<double> lowest, highest, classes;
    double weight = 1;
    void visit(OptionVisitor& v) {
      v.word("task", task, "The task of values: depth, normals, map or regression.");
      v.numbers("lowest", lowest, any_number(), "The lowest value, one for all channels or one each; none: no bound.");
      v.numbers("highest", highest, any_number(), "The highest value, likewise.");
      v.word("where", where, "A task of classes or tags at whose classes it holds; none: everywhere.");
      v.numbers("classes", classes, at_least(0), "Numbers of these classes.");
      v.number("weight", weight, a_weight(), "Weight of the term.");
    }
    void check(const std::string& path) const {
      require(!lowest.empty() || !highest.empty(), join_path(path, "lowest").c_str(),
              "must be given, or highest: there is no bound");
      require(where.empty() == classes.empty(), join_path(path, "classes").c_str(), "and where belong together");
    }
  };

  Bounds(const Options& options, const ConstraintSetting& setting)
      : tasks_(*setting.tasks),
        weight_(options.weight),
        task_(task_of(setting, "task", options.task)),
        lowest_(per_channel(setting, "lowest", options.lowest)),
        highest_(per_channel(setting, "highest", options.highest)) {
    const Task& own = tasks_[task_];
    require(!own.has_classes() && !own.has_tags(), join_path(setting.path, "task").c_str(), "task '", own.name(),
            "' has no values: its kind is ", own.kind());
    if (lowest_.defined() && highest_.defined()) {
      require(lowest_.le(highest_).all().item<bool>(), join_path(setting.path, "highest").c_str(),
              "must not be below lowest");
    }
    if (options.where.empty()) return;
    where_ = task_of(setting, "where", options.where);
    const Task& there = tasks_[where_];
    const std::string field = join_path(setting.path, "where");
    require(there.has_classes() || there.has_tags(), field.c_str(), "task '", there.name(),
            "' has neither classes nor tags: its kind is ", there.kind());
    require(there.extent() == Extent::kImage || own.extent() == Extent::kPixel, field.c_str(), "task '", there.name(),
            "' is of pixels, '", own.name(), "' of the whole image");
    classes_ = class_numbers(setting, "classes", there, options.classes);
  }

  std::string about() const override { return tasks_[task_].name(); }
  std::vector<size_t> reads() const override {
    return classes_.empty() ? std::vector<size_t>{task_} : std::vector<size_t>{task_, where_};
  }
  double weight() const override { return weight_; }

  ConstraintTerm compute(const std::vector<at::Tensor>& predictions, const MethodContext& context) const override {
    const at::Tensor x = values(predictions[0]);  // [B, c, places]
    at::Tensor outside = at::zeros_like(x);
    if (lowest_.defined()) outside = outside + (like(lowest_, x) - x).clamp_min(0);
    if (highest_.defined()) outside = outside + (x - like(highest_, x)).clamp_min(0);
    const at::Tensor broken = outside.detach().gt(0).any(1);
    at::Tensor share = at::ones_like(broken, x.options()), there = at::ones_like(broken);
    if (!classes_.empty()) std::tie(share, there) = places(predictions[1].detach(), context, broken);
    const at::Tensor count = there.sum(1).clamp_min(1).to(x.scalar_type());
    return {(outside.mean(1) * share).sum(1) / share.sum(1).clamp_min(1), (broken & there).sum(1) / count};
  }

  at::Tensor allowed(size_t task, const at::Tensor& target, const MethodContext&) const override {
    if (task != task_ || !classes_.empty()) return target;
    at::Tensor x = values(target);
    if (lowest_.defined()) x = at::max(x, like(lowest_, x));
    if (highest_.defined()) x = at::min(x, like(highest_, x));
    return x.reshape(target.sizes());
  }

 private:
  static at::Tensor values(const at::Tensor& x) { return x.dim() > 2 ? x.flatten(2) : x.unsqueeze(2); }
  static at::Tensor like(const at::Tensor& bound, const at::Tensor& x) {
    return bound.to(x.options()).view({1, -1, 1});
  }

  at::Tensor per_channel(const ConstraintSetting& setting, const char* option,
                         const std::vector<double>& bounds) const {
    if (bounds.empty()) return {};
    const int64_t channels = tasks_[task_].channels(), given = static_cast<int64_t>(bounds.size());
    require(given == 1 || given == channels, join_path(setting.path, option).c_str(),
            "must have one number, or one for each of the ", channels, " channels, not ", given);
    return at::tensor(bounds, at::kDouble).expand({channels}).contiguous();
  }

  /// The probability that there is one of the classes, and whether it is predicted or known: [B, places].
  std::pair<at::Tensor, at::Tensor> places(const at::Tensor& prediction, const MethodContext& context,
                                           const at::Tensor& shape) const {
    const Task& task = tasks_[where_];
    const KnownClass known = known_class(task, context.label(0, where_), classes_);
    const Belief belief = informed(believed(task, prediction, classes_), known);
    const at::Tensor there = informed(predicted(task, prediction, classes_), known).any(1);
    // Tags are there each by itself, classes one at a time.
    const at::Tensor share = task.has_tags() ? 1 - belief.no.sum(1).exp() : belief.yes.exp().sum(1).clamp_max(1);
    return {share.expand(shape.sizes()), there.expand(shape.sizes())};
  }

  const TaskSet& tasks_;
  double weight_;
  size_t task_, where_ = 0;
  at::Tensor lowest_, highest_;  // [c], or undefined
  std::vector<int64_t> classes_;
};

const Registered<Bounds> registered;

}  // namespace
}  // namespace jtr
