// Semantic segmentation: logits [B, C, H, W], label class ids [B, 1, H, W] with -1 for none.
#include <cmath>

#include "error.h"
#include "tasks/class_weights.h"
#include "tasks/gumbel.h"
#include "tasks/task.h"

namespace jtr {
namespace {

class Segmentation final : public Task {
 public:
  static constexpr char kName[] = "segmentation";
  static constexpr char kSummary[] =
      "A class for every pixel. Prediction: one logit per class. Label: class id, -1 where there is none.";
  static constexpr int kPlace = 1;

  struct Options : TaskOptions {
    int64_t classes = 2;
    std::vector<double> class_weights;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("classes", classes, within(2, 4096), "Number of classes.");
      v.numbers("class_weights", class_weights, at_least(0),
                "What the loss of a pixel is multiplied by, for each class; none: 1. For classes that are rare.");
    }
    void check(const std::string& path) const { check_class_weights(class_weights, classes, path); }
  };

  Segmentation(const Options& options, const TaskSetting&)
      : Task(kName, options.name), classes_(options.classes), weights_(options.class_weights) {}

  bool in_joint_space() const override { return true; }
  int64_t channels() const override { return classes_; }
  int64_t label_channels() const override { return 1; }
  float invalid_label() const override { return -1; }
  int64_t noise_channels() const override { return channels(); }

  void check_label(const float* label, int64_t pixels, const char* field) const override {
    const float classes = static_cast<float>(channels());
    for (int64_t i = 0; i < pixels; ++i) {
      // Written so that NaN fails.
      const bool good = label[i] >= -1 && label[i] < classes && label[i] == std::nearbyint(label[i]);
      require(good, field, "class id ", label[i], " of task '", name(), "' is not a whole number from -1 to ",
              channels() - 1, " (pixel ", i, ")");
    }
  }

  at::Tensor valid(const at::Tensor& label) const override { return label.ne(-1); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Mean over the valid pixels of each sample: cross entropy, times the weight of the pixel's class.
    const at::Tensor ids = label.squeeze(1).to(at::kLong);
    const at::Tensor log_p = at::log_softmax(prediction, 1);
    const at::Tensor loss = at::nll_loss2d(log_p, ids, class_weights_like(weights_, log_p), at::Reduction::None, -1);
    return sum_per_sample(loss) / sum_per_sample(ids.ne(-1)).clamp_min(1);
  }

  std::optional<kernels::device::ChannelGroup> channel_group() const override {
    return kernels::device::ChannelGroup{kernels::device::Encoding::kOneHot};
  }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    if (!noise.defined()) return at::softmax(prediction, 1) * mask;
    return straight_through_gumbel(prediction, noise) * mask;
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    // One-hot; all zero where the id is -1.
    const at::Tensor ids = label.to(at::kLong);
    at::Tensor one_hot = at::zeros({label.size(0), channels(), label.size(2), label.size(3)}, label.options());
    one_hot.scatter_(1, ids.clamp_min(0), ids.ge(0).to(label.scalar_type()));
    return mask.defined() ? one_hot * mask : one_hot;
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
    return masked_cross_entropy(r, target, mask) / count_nonzero_per_sample(target);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return masked_cross_entropy(r, encoded, mask) / count_nonzero_per_sample(mask);
  }

  bool has_classes() const override { return true; }

  at::Tensor prediction_as_target(const at::Tensor& prediction, double temperature) const override {
    return at::softmax(prediction / temperature, 1);
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double temperature) const override {
    return -(target * at::log_softmax(prediction / temperature, 1)).sum(1);
  }

 private:
  static at::Tensor masked_cross_entropy(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) {
    return sum_per_sample(at::binary_cross_entropy_with_logits(r, target, {}, {}, at::Reduction::None) * mask);
  }

  int64_t classes_;
  std::vector<double> weights_;
};

const Registered<Segmentation> registered;

}  // namespace
}  // namespace jtr
