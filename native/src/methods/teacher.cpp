// Mean teacher, from weak to strong (Tarvainen and Valpola, NIPS 2017; FixMatch, Sohn et al., NeurIPS 2020; UniMatch,
// Yang et al., CVPR 2023). The average of the network's weights predicts a sample as the supervised view shows it; the
// network sees the same window strongly changed. For a task t that a sample is not labelled for:
//
//   loss = weight ramp(step) sum_t w_t mean over places of confidence * disagreement(prediction, target)
//
// The target is the mean of the teacher's predictions for the window and for its mirror image, as the constraints allow
// it where labels of other tasks are known. Confidence: of classes 1 where the target's largest probability p reaches a
// threshold, fixed or by class (FreeMatch, Wang et al., ICLR 2023),
//
//   threshold_c = q_c / max q * mean p,   q the mean target and mean p both moving averages over unlabelled samples;
//
// of tags the same, each tag by itself as one of two classes, there and not there; of values exp(-d / mean d), where d
// is how far the two predictions are apart and mean d its moving average.
//
// A task of the whole image has one place, tags one each; what a view shows of another sample counts by its area. What
// is true of an image is taken to be true of its mirror image.
//
// w_t is the task's weight in the supervised loss, times s_t / (1 - s_t) where s_t, the share of samples that have the
// label, is below 1/2: all that is taught then counts as much as all labels. Otherwise few labels would be outvoted,
// for a loss is a mean over the batch.
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "error.h"
#include "methods/method.h"
#include "methods/strong_views.h"

namespace jtr {
namespace {

enum class TargetForm { kSoft, kHard };
enum class Selection { kAll, kFixed, kAdaptive };

/// exp(-5 (1 - x)^2), the usual ramp (Laine and Aila, ICLR 2017).
constexpr double kRampSlope = 5;
/// Steps after which a moving average of nothing seen counts as one.
constexpr double kNothing = 1e-12;

class Teacher final : public Method {
 public:
  static constexpr char kName[] = "teacher";
  static constexpr char kSummary[] =
      "The average of the network's weights teaches the tasks that a sample is not labelled for, from a weakly to a "
      "strongly changed view.";
  static constexpr char kSource[] = "Tarvainen and Valpola, NIPS 2017; Sohn et al., NeurIPS 2020";
  static constexpr int kPlace = 8;
  static Json facts() {
    return MethodFacts()
        .teacher()
        .uses_unlabelled("uses them: the average of its weights says what to predict for them")
        .json();
  }

  struct Options : StrongViewOptions {
    double weight = 1, value_weight = 1, threshold = 0.95, temperature = 1, momentum = 0.99;
    int64_t ramp_up_steps = 100;
    TargetForm target = TargetForm::kSoft;
    Selection selection = Selection::kAdaptive;
    bool mirror = true, as_labels = true;
    void visit(OptionVisitor& v) {
      v.number("weight", weight, a_weight(), "Weight of the term.");
      v.number("value_weight", value_weight, a_weight(),
               "What the weight is multiplied by for tasks of values: depth, normals, maps, regression.");
      v.integer("ramp_up_steps", ramp_up_steps, at_least(0), "Steps over which the weight rises; 0: it is constant.");
      v.choice("target", target, {{"soft", TargetForm::kSoft}, {"hard", TargetForm::kHard}},
               "Of classes and tags: the teacher's probabilities (soft) or what is most probable (hard).");
      v.number("temperature", temperature, above(0), "What the teacher's logits of classes and tags are divided by.");
      v.choice("selection", selection,
               {{"all", Selection::kAll}, {"fixed", Selection::kFixed}, {"adaptive", Selection::kAdaptive}},
               "Pixels whose class is taught: all, those above the threshold, or those above a threshold by class that "
               "follows what the teacher is sure of. The same of images and of their tags.");
      v.number("threshold", threshold, within(0, 1),
               "Least probability of a class, or of a tag's being there or not, that is taught (selection fixed).");
      v.number("momentum", momentum, below(0, 1), "Of the moving averages that confidence is measured by.");
      v.flag("mirror", mirror,
             "Whether the teacher also sees the mirror image: its target is the mean of both, and where they differ "
             "values count less.");
      v.flag("as_labels", as_labels,
             "Whether all that is taught of a task counts at most as much as its labels, however few these are.");
      StrongViewOptions::visit(v);
    }
  };

