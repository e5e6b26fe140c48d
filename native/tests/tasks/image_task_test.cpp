// A kind of task and a method that are defined in this test alone: a task of whole images, [B, c], and a method that
// works on it. Nothing else of the library knows of them.
#include <torch/csrc/autograd/autograd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "finite_differences.h"
#include "methods/method.h"
#include "support.h"

namespace jtr {
namespace {

/// Mean brightness of the image's halves, or whatever a number in [0, 1] says of an image; -1 where it is not known.
class Brightness final : public Task {
 public:
  static constexpr char kName[] = "brightness";
  static constexpr char kSummary[] = "Numbers in [0, 1] of an image.";
  static constexpr int kPlace = 100;

  struct Options : TaskOptions {
    int64_t values = 1;
    void visit(OptionVisitor& v) {
      TaskOptions::visit(v);
      v.integer("values", values, within(1, 8), "How many numbers.");
    }
  };

  Brightness(const Options& options, const TaskSetting&) : Task(kName, options.name), values_(options.values) {}

  Extent extent() const override { return Extent::kImage; }
  int64_t channels() const override { return values_; }
  int64_t label_channels() const override { return values_; }
  float invalid_label() const override { return -1; }
  void check_label(const float* label, int64_t, const char* field) const override {
    for (int64_t i = 0; i < values_; ++i) {
      require(label[i] == -1 || (label[i] >= 0 && label[i] <= 1), field, "element ", i, " is ", label[i]);
    }
  }
  at::Tensor activate(const at::Tensor& raw) const override { return raw.sigmoid(); }
  at::Tensor valid(const at::Tensor& label) const override { return label.ne(-1).all(1, true); }
  at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const override {
    return (prediction - label).pow(2).mean(1) * valid(label).squeeze(1);
  }
  at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double) const override {
    return (prediction - target).abs().mean(1);
  }

 private:
  int64_t values_;
};

const Registered<Brightness> registered_task;

/// Predictions of view 1 must agree with those of view 0, for every task that has no label.
class BrightnessAgreement final : public Method {
 public:
  static constexpr char kName[] = "brightness_agreement";
  static constexpr char kSummary[] = "Two views must agree.";
  static constexpr int kPlace = 100;
  static Json facts() { return MethodFacts().views(2).json(); }

  struct Options {
    double weight = 1;
    bool greedy = false;
    void visit(OptionVisitor& v) {
      v.number("weight", weight, a_weight(), "Weight of the term.");
      v.flag("greedy", greedy, "Whether it reads what it did not ask for.");
    }
  };

  BrightnessAgreement(const Options& options, const MethodSetting&) : options_(options) {}

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = 2;
    needs.last_view_with_gradient = 1;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"agreement"}; }
  MethodLoss compute(const MethodContext& context) override {
    EXPECT_TRUE(context.features.empty());
    EXPECT_FALSE(context.crops.defined());
    if (options_.greedy) context.images(0);
    at::Tensor total;
    for (size_t t = 0; t < context.tasks->size(); ++t) {
      const at::AutoGradMode mode(true);
      const at::Tensor seen = context.tracked(1, t);
      const at::Tensor loss =
          (*context.tasks)[t].agreement_loss(seen, context.prediction(0, t)) * context.unlabelled(t);
      const at::Tensor scale = at::full_like(loss, options_.weight / context.batch());
      context.add_gradient(1, t, torch::autograd::grad({loss}, {seen}, {scale})[0]);
      total = total.defined() ? total + loss.detach() : loss.detach();
    }
    return {options_.weight * total, {total}};
  }

 private:
  Options options_;
};

const Registered<BrightnessAgreement> registered_method;

const std::vector<Variant> kTasks = {test::depth(), test::task("brightness", "light", {{"values", 2}}), test::map()};

struct MixedBatch {
  explicit MixedBatch(std::vector<uint8_t> w = {1, 1, 0, 0, 1, 1, 1, 0, 1}) : labelled(std::move(w)) {
    const TaskSet tasks(kTasks);
    images = test::uniform({2, 3, 3, 32, 64}, 0, 1, 1).to(at::kFloat);
    const at::Tensor planes = test::random_labels(tasks_of_pixels(), 2, 3, 32, 64, 1);
    light = images.select(2, 0).mean({2, 3}).unsqueeze(2).repeat({1, 1, 2}).contiguous();  // [V, B, 2]
    host.images = images;
    host.labels = {planes.narrow(2, 0, 1), light, planes.narrow(2, 1, 1)};
    host.labelled = test::labelled_matrix(labelled, 3);
  }
  static TaskSet tasks_of_pixels() { return TaskSet({test::depth(), test::map()}); }

  at::Tensor images, light;
  std::vector<uint8_t> labelled;
  HostBatch host;
};

TEST(ImageTask, ItsHeadLossAndMethodAreTrainedBesidePixelTasks) {
  const MixedBatch batch;
  Trainer trainer(test::trainer_options(kTasks, "brightness_agreement"));
  EXPECT_EQ(trainer.term_names(), (std::vector<std::string>{"supervised", "supervised.depth", "supervised.light",
                                                            "supervised.map", "brightness_agreement.agreement"}));
  const double first = trainer.step(batch.host, {}).terms[2];
  double last = first;
  for (int i = 0; i < 40; ++i) last = trainer.step(batch.host, {}).terms[2];
  EXPECT_GT(first, 0);
  EXPECT_LT(last, 0.5 * first);
}

