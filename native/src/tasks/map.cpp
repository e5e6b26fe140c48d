// Maps of values in [0, 1], such as edges and keypoints: [B, c, H, W], label NaN for none.
#include <cmath>
#include <limits>

#include "error.h"
#include "tasks/kinds.h"

namespace jtr {
namespace {

class Map final : public Task {
 public:
  using Task::Task;

  int64_t label_channels() const override { return channels(); }
  float invalid_label() const override { return std::numeric_limits<float>::quiet_NaN(); }

  void check_label(const float* label, int64_t pixels, const char* field) const override {
    for (int64_t i = 0; i < channels() * pixels; ++i) {
      require(!std::isfinite(label[i]) || std::abs(label[i] - 0.5f) <= 0.505f, field, "value ", label[i], " of task '",
              spec().name, "' is outside 0 to 1 (channel ", i / pixels, ", pixel ", i % pixels, ")");
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

  at::Tensor agreement_loss(const at::Tensor& prediction, const at::Tensor& target) const override {
    return mean_per_sample((prediction - target).abs());
  }

 private:
  /// The label, 0 where invalid.
  at::Tensor known(const at::Tensor& label) const { return at::where(valid(label), label, at::zeros_like(label)); }
};

}  // namespace

std::unique_ptr<Task> make_map(const TaskSpec& spec) {
  require(spec.channels >= 1 && spec.channels <= 256, "tasks.channels", "a map task has 1 to 256 channels, not ",
          spec.channels);
  return std::make_unique<Map>(spec);
}

}  // namespace jtr