  Teacher(const Options& options, const MethodSetting& setting) : options_(options), tasks_(*setting.tasks) {
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const Task& task = tasks_[t];
      Followed followed;
      if (task.has_tags()) {
        followed.mean = state_.add_buffer("confidence." + task.name(), {task.channels()});
        followed.classes = state_.add_buffer("tags." + task.name(), {task.channels()});
      } else if (task.has_classes()) {
        followed.mean = state_.add_buffer("confidence." + task.name(), {});
        followed.classes = state_.add_buffer("classes." + task.name(), {task.channels()});
      } else {
        followed.mean = state_.add_buffer("difference." + task.name(), {});
      }
      followed.seen = state_.add_buffer("seen." + task.name(), {});
      followed.labels = state_.add_buffer("labels." + task.name(), {});
      followed_.push_back(followed);
    }
    samples_ = state_.add_buffer("samples", {});
    state_.allocate(setting.precision, setting.device, at::MemoryFormat::Contiguous);
  }

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.made_views = 1;
    needs.images = true;
    needs.teacher = true;
    return needs;
  }

  std::vector<std::string> terms() const override {
    std::vector<std::string> names = {"agreement"};
    for (const char* what : {"agreement.", "taught."}) {
      for (size_t t = 0; t < tasks_.size(); ++t) names.push_back(what + tasks_[t].name());
    }
    return names;
  }

  ParameterStore* state() override { return &state_; }

  InputTensors make_views(const MethodContext& context) override {
    const InputTensors inputs = context.inputs(0);
    views_ = strong_views(inputs.image, options_, context.seed, context.step, context.share);
    return views_.with(inputs);
  }

  MethodLoss compute(const MethodContext& context) override {
    if (context.share.part == 0) pending_.clear();
    pending_.resize(tasks_.size());
    labelled_.clear();
    for (size_t t = 0; t < tasks_.size(); ++t) labelled_.push_back(context.labels_in_batch(t));
    batch_ = context.batch();
    const int64_t samples = context.samples, count = static_cast<int64_t>(tasks_.size());
    const at::TensorOptions of_losses = context.labelled.options().dtype(context.images(0).scalar_type());
    at::Tensor losses = at::zeros({count, samples}, of_losses), taught = at::zeros({count, samples}, of_losses);
    const Predictions predictions = predict(context);
    at::Tensor total = at::zeros({samples}, of_losses);
    for (size_t t = 0; t < tasks_.size(); ++t) {
      // The same for all processes: what follows of their samples is shared.
      if (labelled_[t] >= batch_) continue;
      const at::Tensor unlabelled = context.unlabelled(t);
      context.checkpoint();
      const int64_t row = static_cast<int64_t>(t);
      const Task& task = tasks_[t];
      const Taught lesson = taught_by(context, t, predictions, unlabelled);
      const at::AutoGradMode mode(true);
      const at::Tensor prediction = context.tracked(kStudent, t);
      const auto [loss, share] = learned(task, prediction, lesson);
      const double factor = weight_of(t) * context.task_weights[row].item<double>() * ramp(context.step);
      const at::Tensor scale = at::full_like(loss, factor / batch_);
      context.add_gradient(kStudent, t, torch::autograd::grad({loss}, {prediction}, {scale})[0]);
      losses[row].copy_(loss.detach());
      taught[row].copy_(share);
      total.add_(loss.detach(), factor);
    }
    std::vector<at::Tensor> terms = {losses.sum(0)};
    for (const at::Tensor& rows : {losses, taught}) {
      for (int64_t t = 0; t < count; ++t) terms.push_back(rows[t]);
    }
    return {total, terms};
  }

  void follow() override {
    const at::NoGradGuard no_grad;
    for (size_t t = 0; t < pending_.size(); ++t) {
      const Observed& seen = pending_[t];
      const Followed& followed = followed_[t];
      if (!seen.count.defined()) continue;
      move(followed.mean, seen.mean / seen.count);
      if (followed.classes >= 0) move(followed.classes, seen.classes / seen.count);
      move(followed.seen, at::ones_like(state_.buffer(followed.seen)));
    }
    pending_.clear();
    for (size_t t = 0; t < followed_.size(); ++t) state_.buffer(followed_[t].labels).add_(labelled_[t]);
    state_.buffer(samples_).add_(batch_);
  }

 private:
  /// The view that it makes.
  static constexpr int64_t kStudent = 1;

  /// What is followed of a task: places in the state. Moving averages begin at 0 and are divided by that of 1.
  struct Followed {
    int64_t mean = -1, classes = -1, seen = -1;
    int64_t labels = -1;  // how many there were
  };
  /// What unlabelled samples say of a task, summed over them and over all processes; their number. Undefined: nobody
  /// looked.
  struct Observed {
    at::Tensor mean, classes, count;
  };
  struct Predictions {
    TaskTensors plain, mirrored;  // the latter of mirrored images
  };
  struct Taught {
    at::Tensor target;      // [B, c, H, W], or [B, c]
    at::Tensor confidence;  // [B, H, W], or [B], of tags [B, c]; 0 where the sample is labelled
  };

