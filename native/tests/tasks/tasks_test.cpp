// Each task's losses and encodings against loops written from the formulas.
#include "support.h"
#include "tasks/task.h"

namespace jtr {
namespace {

using test::uniform;

constexpr int64_t kHeight = 5, kWidth = 3, kSamples = 3, kPixels = kHeight * kWidth;
constexpr double kTight = 1e-12;  // double, sums of a few dozen terms

/// Sum over the pixels of sample b of f(pixel), and over how many pixels f was asked for.
double masked_mean(const at::Tensor& valid, int64_t b, const std::function<double(int64_t y, int64_t x)>& f) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t y = 0; y < kHeight; ++y) {
    for (int64_t x = 0; x < kWidth; ++x) {
      if (!valid[b][0][y][x].item<bool>()) continue;
      sum += f(y, x);
      ++count;
    }
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double value(const at::Tensor& t, int64_t b, int64_t c, int64_t y, int64_t x) { return t[b][c][y][x].item<double>(); }

struct Case {
  std::unique_ptr<Task> task;
  at::Tensor prediction, label, valid;
};

/// Random predictions and labels; the last sample has no valid pixel.
Case make_case(const Variant& spec) {
  const TaskSet tasks({spec});
  Case c{test::make_task(spec),
         test::random_predictions(tasks, 1, kSamples, kHeight, kWidth, 3)[0],
         test::random_labels(tasks, 1, kSamples, kHeight, kWidth, 4)[0].to(at::kDouble),
         {}};
  c.label[kSamples - 1].fill_(c.task->invalid_label());
  c.valid = c.task->valid(c.label);
  EXPECT_GT(c.valid.sum().item<int64_t>(), kPixels / 2);
  EXPECT_LT(c.valid.sum().item<int64_t>(), 2 * kPixels);
  return c;
}

TEST(Segmentation, SupervisedLossIsTheMeanCrossEntropyOverValidPixels) {
  const Case c = make_case(test::segmentation(4));
  const at::Tensor loss = c.task->supervised_loss(c.prediction, c.label);
  for (int64_t b = 0; b < kSamples; ++b) {
    const double expected = masked_mean(c.valid, b, [&](int64_t y, int64_t x) {
      double sum = 0;
      for (int64_t k = 0; k < 4; ++k) sum += std::exp(value(c.prediction, b, k, y, x));
      const int64_t id = static_cast<int64_t>(value(c.label, b, 0, y, x));
      return std::log(sum) - value(c.prediction, b, id, y, x);
    });
    EXPECT_NEAR(loss[b].item<double>(), expected, kTight);
  }
}

TEST(Segmentation, AWeightMultipliesTheLossOfItsClassesPixels) {
  const std::vector<double> weights = {0.5, 3, 0, 1.25};
  const Case c = make_case(test::task("segmentation", "seg", {{"classes", 4}, {"class_weights", weights}}));
  const at::Tensor prediction = c.prediction.clone().requires_grad_(true);
  const at::Tensor loss = c.task->supervised_loss(prediction, c.label);
  for (int64_t b = 0; b < kSamples; ++b) {
    const double expected = masked_mean(c.valid, b, [&](int64_t y, int64_t x) {
      double sum = 0;
      for (int64_t k = 0; k < 4; ++k) sum += std::exp(value(c.prediction, b, k, y, x));
      const int64_t id = static_cast<int64_t>(value(c.label, b, 0, y, x));
      return weights[static_cast<size_t>(id)] * (std::log(sum) - value(c.prediction, b, id, y, x));
    });
    EXPECT_NEAR(loss[b].item<double>(), expected, kTight);
  }
  // The gradient of a pixel of class y is that of the plain loss, times y's weight.
  const at::Tensor own = torch::autograd::grad({loss.sum()}, {prediction})[0];
  const at::Tensor plain_prediction = c.prediction.clone().requires_grad_(true);
  const auto plain = test::make_task(test::segmentation(4));
  const at::Tensor gradient =
      torch::autograd::grad({plain->supervised_loss(plain_prediction, c.label).sum()}, {plain_prediction})[0];
  const at::Tensor of_pixel = at::tensor(weights, at::kDouble).index({c.label.to(at::kLong).clamp_min(0)});
  EXPECT_LT((own - gradient * of_pixel).abs().max().item<double>(), kTight);
}

TEST(Segmentation, ThereIsAWeightForEachClassOrNone) {
  EXPECT_EQ(test::caught([] {
              TaskSet({test::task("segmentation", "seg", {{"classes", 3}, {"class_weights", {1, 2}}})});
            }).field(),
            "tasks[0].class_weights");
}

TEST(Depth, SupervisedLossIsTheMeanAbsoluteErrorOverValidPixels) {
  const Case c = make_case(test::depth());
  const at::Tensor loss = c.task->supervised_loss(c.prediction, c.label);
  for (int64_t b = 0; b < kSamples; ++b) {
    const double expected = masked_mean(c.valid, b, [&](int64_t y, int64_t x) {
      return std::abs(value(c.prediction, b, 0, y, x) - value(c.label, b, 0, y, x));
    });
    EXPECT_NEAR(loss[b].item<double>(), expected, kTight);
  }
}

TEST(Normals, SupervisedLossIsOneMinusTheMeanDotProductOverValidPixels) {
  const Case c = make_case(test::normals());
  const at::Tensor loss = c.task->supervised_loss(c.prediction, c.label);
  for (int64_t b = 0; b < kSamples; ++b) {
    const double expected = masked_mean(c.valid, b, [&](int64_t y, int64_t x) {
      double dot = 0;
      for (int64_t k = 0; k < 3; ++k) dot += value(c.prediction, b, k, y, x) * value(c.label, b, k, y, x);
      return 1 - dot;
    });
    EXPECT_NEAR(loss[b].item<double>(), expected, kTight);
  }
}

TEST(Map, SupervisedLossIsTheMeanAbsoluteErrorOverValidElements) {
  const Case c = make_case(test::map(2));
  const at::Tensor loss = c.task->supervised_loss(c.prediction, c.label);
  for (int64_t b = 0; b < kSamples; ++b) {
    const double expected = masked_mean(c.valid, b, [&](int64_t y, int64_t x) {
      double sum = 0;
      for (int64_t k = 0; k < 2; ++k) sum += std::abs(value(c.prediction, b, k, y, x) - value(c.label, b, k, y, x));
      return sum / 2;
    });
    EXPECT_NEAR(loss[b].item<double>(), expected, kTight);
  }
}

class EveryTask : public testing::TestWithParam<Variant> {};

TEST_P(EveryTask, SupervisedLossHasTheGradientThatFiniteDifferencesGive) {
  const Case c = make_case(GetParam());
  const auto loss = [&](const at::Tensor& p) { return c.task->supervised_loss(p, c.label).sum(); };
  at::Tensor p = c.prediction.clone().requires_grad_(true);
  const at::Tensor gradient = torch::autograd::grad({loss(p)}, {p})[0];
  constexpr double kStep = 1e-6;
  for (int64_t i = 0; i < p.numel(); i += 7) {
    at::Tensor plus = c.prediction.clone(), minus = c.prediction.clone();
    plus.view(-1)[i] += kStep;
    minus.view(-1)[i] -= kStep;
    const double expected = (loss(plus) - loss(minus)).item<double>() / (2 * kStep);
    EXPECT_NEAR(gradient.reshape(-1)[i].item<double>(), expected, 1e-8) << "element " << i;
  }
}

TEST_P(EveryTask, ASampleWithoutAValidPixelHasNoLossAndNoGradient) {
  const Case c = make_case(GetParam());
  at::Tensor p = c.prediction.clone().requires_grad_(true);
  const at::Tensor loss = c.task->supervised_loss(p, c.label);
  EXPECT_EQ(loss[kSamples - 1].item<double>(), 0);
  const at::Tensor gradient = torch::autograd::grad({loss.sum()}, {p})[0];
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  EXPECT_EQ(gradient[kSamples - 1].abs().sum().item<double>(), 0);
}

TEST_P(EveryTask, EncodesLabelsIntoTheUnitIntervalAndInvalidOnesAsFinite) {
  const Case c = make_case(GetParam());
  const at::Tensor mask = c.valid.to(at::kDouble);
  for (const at::Tensor& m : {at::Tensor{}, mask}) {
    const at::Tensor encoded = c.task->encode_label(c.label, m);
    EXPECT_EQ(encoded.size(1), c.task->channels());
    EXPECT_TRUE(encoded.ge(0).logical_and(encoded.le(1)).all().item<bool>());
  }
}

TEST_P(EveryTask, CorrectedReconstructionOfAPerfectEncodingIsTheLeastOfItsNeighbours) {
  // A reconstruction that gives the encoding back cannot be beaten by one that is off in one element.
  const TaskSet tasks({GetParam()});
  const Case c = make_case(GetParam());
  const at::Tensor mask = at::ones({kSamples, 1, kHeight, kWidth}, at::kDouble);
  const at::Tensor encoded = c.task->encode_prediction(c.prediction, mask, {}).clamp(1e-4, 1 - 1e-4);
  const std::string kind = c.task->kind();
  const bool logit = kind == "segmentation" || kind == "depth";
  const at::Tensor perfect = logit ? encoded.logit() : (kind == "normals" ? encoded * 2 - 1 : encoded);
  const at::Tensor best = c.task->corrected_reconstruction_loss(perfect, encoded, mask);
  for (int64_t i = 0; i < perfect[0].numel(); i += 5) {
    at::Tensor off = perfect.clone();
    off[0].view(-1)[i] += 0.3;
    EXPECT_GT((c.task->corrected_reconstruction_loss(off, encoded, mask) - best)[0].item<double>(), 0);
  }
}

TEST_P(EveryTask, RefusesALabelThatCannotBeOne) {
  const std::unique_ptr<Task> task = test::make_task(GetParam());
  std::vector<float> label(static_cast<size_t>(task->label_channels()) * 4, 0.f);
  task->check_label(label.data(), 4, "batch.labels");
  const bool nan_is_invalid = task->kind() == "map";
  for (const float bad : {std::nanf(""), -7.f, 7.5f}) {
    if (std::isnan(bad) && nan_is_invalid) continue;
    if (bad > 0 && task->kind() == "depth") continue;
    label.back() = bad;
    const Error e = test::caught([&] { task->check_label(label.data(), 4, "batch.labels"); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(e.field(), "batch.labels");
    EXPECT_NE(std::string(e.what()).find("pixel 3"), std::string::npos) << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryTask,
                         testing::Values(test::segmentation(4), test::depth(), test::normals(), test::map(2)),
                         [](const auto& info) { return info.param.options.value("name", std::string()); });

TEST(Segmentation, StraightThroughIsOneHotForwardAndSoftBackward) {
  const auto task = test::make_task(test::segmentation(4));
  at::Tensor logits = uniform({2, 4, 3, 3}, -2, 2, 1).requires_grad_(true);
  const at::Tensor noise = uniform({2, 4, 3, 3}, 0.05, 3, 2), mask = at::ones({2, 1, 3, 3}, at::kDouble);
  const at::Tensor weights = uniform({2, 4, 3, 3}, -1, 1, 3);
  const at::Tensor hard = task->encode_prediction(logits, mask, noise);
  const at::Tensor soft = [&] {
    const at::Tensor e = (logits.detach() - noise.log()).exp();
    return e / e.sum(1, true);
  }();
  EXPECT_LT((hard.amax(1) - 1).abs().max().item<double>(), kTight);
  EXPECT_LT((hard.sum(1) - 1).abs().max().item<double>(), kTight);
  EXPECT_TRUE(at::equal(hard.argmax(1), soft.argmax(1)));
  // d soft_k / d logit_j = soft_k (delta_kj - soft_j)
  const at::Tensor gradient = torch::autograd::grad({(hard * weights).sum()}, {logits})[0];
  const at::Tensor expected = soft * (weights - (soft * weights).sum(1, true));
  EXPECT_LT(test::relative_error(gradient, expected), kTight);
}

TEST(Segmentation, UnusedZeroNoiseStaysFinite) {
  const auto task = test::make_task(test::segmentation(4));
  at::Tensor logits = uniform({1, 4, 2, 2}, -2, 2, 1).requires_grad_(true);
  const at::Tensor y =
      task->encode_prediction(logits, at::ones({1, 1, 2, 2}, at::kDouble), at::zeros({1, 4, 2, 2}, at::kDouble));
  EXPECT_TRUE(torch::autograd::grad({y.sum()}, {logits})[0].isfinite().all().item<bool>());
}

TEST(Normals, AZeroVectorStaysFiniteThroughTheHead) {
  const auto task = test::make_task(test::normals());
  at::Tensor raw = at::zeros({1, 3, 2, 2}, at::kDouble).requires_grad_(true);
  const at::Tensor n = task->activate(raw);
  EXPECT_EQ(n.abs().sum().item<double>(), 0);
  EXPECT_TRUE(torch::autograd::grad({n.sum()}, {raw})[0].isfinite().all().item<bool>());
}

TEST(TaskSet, RefusesTwoTasksOfOneName) {
  const Error e = test::caught([] { TaskSet({test::depth(), test::depth()}); });
  EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(e.field(), "tasks[1].name");
}

TEST(Tasks, ATrainerRefusesNamesThatCannotBeFileNames) {
  // Item 11: such a task trained, and every save failed, or wrote outside of the folder.
  for (const std::string& bad : {std::string("a/b"), std::string("a\\b"), std::string("a:b"), std::string("a\nb"),
                                 std::string(101, 'x'), std::string("\xff"), std::string("."), std::string("..")}) {
    const Error e = test::caught([&] { Trainer trainer(test::trainer_options({test::depth(), test::depth(bad)})); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(e.field(), "tasks[1].name") << bad;
  }
  EXPECT_NO_THROW(Trainer trainer(test::trainer_options({test::depth("Tiefe \xc3\xa4.1")}, "supervised")));
}

}  // namespace
}  // namespace jtr
