// Classification, tags and regression: losses, encodings and targets against values worked out by hand.
#include <cmath>

#include "mixed.h"
#include "tasks/task.h"

namespace jtr {
namespace {

constexpr double kTight = 1e-12;
const float kNone = std::nanf("");

at::Tensor rows(std::vector<double> values, int64_t columns) {
  return at::tensor(values, at::kDouble).view({-1, columns});
}

double log_sum(double a, double b, double c) { return std::log(std::exp(a) + std::exp(b) + std::exp(c)); }
double softplus(double x) { return std::log1p(std::exp(x)); }
double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

TEST(Classification, LossIsTheCrossEntropyTimesTheClassesWeight) {
  const at::Tensor logits = rows({1, 2, -1, 0, 0.5, 3, 1, 1, 1}, 3), label = rows({1, 2, -1}, 1);
  const double first = log_sum(1, 2, -1) - 2, second = log_sum(0, 0.5, 3) - 3;
  const at::Tensor plain = test::make_task(test::classification(3))->supervised_loss(logits, label);
  EXPECT_NEAR(plain[0].item<double>(), first, kTight);
  EXPECT_NEAR(plain[1].item<double>(), second, kTight);
  EXPECT_EQ(plain[2].item<double>(), 0);

  const auto weighted =
      test::make_task(test::task("classification", "room", {{"classes", 3}, {"class_weights", {1, 0.5, 4}}}));
  const at::Tensor loss = weighted->supervised_loss(logits, label);
  EXPECT_NEAR(loss[0].item<double>(), 0.5 * first, kTight);
  EXPECT_NEAR(loss[1].item<double>(), 4 * second, kTight);

  // Of a target 0.8 + 0.2 / 3 and twice 0.2 / 3.
  const auto smooth = test::make_task(
      test::task("classification", "room", {{"classes", 3}, {"label_smoothing", 0.2}, {"class_weights", {1, 3, 1}}}));
  const double mean = (3 * log_sum(1, 2, -1) - (1 + 2 - 1)) / 3;
  EXPECT_NEAR(smooth->supervised_loss(logits, label)[0].item<double>(), 3 * (0.8 * first + 0.2 * mean), kTight);
}

TEST(Tags, LossIsTheMeanCrossEntropyOverKnownTags) {
  const at::Tensor logits = rows({1, -2, 0.5, 3, 0, 1, 2, 2, 2}, 3);
  const at::Tensor label = rows({1, 0, kNone, kNone, 1, kNone, kNone, kNone, kNone}, 3);
  const at::Tensor plain = test::make_task(test::tags(3))->supervised_loss(logits, label);
  EXPECT_NEAR(plain[0].item<double>(), (softplus(-1) + softplus(-2)) / 2, kTight);
  EXPECT_NEAR(plain[1].item<double>(), std::log(2.0), kTight);
  EXPECT_EQ(plain[2].item<double>(), 0);

  const auto weighted = test::make_task(test::task("tags", "tags", {{"tags", 3}, {"positive_weights", {5, 7, 0.5}}}));
  const at::Tensor loss = weighted->supervised_loss(logits, label);
  EXPECT_NEAR(loss[0].item<double>(), (5 * softplus(-1) + softplus(-2)) / 2, kTight);
  EXPECT_NEAR(loss[1].item<double>(), 7 * std::log(2.0), kTight);
  EXPECT_EQ(loss[2].item<double>(), 0);
}

TEST(Tags, ASampleIsValidWhenAnyTagIsKnown) {
  const auto task = test::make_task(test::tags(2));
  const at::Tensor valid = task->valid(rows({1, kNone, kNone, kNone, 0, 1}, 2));
  EXPECT_TRUE(at::equal(valid, at::tensor({1, 0, 1}).to(at::kBool).unsqueeze(1)));
}

TEST(Regression, PredictsInTheLabelsUnitAndLearnsInDeviations) {
  const auto task = test::make_task(test::regression());  // means 3, -20; deviations 0.5, 8
  EXPECT_LT((task->activate(rows({2, -0.5}, 2)) - rows({4, -24}, 2)).abs().max().item<double>(), kTight);
  const at::Tensor prediction = rows({4, -24, 3, -20, 1, 1}, 2), label = rows({3.5, -22, kNone, -12, kNone, kNone}, 2);
  const at::Tensor loss = task->supervised_loss(prediction, label);
  EXPECT_NEAR(loss[0].item<double>(), (0.5 / 0.5 + 2.0 / 8) / 2, kTight);
  EXPECT_NEAR(loss[1].item<double>(), 1, kTight);
  EXPECT_EQ(loss[2].item<double>(), 0);

  const auto plain = test::make_task(test::task("regression", "value"));
  EXPECT_TRUE(at::equal(plain->activate(rows({2.5}, 1)), rows({2.5}, 1)));
  EXPECT_NEAR(plain->supervised_loss(rows({2.5}, 1), rows({-1}, 1))[0].item<double>(), 3.5, kTight);
}

TEST(Regression, HuberIsSquaredBelowDelta) {
  const auto task =
      test::make_task(test::task("regression", "value", {{"deviations", {2}}, {"loss", "huber"}, {"delta", 0.5}}));
  // Errors of 0.25 and 1.5 deviations.
  const at::Tensor loss = task->supervised_loss(rows({1, 1}, 1), rows({1.5, -2}, 1));
  EXPECT_NEAR(loss[0].item<double>(), 0.5 * 0.25 * 0.25, kTight);
  EXPECT_NEAR(loss[1].item<double>(), 0.5 * (1.5 - 0.25), kTight);
}

const std::vector<Variant> kKinds = {
    test::classification(),
    test::task("classification", "weighted", {{"classes", 3}, {"class_weights", {1, 2, 3}}, {"label_smoothing", 0.1}}),
    test::tags(),
    test::task("tags", "rare", {{"tags", 2}, {"positive_weights", {3, 9}}}),
    test::regression(),
    test::task("regression", "huber", {{"channels", 3}, {"loss", "huber"}, {"delta", 0.7}})};

struct Case {
  explicit Case(const Variant& spec) : task(test::make_task(spec)) {
    constexpr int64_t kSamples = 12;
    const TaskSet tasks({spec});
    prediction = test::predictions_of_all(tasks, {spec}, 1, kSamples, 1, 1, 3)[0].vectors;
    label = test::labels_of_all({spec}, 1, kSamples, 1, 1, 4)[0][0].to(at::kDouble);
    label[kSamples - 1].fill_(task->invalid_label());
  }
  std::unique_ptr<Task> task;
  at::Tensor prediction, label;
};

class EveryImageKind : public testing::TestWithParam<Variant> {};

void expect_gradient(const std::function<at::Tensor(const at::Tensor&)>& loss, const at::Tensor& at_point) {
  const at::Tensor p = at_point.clone().requires_grad_(true);
  const at::Tensor gradient = torch::autograd::grad({loss(p)}, {p})[0];
  EXPECT_GT(gradient.norm().item<double>(), 0);
  constexpr double kStep = 1e-6;
  for (int64_t i = 0; i < p.numel(); ++i) {
    at::Tensor plus = at_point.clone(), minus = at_point.clone();
    plus.view(-1)[i] += kStep;
    minus.view(-1)[i] -= kStep;
    const double expected = (loss(plus) - loss(minus)).item<double>() / (2 * kStep);
    EXPECT_NEAR(gradient.view(-1)[i].item<double>(), expected, 1e-8) << "element " << i;
  }
}

TEST_P(EveryImageKind, SupervisedLossHasTheGradientThatFiniteDifferencesGive) {
  const Case c(GetParam());
  expect_gradient([&](const at::Tensor& p) { return c.task->supervised_loss(p, c.label).sum(); }, c.prediction);
}

TEST_P(EveryImageKind, DisagreementHasTheGradientThatFiniteDifferencesGive) {
  const Case c(GetParam());
  const at::Tensor target = c.task->prediction_as_target(c.prediction.flip(0), 2);
  expect_gradient([&](const at::Tensor& p) { return c.task->agreement_loss(p, target, 2).sum(); }, c.prediction);
}

TEST_P(EveryImageKind, EncodingsHaveTheGradientThatFiniteDifferencesGive) {
  const Case c(GetParam());
  const at::Tensor mask = c.task->known(c.label).to(at::kDouble),
                   weights = test::uniform(c.prediction.sizes(), -1, 1, 8);
  expect_gradient([&](const at::Tensor& p) { return (c.task->encode_prediction(p, mask, {}) * weights).sum(); },
                  c.prediction);
}

TEST_P(EveryImageKind, AnUnknownLabelHasNoLossAndNoGradient) {
  const Case c(GetParam());
  const at::Tensor p = c.prediction.clone().requires_grad_(true);
  const at::Tensor loss = c.task->supervised_loss(p, c.label);
  const at::Tensor gradient = torch::autograd::grad({loss.sum()}, {p})[0];
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  const at::Tensor unknown = c.task->known(c.label).logical_not().expand_as(gradient);
  EXPECT_GT(unknown.sum().item<int64_t>(), c.prediction.size(1));
  EXPECT_EQ((gradient * unknown).abs().sum().item<double>(), 0);
  EXPECT_EQ(loss[c.label.size(0) - 1].item<double>(), 0);
}

TEST_P(EveryImageKind, LabelsAreEncodedIntoTheUnitIntervalAndUnknownOnesAsMaskedPredictions) {
  const Case c(GetParam());
  const at::Tensor known = c.task->known(c.label), mask = known.to(at::kDouble);
  const at::Tensor label = c.task->encode_label(c.label, {});
  EXPECT_EQ(label.sizes(), c.prediction.sizes());
  EXPECT_TRUE(label.ge(0).logical_and(label.le(1)).all().item<bool>());
  EXPECT_TRUE(at::equal(c.task->encode_label(c.label, mask), label));
  // What is not known is the same in the stack of labels and in that of predictions: it pulls nowhere.
  const at::Tensor difference = c.task->encode_prediction(c.prediction, mask, {}) - label;
  EXPECT_EQ((difference * known.logical_not()).abs().max().item<double>(), 0);
}

TEST_P(EveryImageKind, APerfectReconstructionIsTheLeastOfItsNeighbours) {
  const Case c(GetParam());
  const at::Tensor mask = at::ones_like(c.task->known(c.label), at::kDouble);
  const at::Tensor encoded = c.task->encode_prediction(c.prediction, mask, {}).clamp(1e-3, 1 - 1e-3);
  const at::Tensor perfect = encoded.logit().unsqueeze(2).unsqueeze(3).expand({-1, -1, 3, 5});
  const at::Tensor least = c.task->reconstruction_loss(perfect, encoded, mask);
  EXPECT_EQ(least.dim(), 1);
  for (const double off : {-0.05, 0.05}) {
    at::Tensor other = perfect.clone();
    other.select(1, 0).select(1, 2).select(1, 3) += off;
    EXPECT_TRUE(c.task->reconstruction_loss(other, encoded, mask).gt(least).all().item<bool>());
  }
}

TEST_P(EveryImageKind, AReconstructionOfWhatIsNotKnownCostsNothing) {
  const Case c(GetParam());
  const at::Tensor r = test::uniform({c.label.size(0), c.task->channels(), 2, 3}, -2, 2, 5);
  const at::Tensor mask = c.task->known(c.label).to(at::kDouble), encoded = c.task->encode_label(c.label, mask);
  const at::Tensor loss = c.task->reconstruction_loss(r, encoded, mask);
  const at::Tensor changed = r + 3 * mask.logical_not().unsqueeze(2).unsqueeze(3);
  EXPECT_LT((c.task->reconstruction_loss(changed, encoded, mask) - loss).abs().max().item<double>(), kTight);
  EXPECT_EQ(loss[c.label.size(0) - 1].item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryImageKind, testing::ValuesIn(kKinds),
                         [](const auto& info) { return info.param.options.value("name", std::string()); });

TEST(Classification, IsDrawnFromTheFirstNumbersOfItsNoise) {
  const TaskSet tasks({test::segmentation(2), test::classification(3), test::classification(2000, "many")});
  EXPECT_EQ(tasks.noise_channels(), 2 + 1 + 2);
  const at::Tensor stack = test::uniform({2, 5, 32, 32}, 0.05, 3, 1), noise = tasks.noise(stack, 1);
  const at::Tensor logits = test::uniform({2, 3}, -2, 2, 2).requires_grad_(true);
  const at::Tensor hard = tasks[1].encode_prediction(logits, at::ones({2, 1}, at::kDouble), noise);
  const at::Tensor weights = test::uniform({2, 3}, -1, 1, 3);
  const at::Tensor gradient = torch::autograd::grad({(hard * weights).sum()}, {logits})[0];
  for (int64_t b = 0; b < 2; ++b) {
    double soft[3], sum = 0, mean = 0;
    for (int64_t c = 0; c < 3; ++c) {
      soft[c] = std::exp(logits[b][c].item<double>()) / stack[b][2][0][c].item<double>();
      sum += soft[c];
    }
    for (int64_t c = 0; c < 3; ++c) mean += soft[c] / sum * weights[b][c].item<double>();
    const int64_t best = std::max_element(soft, soft + 3) - soft;
    for (int64_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(hard[b][c].item<double>(), c == best ? 1 : 0, kTight);
      // d soft_k / d logit_j = soft_k (delta_kj - soft_j)
      EXPECT_NEAR(gradient[b][c].item<double>(), soft[c] / sum * (weights[b][c].item<double>() - mean), kTight);
    }
  }
  const at::Tensor many = tasks[2].encode_prediction(at::zeros({2, 2000}, at::kDouble), at::ones({2, 1}, at::kDouble),
                                                     tasks.noise(stack, 2));
  EXPECT_TRUE(at::equal(many.argmax(1), stack.narrow(1, 3, 2).flatten(1).narrow(1, 0, 2000).argmin(1)));
}

TEST(ImageKinds, AreEncodedByTheirFormulas) {
  const at::Tensor one = at::ones({1, 1}, at::kDouble);
  const auto classes = test::make_task(test::classification(3));
  EXPECT_TRUE(at::equal(classes->encode_label(rows({2, -1}, 1), {}), rows({0, 0, 1, 0, 0, 0}, 3)));
  const at::Tensor soft = classes->encode_prediction(rows({0, std::log(2.0), 0}, 3), one, {});
  EXPECT_LT((soft - rows({0.25, 0.5, 0.25}, 3)).abs().max().item<double>(), kTight);

  const auto tags = test::make_task(test::tags(3));
  EXPECT_TRUE(at::equal(tags->encode_label(rows({1, kNone, 0}, 3), {}), rows({1, 0.5, 0}, 3)));
  const at::Tensor probability = tags->encode_prediction(rows({std::log(3.0), 5, 0}, 3), rows({1, 0, 1}, 3), {});
  EXPECT_LT((probability - rows({0.75, 0.5, 0.5}, 3)).abs().max().item<double>(), kTight);

  const auto values = test::make_task(test::regression());
  const at::Tensor label = values->encode_label(rows({3.5, kNone, kNone, -36}, 2), {});
  EXPECT_LT((label - rows({normal_cdf(1), 0.5, 0.5, normal_cdf(-2)}, 2)).abs().max().item<double>(), kTight);
  const at::Tensor encoded = values->encode_prediction(rows({2, 4}, 2), rows({1, 0}, 2), {});
  EXPECT_LT((encoded - rows({normal_cdf(-2), 0.5}, 2)).abs().max().item<double>(), kTight);
}

TEST(ImageKinds, AreReconstructedOverThePixels) {
  // Two pixels, of which the second is right by chance.
  const at::Tensor r = at::tensor({1.0, -1.0, 0.0, 0.0}, at::kDouble).view({1, 2, 1, 2});
  const at::Tensor target = rows({1, 0}, 2);
  const double first = (softplus(-1) + softplus(1)) / 2, second = std::log(2.0);
  const at::Tensor classes =
      test::make_task(test::classification(2))->reconstruction_loss(r, target, at::ones({1, 1}, at::kDouble));
  EXPECT_NEAR(classes[0].item<double>(), first + second, kTight);
  const auto tags = test::make_task(test::tags(2));
  EXPECT_NEAR(tags->reconstruction_loss(r, target, rows({1, 1}, 2))[0].item<double>(), (first + second) / 2, kTight);
  EXPECT_NEAR(tags->reconstruction_loss(r, target, rows({1, 0}, 2))[0].item<double>(), first, kTight);
  const auto values = test::make_task(test::regression());
  const double sigmoid = 1 / (1 + std::exp(-1.0));
  EXPECT_NEAR(values->reconstruction_loss(r, target, rows({1, 1}, 2))[0].item<double>(),
              ((1 - sigmoid + sigmoid) / 2 + 0.5) / 2, kTight);
}

TEST(ImageKinds, PredictionsAreTargetsWithATemperature) {
  const auto classes = test::make_task(test::classification(2));
  EXPECT_TRUE(classes->has_classes());
  const at::Tensor p = classes->prediction_as_target(rows({2 * std::log(3.0), 0}, 2), 2);
  EXPECT_LT((p - rows({0.75, 0.25}, 2)).abs().max().item<double>(), kTight);
  const at::Tensor none = at::zeros({1, 2}, at::kDouble);
  EXPECT_NEAR(classes->disagreement(none, p, 2)[0].item<double>(), std::log(2.0), kTight);

  const auto tags = test::make_task(test::tags(2));
  EXPECT_TRUE(tags->has_tags());
  EXPECT_FALSE(tags->has_classes());
  const at::Tensor t = tags->prediction_as_target(rows({2 * std::log(3.0), 0}, 2), 2);
  EXPECT_LT((t - rows({0.75, 0.5}, 2)).abs().max().item<double>(), kTight);
  const at::Tensor apart = tags->disagreement(rows({2, 4}, 2), t, 2);  // a number for each tag
  EXPECT_NEAR(apart[0][0].item<double>(), 0.75 * softplus(-1) + 0.25 * softplus(1), kTight);
  EXPECT_NEAR(apart[0][1].item<double>(), 0.5 * softplus(-2) + 0.5 * softplus(2), kTight);

  const auto values = test::make_task(test::regression());
  EXPECT_NEAR(values->disagreement(rows({4, -24}, 2), rows({3.5, -20}, 2), 1)[0].item<double>(), (1 + 0.5) / 2, kTight);
}

void expect_refused(const Variant& spec, std::vector<float> label, const std::vector<std::string>& parts) {
  const auto task = test::make_task(spec);
  const Error e = test::caught([&] { task->check_label(label.data(), 1, "batch.label.x"); });
  EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(e.field(), "batch.label.x");
  for (const std::string& part : parts) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << part << " in " << e.what();
  }
}

TEST(ImageKinds, RefuseLabelsThatCannotBe) {
  for (const float bad : {3.f, -2.f, 0.5f, kNone})
    expect_refused(test::classification(3), {bad}, {"'room'", "-1 to 2"});
  expect_refused(test::classification(3), {7}, {"class id 7"});
  for (const float bad : {2.f, -1.f, 0.5f}) expect_refused(test::tags(2), {kNone, bad}, {"'tags'", "tag 1"});
  const float infinite = std::numeric_limits<float>::infinity();
  for (const float bad : {infinite, -infinite}) {
    expect_refused(test::regression(), {kNone, bad}, {"'pitch'", "element 1", "inf"});
  }
  const std::vector<float> good = {0, 1, kNone};
  test::make_task(test::tags(3))->check_label(good.data(), 1, "");
  test::make_task(test::regression())->check_label(good.data() + 1, 1, "");
  for (const float id : {-1.f, 0.f, 2.f}) test::make_task(test::classification(3))->check_label(&id, 1, "");
}

TEST(ImageKinds, RefuseListsOfAnotherLength) {
  const auto field = [](const Variant& spec) { return test::caught([&] { TaskSet({test::depth(), spec}); }).field(); };
  EXPECT_EQ(field(test::task("classification", "x", {{"classes", 3}, {"class_weights", {1, 2}}})),
            "tasks[1].class_weights");
  EXPECT_EQ(field(test::task("classification", "x", {{"classes", 2}, {"class_weights", {1, -2}}})),
            "tasks[1].class_weights[1]");
  EXPECT_EQ(field(test::task("tags", "x", {{"tags", 1}, {"positive_weights", {1, 2}}})), "tasks[1].positive_weights");
  EXPECT_EQ(field(test::task("regression", "x", {{"channels", 2}, {"means", {1}}})), "tasks[1].means");
  EXPECT_EQ(field(test::task("regression", "x", {{"channels", 2}, {"deviations", {1, 1, 1}}})), "tasks[1].deviations");
  EXPECT_EQ(field(test::task("regression", "x", {{"deviations", {0}}})), "tasks[1].deviations[0]");
  EXPECT_EQ(field(test::task("regression", "x", {{"loss", "l2"}})), "tasks[1].loss");
  EXPECT_EQ(field(test::task("classification", "x", {{"label_smoothing", 1}})), "tasks[1].label_smoothing");
}

}  // namespace
}  // namespace jtr