  Predictions predict(const MethodContext& context) const {
    const InputTensors inputs = context.inputs(0);
    if (!options_.mirror) return {context.teacher(inputs), {}};
    const TaskTensors both = context.teacher(inputs.followed_by(inputs.mirrored()));
    return {both.narrow(0, context.samples), both.narrow(context.samples, context.samples)};
  }

  /// The loss of the student's predictions, and the share of places that are taught, each [B].
  std::pair<at::Tensor, at::Tensor> learned(const Task& task, const at::Tensor& prediction,
                                            const Taught& lesson) const {
    if (task.extent() == Extent::kPixel) {
      const at::Tensor confidence = views_.mixed(lesson.confidence, 0);
      return {task.agreement_loss(prediction, views_.mixed(lesson.target, 0), 1, confidence),
              mean_per_sample(confidence.unsqueeze(1))};
    }
    const at::Tensor targets = views_.pooled(lesson.target), confidences = views_.pooled(lesson.confidence);
    const auto confidence = [&](const at::Tensor& samples) { return confidences.index_select(0, samples); };
    return {
        views_.by_area([&](const at::Tensor& samples) {
          return task.agreement_loss(prediction, targets.index_select(0, samples), 1, confidence(samples));
        }),
        views_.by_area([&](const at::Tensor& samples) { return mean_per_sample(confidence(samples).unsqueeze(1)); })};
  }

  Taught taught_by(const MethodContext& context, size_t t, const Predictions& predictions,
                   const at::Tensor& unlabelled) {
    const at::NoGradGuard no_grad;
    const Task& task = tasks_[t];
    at::Tensor target = task.prediction_as_target(tasks_.prediction(predictions.plain, t), options_.temperature);
    at::Tensor difference;
    if (options_.mirror) {
      const at::Tensor other = mirrored_back(
          task, task.prediction_as_target(tasks_.prediction(predictions.mirrored, t), options_.temperature));
      if (!task.has_classes() && !task.has_tags()) difference = task.disagreement(other, target, 1);
      target = as_target(task, (target + other) / 2, 0);
    }
    target = context.allowed(t, target);
    const Share& share = context.share;
    const at::Tensor confidence = task.has_tags()      ? of_tags(share, t, target, unlabelled)
                                  : task.has_classes() ? of_classes(share, t, target, unlabelled)
                                                       : of_values(share, t, target, difference, unlabelled);
    if (options_.target == TargetForm::kHard) {
      if (task.has_tags()) target = target.ge(0.5).to(target.scalar_type());
      if (task.has_classes()) target = at::zeros_like(target).scatter_(1, target.argmax(1, true), 1);
    }
    std::vector<int64_t> column(static_cast<size_t>(confidence.dim()), 1);
    column[0] = target.size(0);
    return {target, confidence * unlabelled.view(column).to(target.scalar_type())};
  }

  /// Each sample's mean over places: [n, ...] -> [n].
  static at::Tensor over_places(const at::Tensor& values) { return values.unsqueeze(-1).flatten(1).mean(1); }

  /// Takes down what unlabelled samples say, `mean` [n, ...] and `classes` [n, ...] a row for each; the means over all
  /// of those that processes look at now.
  Observed observe(const Share& share, size_t t, const at::Tensor& mean, const at::Tensor& classes) {
    const bool has_classes = classes.defined();
    const at::Tensor own = mean.sum(0).view(-1);
    std::vector<at::Tensor> parts = {own, at::full({1}, static_cast<double>(mean.size(0)), own.options())};
    if (has_classes) parts.push_back(classes.sum(0).view(-1));
    const at::Tensor sums = share.summed(at::cat(parts));
    const int64_t numbers = own.numel();
    Observed now;
    now.mean = sums.narrow(0, 0, numbers).view(mean.sizes().slice(1));
    now.count = sums.select(0, numbers);
    if (has_classes) now.classes = sums.narrow(0, numbers + 1, sums.numel() - numbers - 1);
    Observed& all = pending_[t];
    const auto add = [](at::Tensor& total, const at::Tensor& part) {
      if (part.defined()) total = total.defined() ? total + part : part;
    };
    add(all.mean, now.mean);
    add(all.classes, now.classes);
    add(all.count, now.count);
    const at::Tensor divisor = now.count.clamp_min(1);
    return {now.mean / divisor, has_classes ? now.classes / divisor : at::Tensor{}, now.count};
  }

