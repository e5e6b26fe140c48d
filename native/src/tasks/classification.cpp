// One class for the whole image: logits [B, C], label class id [B, 1] with -1 for none.
#include <cmath>

#include "error.h"
#include "tasks/class_weights.h"
#include "tasks/gumbel.h"
#include "tasks/task.h"

namespace jtr {
namespace {

class Classification final : public Task {
 public:
  static constexpr char kName[] = "classification";
  static constexpr char kSummary[] =
      "One of several classes for the whole image. Prediction: one logit per class. Label: class id, -1 where there is "
      "none.";
  static constexpr int kPlace = 5;

  struct Options : TaskOptions {
    int64_t classes = 2;
    std::vector<double> class_weights;
    double label_smoothing = 0;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("classes", classes, within(2, 4096), "Number of classes.");
      v.numbers("class_weights", class_weights, at_least(0),
                "What the loss of a sample is multiplied by, for each class; none: 1. For classes that are rare.");
      v.number("label_smoothing", label_smoothing, below(0, 1),
               "Part of the target that all classes share (Szegedy et al., CVPR 2016).");
    }
    void check(const std::string& path) const { check_class_weights(class_weights, classes, path); }
  };

  Classification(const Options& options, const TaskSetting&) : Task(kName, options.name), options_(options) {}

  Extent extent() const override { return Extent::kImage; }
  int64_t channels() const override { return options_.classes; }
  int64_t label_channels() const override { return 1; }
  float invalid_label() const override { return -1; }

  void check_label(const float* label, int64_t, const char* field) const override {
    // Written so that NaN fails.
    const bool good = *label >= -1 && *label < static_cast<float>(channels()) && *label == std::nearbyint(*label);
    require(good, field, "class id ", *label, " of task '", name(), "' is not a whole number from -1 to ",
            channels() - 1, " (element 0)");
  }

  at::Tensor valid(const at::Tensor& label) const override { return label.ne(-1); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Cross entropy, times the weight of the sample's class.
    const at::Tensor ids = label.to(at::kLong), places = ids.clamp_min(0), log_p = at::log_softmax(prediction, 1);
    const double shared = options_.label_smoothing;
    const at::Tensor own = log_p.gather(1, places).squeeze(1);
    const at::Tensor loss = shared > 0 ? -((1 - shared) * own + shared * log_p.mean(1)) : -own;
    return loss * weights(places.squeeze(1), prediction) * ids.squeeze(1).ge(0);
  }

  bool has_classes() const override { return true; }

  at::Tensor prediction_as_target(const at::Tensor& prediction, double temperature) const override {
    return at::softmax(prediction / temperature, 1);
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double temperature) const override {
    return -(target * at::log_softmax(prediction / temperature, 1)).sum(1);
  }

  bool in_joint_space() const override { return true; }
  /// One draw for each class, not for each pixel: the first numbers of as many channels as it takes.
  int64_t noise_channels() const override { return (channels() + kLeastPixels - 1) / kLeastPixels; }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    if (!noise.defined()) return at::softmax(prediction, 1) * mask;
    return straight_through_gumbel(prediction, noise.narrow(1, 0, channels())) * mask;
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    // One-hot; all zero where the id is -1.
    const at::Tensor ids = label.to(at::kLong);
    at::Tensor one_hot = at::zeros({label.size(0), channels()}, label.options());
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
    // As of segmentation: binary cross entropy, the sum over classes of the mean over pixels.
    const at::Tensor wanted = target.unsqueeze(2).unsqueeze(3).expand_as(r);
    const at::Tensor loss = at::binary_cross_entropy_with_logits(r, wanted, {}, {}, at::Reduction::None);
    return (loss.mean({2, 3}) * mask).sum(1);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return reconstruction_loss(r, encoded, mask);
  }

 private:
  at::Tensor weights(const at::Tensor& ids, const at::Tensor& like) const {
    if (options_.class_weights.empty()) return at::ones_like(ids, like.options());
    return class_weights_like(options_.class_weights, like).index_select(0, ids);
  }

  Options options_;
};

const Registered<Classification> registered;

}  // namespace
}  // namespace jtr