TEST(ImageTask, GradientsAgreeWithFiniteDifferences) {
  const MixedBatch batch;
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  test::expect_weight_gradients_agree(
      trainer, [&] { return trainer.step(batch.host, {}).loss; }, test::is_weight);
}

TEST(ImageTask, AMethodGetsNothingThatItsNeedsDoNotAskFor) {
  const MixedBatch batch;
  TrainerOptions options = test::trainer_options(kTasks, "brightness_agreement");
  options.method = Variant::of("brightness_agreement", {{"greedy", true}});
  Trainer trainer(options);
  try {
    trainer.step(batch.host, {});
    FAIL() << "it could read images";
  } catch (const std::exception& e) {
    EXPECT_NE(std::string(e.what()).find("images"), std::string::npos) << e.what();
  }
}

TEST(ImageTask, TheTensorsOfABatchAreDescribed) {
  const Trainer trainer(test::trainer_options(kTasks, "brightness_agreement"));
  const Json batch = trainer.describe()["batch"];
  std::vector<std::string> names;
  for (const Json& tensor : batch) {
    names.push_back(tensor["name"]);
    EXPECT_FALSE(tensor["description"].get<std::string>().empty()) << tensor;
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"image", "label.depth", "label.light", "label.map", "labelled", "label_weight"}));
  EXPECT_EQ(batch[0]["sizes"], (Json{"V", "B", 3, "H", "W"}));
  EXPECT_EQ(batch[2]["sizes"], (Json{"V", "B", 2}));
  EXPECT_EQ(batch[5]["dtype"], "float64");
  EXPECT_EQ(batch[5]["sizes"], (Json{"B", 3}));

  const Json with_noise =
      Trainer(test::trainer_options({test::segmentation(4), test::depth()}, "jtr")).describe()["batch"];
  const auto noise =
      std::find_if(with_noise.begin(), with_noise.end(), [](const Json& t) { return t["name"] == "noise"; });
  ASSERT_NE(noise, with_noise.end());
  EXPECT_EQ((*noise)["sizes"], (Json{"B", 5, 4, "H", "W"}));
}

TEST(ImageTask, PredictionsAndGradientsAreDeliveredInTheirShape) {
  const MixedBatch batch;
  Trainer trainer(test::trainer_options(kTasks, "brightness_agreement"));
  const at::Tensor prediction = at::zeros({2, 3, 2}, at::kDouble), gradient = at::full({2, 3, 2}, 9.0, at::kDouble);
  StepRequest request;
  request.predictions.emplace_back(1, prediction);
  request.prediction_gradients.emplace_back(1, gradient);
  trainer.step(batch.host, request);
  EXPECT_TRUE(prediction.gt(0).logical_and(prediction.lt(1)).all().item<bool>());
  // Mean over 3 samples and 2 values of the squared error.
  const at::Tensor expected = 2 * (prediction[0] - batch.light[0].to(at::kDouble)) / 6;
  EXPECT_LT(test::relative_error(gradient[0].narrow(0, 0, 2), expected.narrow(0, 0, 2)), 1e-10);
  EXPECT_EQ(gradient[0][2].abs().sum().item<double>(), 0);  // not labelled
  EXPECT_EQ(gradient[1].narrow(0, 0, 2).abs().sum().item<double>(), 0);
  EXPECT_GT(gradient[1][2].abs().sum().item<double>(), 0);

  const at::Tensor out = at::empty({3, 2}, at::kFloat);
  trainer.predict(batch.images[0], {{1, out}});
  EXPECT_TRUE(out.gt(0).logical_and(out.lt(1)).all().item<bool>());
}

TEST(ImageTask, ALabelThatCannotBeIsRefusedByItsField) {
  MixedBatch batch;
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  batch.light[0][0][1] = 2;
  EXPECT_EQ(test::caught([&] { trainer.step(batch.host, {}); }).field(), "batch.label.light");
  batch.host.labels[1] = at::zeros({2, 3, 2, 32, 64}, at::kFloat);
  EXPECT_EQ(test::caught([&] { trainer.step(batch.host, {}); }).field(), "batch.label.light");
}

TEST(ImageTask, OfItsOwnNeedsNoPlanes) {
  MixedBatch batch({1, 1, 1, 0, 1, 1, 1, 0, 1});
  HostBatch host = batch.host;
  host.labels = {batch.light};
  host.labelled = batch.host.labelled.narrow(1, 0, 1).contiguous();
  Trainer trainer(test::trainer_options({kTasks[1]}, "supervised"));
  const double first = trainer.step(host, {}).loss;
  double last = first;
  for (int i = 0; i < 40; ++i) last = trainer.step(host, {}).loss;
  EXPECT_LT(last, 0.5 * first);
}

TEST(ImageTask, MethodsWithAJointSpaceRefuseAKindThatHasNoPlaceInIt) {
  for (const char* method : {"jtr", "mtpsl", "direct_map", "perceptual_map"}) {
    const Error e = test::caught([&] { Trainer trainer(test::trainer_options(kTasks, method)); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT) << method;
    EXPECT_EQ(e.field(), "tasks[1].kind") << e.what();
  }
}

TEST(ImageTask, TheMethodsThatCompareViewsTakeIt) {
  const MixedBatch batch;
  Trainer trainer(test::trainer_options(kTasks, "consistency"));
  HostBatch host = batch.host;
  host.crops = at::tensor({1.0, 0.0, 0.0, 32.0, 64.0, 0.0}, at::kDouble).expand({2, 3, 6}).contiguous();
  EXPECT_GT(test::step(trainer, host).dist, 0);
}

}  // namespace
}  // namespace jtr
