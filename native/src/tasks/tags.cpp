// Tags of the whole image, each there or not: logits [B, C], label 0 or 1 [B, C] with NaN where it is not known.
#include <cmath>
#include <limits>

#include "error.h"
#include "tasks/task.h"

namespace jtr {
namespace {

class Tags final : public Task {
 public:
  static constexpr char kName[] = "tags";
  static constexpr char kSummary[] =
      "Tags of the whole image, each there or not. Prediction: one logit per tag. Label: 1 or 0, NaN where it is not "
      "known.";
  static constexpr int kPlace = 6;

  struct Options : TaskOptions {
    int64_t tags = 1;
    std::vector<double> positive_weights;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("tags", tags, within(1, 4096), "Number of tags.");
      v.numbers(
          "positive_weights", positive_weights, above(0),
          "What the loss of a tag that is there is multiplied by, for each tag; none: 1. For tags that are rare.");
    }
    void check(const std::string& path) const {
      const int64_t given = static_cast<int64_t>(positive_weights.size());
      require(given == 0 || given == tags, join_path(path, "positive_weights").c_str(),
              "there must be one for each of the ", tags, " tags, or none, not ", given);
    }
  };

  Tags(const Options& options, const TaskSetting&) : Task(kName, options.name), options_(options) {}

  Extent extent() const override { return Extent::kImage; }
  int64_t channels() const override { return options_.tags; }
  int64_t label_channels() const override { return options_.tags; }
  float invalid_label() const override { return std::numeric_limits<float>::quiet_NaN(); }

  void check_label(const float* label, int64_t, const char* field) const override {
    for (int64_t i = 0; i < channels(); ++i) {
      require(label[i] == 0 || label[i] == 1 || std::isnan(label[i]), field, "value ", label[i], " of task '", name(),
              "' is not 0, 1 or NaN (tag ", i, ")");
    }
  }

  at::Tensor known(const at::Tensor& label) const override { return at::isfinite(label); }
  // A sample is valid when any of its tags is known.
  at::Tensor valid(const at::Tensor& label) const override { return known(label).any(1, true); }

  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    // Mean binary cross entropy over the known tags of each sample.
    const at::Tensor mask = known(label), wanted = at::where(mask, label, at::zeros_like(label));
    const at::Tensor loss =
        at::binary_cross_entropy_with_logits(prediction, wanted, {}, positive_weights(label), at::Reduction::None);
    return mean_of_known(loss, mask);
  }

  bool has_tags() const override { return true; }

  at::Tensor prediction_as_target(const at::Tensor& prediction, double temperature) const override {
    return (prediction / temperature).sigmoid();
  }

  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double temperature) const override {
    return at::binary_cross_entropy_with_logits(prediction / temperature, target, {}, {}, at::Reduction::None);
  }

  // In the joint space a tag is its probability, one half where it is not known.
  bool in_joint_space() const override { return true; }

  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return (prediction.sigmoid() - 0.5) * mask + 0.5;
  }

  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    const at::Tensor signs = at::where(known(label), label - 0.5, at::zeros_like(label));
    return (mask.defined() ? signs * mask : signs) + 0.5;
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
    // Binary cross entropy, as of a class: the mean over pixels, then over the known tags.
    const at::Tensor wanted = target.unsqueeze(2).unsqueeze(3).expand_as(r);
    const at::Tensor loss = at::binary_cross_entropy_with_logits(r, wanted, {}, {}, at::Reduction::None);
    return mean_of_known(loss.mean({2, 3}), mask);
  }

  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return reconstruction_loss(r, encoded, mask);
  }

 private:
  static at::Tensor mean_of_known(const at::Tensor& each, const at::Tensor& mask) {
    return (each * mask).sum(1) / mask.sum(1).clamp_min(1);
  }

  at::Tensor positive_weights(const at::Tensor& like) const {
    if (options_.positive_weights.empty()) return {};
    return at::tensor(options_.positive_weights, at::kDouble).to(like.options());
  }

  Options options_;
};

const Registered<Tags> registered;

}  // namespace
}  // namespace jtr
