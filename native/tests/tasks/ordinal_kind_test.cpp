// A kind of task that is defined in this test alone, in one piece with its options: an ordered class of the whole image
// by cumulative logits. Nothing else of the library knows of it.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "finite_differences.h"
#include "methods/mixed_fixture.h"

namespace jtr {
namespace {

/// Levels 0 < 1 < ... of the whole image: logits [B, levels - 1] of being above each but the last (McCullagh 1980),
/// label [B, 1] with -1 for none.
class Ordinal final : public Task {
 public:
  static constexpr char kName[] = "ordinal";
  static constexpr char kSummary[] = "An ordered class for the whole image.";
  static constexpr int kPlace = 101;

  struct Options : TaskOptions {
    int64_t levels = 5;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("levels", levels, within(2, 64), "Number of levels.");
    }
  };

  Ordinal(const Options& options, const TaskSetting&) : Task(kName, options.name), levels_(options.levels) {}

  Extent extent() const override { return Extent::kImage; }
  int64_t channels() const override { return levels_ - 1; }
  int64_t label_channels() const override { return 1; }
  float invalid_label() const override { return -1; }
  void check_label(const float* label, int64_t, const char* field) const override {
    const bool good = *label >= -1 && *label < static_cast<float>(levels_) && *label == std::nearbyint(*label);
    require(good, field, "level ", *label, " of task '", name(), "' is not a whole number from -1 to ", levels_ - 1);
  }

  at::Tensor valid(const at::Tensor& label) const override { return label.ne(-1); }
  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    return disagreement(prediction, above(label), 1) * valid(label).squeeze(1);
  }
  at::Tensor prediction_as_target(const at::Tensor& prediction, double temperature) const override {
    return (prediction / temperature).sigmoid();
  }
  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double temperature) const override {
    return at::binary_cross_entropy_with_logits(prediction / temperature, target, {}, {}, at::Reduction::None).sum(1);
  }

  bool in_joint_space() const override { return true; }
  at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask, const at::Tensor&) const override {
    return prediction.sigmoid() * mask;
  }
  at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const override {
    return mask.defined() ? above(label) * mask : above(label);
  }
  at::Tensor label_target(const at::Tensor& label) const override { return above(label); }
  at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    return encode_prediction(prediction, mask, noise);
  }
  at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask,
                               const at::Tensor& noise) const override {
    return encode_prediction(prediction, mask, noise);
  }
  at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const override {
    return ((r.sigmoid() - target.unsqueeze(2).unsqueeze(3)).abs().mean({2, 3}) * mask).sum(1);
  }
  at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                           const at::Tensor& mask) const override {
    return reconstruction_loss(r, encoded, mask);
  }

 private:
  /// Whether the label is above each level, [B, levels - 1].
  at::Tensor above(const at::Tensor& label) const {
    return label.gt(at::arange(levels_ - 1, label.options())).to(label.scalar_type());
  }

  int64_t levels_;
};

const Registered<Ordinal> registered;

const std::vector<Variant> kTasks = {test::segmentation(), test::task("ordinal", "age", {{"levels", 4}}),
                                     test::depth()};

TEST(OrdinalKind, LossIsThatOfItsCumulativeLogits) {
  const auto task = test::make_task(kTasks[1]);
  const at::Tensor logits = at::tensor({1.0, -0.5, 2.0}, at::kDouble).repeat({2, 1});
  const at::Tensor loss = task->supervised_loss(logits, at::tensor({2.0, -1.0}, at::kDouble).unsqueeze(1));
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  EXPECT_NEAR(loss[0].item<double>(), softplus(-1) + softplus(0.5) + softplus(2), 1e-12);
  EXPECT_EQ(loss[1].item<double>(), 0);
}

TEST(OrdinalKind, IsTrainedBesidePixelTasksByEveryMethodThatTakesImages) {
  const test::MixedBatch batch(kTasks, {1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0});
  for (const char* method : {"supervised", "single_task", "consistency", "supervised+", "teacher", "jtr"}) {
    Trainer trainer(test::trainer_options(kTasks, method));
    const double first = trainer.step(batch.host, {}).terms[2];  // supervised.age
    double last = first;
    for (int i = 0; i < 40; ++i) last = trainer.step(batch.host, {}).terms[2];
    EXPECT_GT(first, 0) << method;
    EXPECT_LT(last, 0.7 * first) << method;
  }
}

TEST(OrdinalKind, WeightsGradientsAgreeWithFiniteDifferences) {
  const test::MixedBatch batch(kTasks, {1, 1, 0, 0, 1, 1, 1, 0, 1});
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  test::expect_weight_gradients_agree(
      trainer, [&] { return trainer.step(batch.host, {}).loss; }, test::is_weight);
}

TEST(OrdinalKind, HasItsPlaceInTheJointSpace) {
  test::MixedFixture f("jtr", Json::object(), kTasks, test::all_patterns(kTasks.size()));
  f.compute();
  for (int64_t i = 0; i < 3; ++i) {
    const at::Tensor differences = f.differences(1, 1, i);
    for (int64_t b = 0; b < f.context.samples; ++b) {
      const double expected = differences[b].item<double>(), actual = f.gradient(1, 1, b, i);
      if (f.context.is_labelled(b, 1)) {
        EXPECT_EQ(actual, 0);
      } else {
        EXPECT_NEAR(actual, expected, 2e-8 + 1e-5 * std::abs(expected)) << b << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace jtr
