// Values of the whole image: [B, c] in the label's own unit, label NaN where a value is not known.
#include <cmath>
#include <limits>

#include "error.h"
#include "tasks/task.h"

namespace jtr {
namespace {

enum class Loss { kL1, kHuber };

class Regression final : public Task {
 public:
  static constexpr char kName[] = "regression";
  static constexpr char kSummary[] =
      "Values of the whole image, in their own unit. Label: NaN where a value is not known.";
  static constexpr int kPlace = 7;

  struct Options : TaskOptions {
    int64_t channels = 1;
    std::vector<double> means, deviations;
    Loss loss = Loss::kL1;
    double delta = 1;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("channels", channels, within(1, 4096), "Number of values.");
      v.numbers("means", means, any_number(), "Mean of each value over the training labels; none: 0.");
      v.numbers(
          "deviations", deviations, above(0),
          "Standard deviation of each value over the training labels; none: 1. Values are learned in units of it, "
          "so that those of every unit count alike.");
      // L1 by default: what is reported is the mean absolute error, and one wrong label pulls no harder than another.
      v.choice("loss", loss, {{"l1", Loss::kL1}, {"huber", Loss::kHuber}},
               "l1: absolute errors. huber: squared where they are small (Huber 1964).");
      v.number("delta", delta, above(0), "Of huber: the error, in deviations, from which on it is no longer squared.");
    }
    void check(const std::string& path) const {
      const auto check_count = [&](const char* option, size_t given) {
        require(given == 0 || static_cast<int64_t>(given) == channels, join_path(path, option).c_str(),
                "there must be one for each of the ", channels, " values, or none, not ", given);
      };
      check_count("means", means.size());
      check_count("deviations", deviations.size());
    }
  };

  Regression(const Options& options, const TaskSetting&)
      : Task(kName, options.name),
        options_(options),
        means_(all_or(options.means, options.channels, 0)),
        deviations_(all_or(options.deviations, options.channels, 1)) {}

  Extent extent() const override { return Extent::kImage; }
  int64_t channels() const override { return options_.channels; }
  int64_t label_channels() const override { return options_.channels; }
  float invalid_label() const override { return std::numeric_limits<float>::quiet_NaN(); }

  void check_label(const float* label, int64_t, const char* field) const override {
    for (int64_t i = 0; i < channels(); ++i) {
      require(!std::isinf(label[i]), field, "value ", label[i], " of task '", name(),
              "' is neither a finite number nor NaN (element ", i, ")");
    }
  }

  at::Tensor activate(const at::Tensor& raw) const override { return raw * like(deviations_, raw) + like(means_, raw); }

  at::Tensor known(const at::Tensor& label) const override { return at::isfinite(label); }
  // A sample is valid when any of its values is known.
  at::Tensor valid(const at::Tensor& label) const override { return known(label).any(1, true); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Mean error over the known values of each sample, in deviations.
    const at::Tensor mask = known(label);
    return mean_of_known(error(prediction, at::where(mask, label, at::zeros_like(label))), mask);
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double) const override {
    return error(prediction, target).mean(1);
  }

  // In the joint space a value is its place in the normal distribution of its mean and deviation, one half where it is
  // not known.
  bool in_joint_space() const override { return true; }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return cdf(standardised(prediction) * mask);
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    const at::Tensor values = at::where(known(label), standardised(label), at::zeros_like(label));
    return cdf(mask.defined() ? values * mask : values);
  }

  at::Tensor label_target(const at::Tensor& label) const override { return encode_label(label, {}); }

  at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    return encode_prediction(prediction, mask, noise);
  }

  at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    return encode_prediction(prediction, mask, noise);
  }

  at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const override {
    // L1, as of depth: the mean over pixels, then over the known values.
    const at::Tensor loss = (r.sigmoid() - target.unsqueeze(2).unsqueeze(3)).abs();
    return mean_of_known(loss.mean({2, 3}), mask);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return reconstruction_loss(r, encoded, mask);
  }

 private:
  static std::vector<double> all_or(const std::vector<double>& given, int64_t count, double otherwise) {
    return given.empty() ? std::vector<double>(static_cast<size_t>(count), otherwise) : given;
  }

  static at::Tensor like(const std::vector<double>& values, const at::Tensor& other) {
    return at::tensor(values, at::kDouble).to(other.options());
  }

  static at::Tensor mean_of_known(const at::Tensor& each, const at::Tensor& mask) {
    return (each * mask).sum(1) / mask.sum(1).clamp_min(1);
  }

  at::Tensor standardised(const at::Tensor& values) const {
    return (values - like(means_, values)) / like(deviations_, values);
  }

  static at::Tensor cdf(const at::Tensor& standardised) { return ((standardised * std::sqrt(0.5)).erf() + 1) * 0.5; }

  /// Of each value, in deviations.
  at::Tensor error(const at::Tensor& a, const at::Tensor& b) const {
    const at::Tensor difference = ((a - b) / like(deviations_, a)).abs();
    if (options_.loss == Loss::kL1) return difference;
    const double delta = options_.delta;
    return at::where(difference.le(delta), 0.5 * difference * difference, delta * (difference - 0.5 * delta));
  }

  Options options_;
  std::vector<double> means_, deviations_;
};

const Registered<Regression> registered;

}  // namespace
}  // namespace jtr
