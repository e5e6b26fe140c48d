// Maps of values in [0, 1], such as edges and keypoints: [B, c, H, W], label NaN for none.
#include <cmath>
#include <limits>

#include "error.h"
#include "tasks/task.h"

namespace jtr {
namespace {

class Map final : public Task {
 public:
  static constexpr char kName[] = "map";
  static constexpr char kSummary[] = "Values in [0, 1], such as edges and keypoints. Label: NaN where there is none.";
  static constexpr int kPlace = 4;

  struct Options : TaskOptions {
    int64_t channels = 1;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("channels", channels, within(1, 256), "Number of values at each pixel.");
    }
  };

  Map(const Options& options, const TaskSetting&) : Task(kName, options.name), channels_(options.channels) {}

  bool in_joint_space() const override { return true; }
  int64_t channels() const override { return channels_; }
  int64_t label_channels() const override { return channels(); }
  float invalid_label() const override { return std::numeric_limits<float>::quiet_NaN(); }

  void check_label(const float* label, int64_t pixels, const char* field) const override {
    for (int64_t i = 0; i < channels() * pixels; ++i) {
      require(!std::isfinite(label[i]) || std::abs(label[i] - 0.5f) <= 0.505f, field, "value ", label[i], " of task '",
              name(), "' is outside 0 to 1 (channel ", i / pixels, ", pixel ", i % pixels, ")");
    }
  }

  // A pixel is valid when all its channels are.
  at::Tensor valid(const at::Tensor& label) const override { return at::isfinite(label).all(1, true); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Mean absolute error over the valid elements of each sample.
    const at::Tensor mask = valid(label);
    return sum_per_sample((prediction - known(label)).abs() * mask) / (sum_per_sample(mask) * channels()).clamp_min(1);
  }

  std::optional<kernels::device::ChannelGroup> channel_group() const override {
    return kernels::device::ChannelGroup{kernels::device::Encoding::kPlain};
  }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return prediction * mask;
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    return mask.defined() ? known(label) * mask : known(label);
  }

  at::Tensor label_target(const at::Tensor& label) const override { return known(label); }

  at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor&, const at::Tensor&) const override {
    return prediction;
  }

  at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor&, const at::Tensor&) const override {
    return prediction;
  }

  at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const override {
    return sum_per_sample((r - target).abs() * mask) / (count_nonzero_per_sample(mask) * channels());
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return reconstruction_loss(r, encoded, mask);
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double) const override {
    return (prediction - target).abs().mean(1);
  }

 private:
  /// The label, 0 where invalid.
  at::Tensor known(const at::Tensor& label) const { return at::where(valid(label), label, at::zeros_like(label)); }

  int64_t channels_;
};

const Registered<Map> registered;

}  // namespace
}  // namespace jtr
