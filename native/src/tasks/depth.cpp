// Depth: [B, 1, H, W] in metres or any positive measure, label 0 for none.
#include <cmath>

#include "error.h"
#include "tasks/task.h"

namespace jtr {
namespace {

/// Keeps MTPSL's division by the largest depth finite, as published.
constexpr double kMaxEps = 1e-12;

class Depth final : public Task {
 public:
  static constexpr char kName[] = "depth";
  static constexpr char kSummary[] = "Metres, or any positive measure. Label: 0 where there is none.";
  static constexpr int kPlace = 2;

  struct Options : TaskOptions {
    double mean = 2.3618, std = 1.5876;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.number("mean", mean, any_number(),
               "Mean of the normal CDF that maps depth into the joint space. Published: 2.3618.");
      v.number("std", std, above(0), "Standard deviation of that CDF. Published: 1.5876.");
    }
  };

  Depth(const Options& options, const TaskSetting&)
      : Task(kName, options.name), mean_(options.mean), std_(options.std) {}

  bool in_joint_space() const override { return true; }
  int64_t channels() const override { return 1; }
  int64_t label_channels() const override { return 1; }
  float invalid_label() const override { return 0; }

  void check_label(const float* label, int64_t pixels, const char* field) const override {
    for (int64_t i = 0; i < pixels; ++i) {
      require(label[i] >= 0 && std::isfinite(label[i]), field, "depth ", label[i], " of task '", name(),
              "' is not a finite number of 0 or more (pixel ", i, ")");
    }
  }

  at::Tensor valid(const at::Tensor& label) const override { return label.ne(0); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Mean absolute error over the valid pixels of each sample.
    const at::Tensor mask = valid(label);
    return sum_per_sample((prediction - label).abs() * mask) / sum_per_sample(mask).clamp_min(1);
  }

  std::optional<kernels::device::ChannelGroup> channel_group() const override {
    return kernels::device::ChannelGroup{kernels::device::Encoding::kNormalCdf, mean_, 1 / (std_ * std::sqrt(2.0))};
  }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return cdf(prediction * mask);
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    return cdf(mask.defined() ? label * mask : label);
  }

  at::Tensor label_target(const at::Tensor& label) const override { return label; }

  at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor&, const at::Tensor&) const override {
    return prediction;
  }

  at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return cdf(prediction * mask);  // and reconstruction_loss applies the CDF again: a quirk, kept
  }

  at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const override {
    return sum_per_sample((squash(r) - cdf(target)).abs() * mask) / count_nonzero_per_sample(target);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return sum_per_sample((squash(r) - encoded).abs() * mask) / count_nonzero_per_sample(mask);
  }

  // What is enlarged is nearer.
  at::Tensor enlarged(const at::Tensor& target, const at::Tensor& scale, const at::Tensor&) const override {
    return target / scale;
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double) const override {
    return (prediction - target).abs().mean(1);
  }

  at::Tensor mapping_prediction(const at::Tensor& prediction, const at::Tensor&) const override {
    return mapping_label(prediction);
  }

  at::Tensor mapping_label(const at::Tensor& label) const override {
    return label / (label.amax({1, 2, 3}, true) + kMaxEps);
  }

 private:
  /// CDF of the normal distribution with the task's mean and standard deviation.
  at::Tensor cdf(const at::Tensor& depth) const {
    return (((depth - mean_) / (std_ * std::sqrt(2.0))).erf() + 1) * 0.5;
  }

  /// Sigmoid, kept a little inside (0, 1).
  static at::Tensor squash(const at::Tensor& r) { return (r.sigmoid() - 0.5) * (1 - 1e-5) + 0.5; }

  double mean_, std_;
};

const Registered<Depth> registered;

}  // namespace
}  // namespace jtr
