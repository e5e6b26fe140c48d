// Surface normals: unit vectors [B, 3, H, W], label (0, 0, 0) for none.
#include <cmath>

#include "error.h"
#include "tasks/task.h"

namespace jtr {
namespace {

using kernels::device::kMinSquare;

class Normals final : public Task {
 public:
  static constexpr char kName[] = "normals";
  static constexpr char kSummary[] = "Unit vectors of surfaces. Label: (0, 0, 0) where there is none.";
  static constexpr int kPlace = 3;

  struct Options : TaskOptions {
    void visit(OptionVisitor& v) { TaskOptions::visit(v); }
  };

  Normals(const Options& options, const TaskSetting&) : Task(kName, options.name) {}

  bool in_joint_space() const override { return true; }
  int64_t channels() const override { return 3; }
  int64_t label_channels() const override { return 3; }
  float invalid_label() const override { return 0; }

  void check_label(const float* label, int64_t pixels, const char* field) const override {
    for (int64_t i = 0; i < 3 * pixels; ++i) {
      require(std::abs(label[i]) <= 1.01f, field, "component ", label[i], " of a normal of task '", name(),
              "' is outside -1 to 1 (channel ", i / pixels, ", pixel ", i % pixels, ")");
    }
  }

  at::Tensor activate(const at::Tensor& raw) const override { return normalize(raw); }

  // As published: the sum of the channels, so a label with x + y + z = 0 counts as none.
  at::Tensor valid(const at::Tensor& label) const override { return label.sum(1, true).ne(0); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // 1 - mean dot product over the valid pixels of each sample; 0 without any.
    const at::Tensor mask = valid(label);
    const at::Tensor count = sum_per_sample(mask);
    const at::Tensor loss = 1 - sum_per_sample(prediction * label * mask) / count.clamp_min(1);
    return loss * count.ne(0);
  }

  std::optional<kernels::device::ChannelGroup> channel_group() const override {
    return kernels::device::ChannelGroup{kernels::device::Encoding::kDirection};
  }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return (prediction * mask + 1) * 0.5;
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    return ((mask.defined() ? label * mask : label) + 1) * 0.5;
  }

  at::Tensor label_target(const at::Tensor& label) const override { return label; }

  at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor&, const at::Tensor&) const override {
    return prediction;
  }

  at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return (prediction * mask + 1) * 0.5;  // in [0, 1], yet compared with a direction: a quirk, kept
  }

  at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const override {
    // The number of non-zero elements is taken over all 3 channels, as published.
    return 1 - sum_per_sample(normalize(r) * target * mask) / count_nonzero_per_sample(target);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return 1 - sum_per_sample(normalize(r) * (encoded * 2 - 1) * mask) / count_nonzero_per_sample(mask);
  }

  // A mirrored surface looks the other way along x; what was blended is brought back to unit length.
  at::Tensor enlarged(const at::Tensor& target, const at::Tensor&, const at::Tensor& mirrored) const override {
    const at::Tensor x = target.narrow(1, 0, 1) * (1 - 2 * mirrored);
    return normalize(at::cat({x, target.narrow(1, 1, 2)}, 1));
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double) const override {
    return 1 - (prediction * target).sum(1);
  }

 private:
  static at::Tensor normalize(const at::Tensor& x) { return x * (x * x).sum(1, true).clamp_min(kMinSquare).rsqrt(); }
};

const Registered<Normals> registered;

}  // namespace
}  // namespace jtr