  at::Tensor of_classes(const Share& share, size_t t, const at::Tensor& target, const at::Tensor& unlabelled) {
    const auto [largest, best] = target.max(1);
    const at::Tensor seen = target.index({unlabelled});
    const Observed now =
        observe(share, t, over_places(largest.index({unlabelled})), seen.unsqueeze(-1).flatten(2).mean(2));
    if (options_.selection == Selection::kAll) return at::ones_like(largest);
    if (options_.selection == Selection::kFixed) return largest.ge(options_.threshold).to(largest.scalar_type());
    const at::Tensor classes = average(t, followed_[t].classes, now.classes);
    const at::Tensor thresholds = classes / classes.max() * average(t, followed_[t].mean, now.mean);
    return largest.ge(thresholds.index({best})).to(largest.scalar_type());
  }

  at::Tensor of_tags(const Share& share, size_t t, const at::Tensor& target, const at::Tensor& unlabelled) {
    const at::Tensor largest = at::max(target, 1 - target), there = target.ge(0.5);
    const Observed now = observe(share, t, largest.index({unlabelled}), target.index({unlabelled}));
    if (options_.selection == Selection::kAll) return at::ones_like(largest);
    if (options_.selection == Selection::kFixed) return largest.ge(options_.threshold).to(largest.scalar_type());
    const at::Tensor mean = average(t, followed_[t].classes, now.classes);
    const at::Tensor thresholds =
        at::where(there, mean, 1 - mean) / at::max(mean, 1 - mean) * average(t, followed_[t].mean, now.mean);
    return largest.ge(thresholds).to(largest.scalar_type());
  }

  at::Tensor of_values(const Share& share, size_t t, const at::Tensor& target, const at::Tensor& difference,
                       const at::Tensor& unlabelled) {
    if (!difference.defined()) return at::ones_like(target.select(1, 0));
    const Observed now = observe(share, t, over_places(difference.index({unlabelled})), {});
    const at::Tensor mean = average(t, followed_[t].mean, now.mean);
    return (-difference / mean.clamp_min(kNothing)).exp();
  }

  /// The moving average; what this step says where there is none yet.
  at::Tensor average(size_t t, int64_t place, const at::Tensor& now) const {
    const at::Tensor& seen = state_.buffer(followed_[t].seen);
    return at::where(seen.gt(0), state_.buffer(place) / seen.clamp_min(kNothing), now);
  }

  void move(int64_t place, const at::Tensor& value) {
    at::Tensor average = state_.buffer(place);
    average.mul_(options_.momentum).add_(value.to(average.scalar_type()), 1 - options_.momentum);
  }

  double weight_of(size_t t) const {
    const double weight =
        options_.weight * (tasks_[t].has_classes() || tasks_[t].has_tags() ? 1 : options_.value_weight);
    if (!options_.as_labels) return weight;
    // This step's samples count as those before it.
    const double samples = state_.buffer(samples_).item<double>() + batch_;
    const double labels = state_.buffer(followed_[t].labels).item<double>() + labelled_[t];
    return weight * std::min(1.0, labels / std::max(samples - labels, 1.0));
  }

  double ramp(int64_t step) const {
    if (step >= options_.ramp_up_steps) return 1;
    const double left = 1 - static_cast<double>(step) / static_cast<double>(options_.ramp_up_steps);
    return std::exp(-kRampSlope * left * left);
  }

  /// A target of the mirrored image as one of the image.
  static at::Tensor mirrored_back(const Task& task, const at::Tensor& target) {
    return task.extent() == Extent::kPixel ? as_target(task, target.flip(3), 1) : target;
  }

  /// What a task makes of a blend: normals of unit length; and of a mirror image.
  static at::Tensor as_target(const Task& task, const at::Tensor& blend, double mirrored) {
    if (task.extent() != Extent::kPixel) return blend;
    const std::vector<int64_t> one = {blend.size(0), 1, 1, 1};
    return task.enlarged(blend, at::ones(one, blend.options()), at::full(one, mirrored, blend.options()));
  }

  Options options_;
  const TaskSet& tasks_;
  ParameterStore state_;
  std::vector<Followed> followed_;
  StrongViews views_;
  std::vector<Observed> pending_;  // of each task, in this step
  int64_t samples_ = -1;           // place of the number of samples
  std::vector<double> labelled_;   // of this step's samples, how many have each label
  double batch_ = 0;               // this step's samples, of all processes
};

const Registered<Teacher> registered;

}  // namespace
}  // namespace jtr
