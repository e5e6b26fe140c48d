// The mean teacher by hand: targets, confidence, moving averages; and what it leaves alone.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "methods/method_fixture.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

using test::LossBatch;
using test::MadeMethod;

constexpr int64_t kHeight = 4, kColumns = 6;

/// A teacher that changes nothing in the photographs, with what its average predicts.
struct Lesson {
  Lesson(std::vector<Variant> specs, std::vector<uint8_t> w, const Json& options = Json::object())
      : tasks(specs), made(tasks, "teacher", plain(options), 2, 3) {
    const int64_t samples = static_cast<int64_t>(w.size() / specs.size());
    batch.samples = samples;
    const std::vector<int64_t> sizes = {samples, tasks.channels(), kHeight, kColumns};
    batch.predictions = {at::zeros(sizes, at::kDouble), at::zeros(sizes, at::kDouble)};
    batch.teacher = at::zeros(sizes, at::kDouble);
    batch.teacher_mirror = at::zeros(sizes, at::kDouble);
    batch.images = at::full({samples, 3, kHeight, kColumns}, 0.5, at::kDouble);
    batch.labelled_host = w;
    batch.labelled = upload_labelled(test::labelled_matrix(batch.labelled_host, specs.size()), at::kCPU);
    gradients = {at::zeros(sizes, at::kDouble), at::zeros(sizes, at::kDouble)};
  }

  static Json plain(Json options) {
    const Json all = {{"color", 0}, {"grey", 0}, {"cut_mix", 0}, {"ramp_up_steps", 0}, {"as_labels", false}};
    for (const auto& entry : all.items()) {
      if (!options.contains(entry.key())) options[entry.key()] = entry.value();
    }
    return options;
  }

  at::Tensor loss() { return test::compute(*made, tasks, batch, gradients).loss; }

  TaskSet tasks;
  MadeMethod made;
  LossBatch batch{};
  std::vector<at::Tensor> gradients;
};

TEST(Teacher, TrustsValuesWhereItAgreesWithItsMirrorImage) {
  Lesson lesson({test::depth()}, {0, 0});
  lesson.batch.teacher.fill_(5);
  lesson.batch.teacher_mirror[0].fill_(4);  // 1 apart
  lesson.batch.teacher_mirror[1].fill_(8);  // 3 apart; 2 in the mean
  const at::Tensor loss = lesson.loss();
  EXPECT_NEAR(loss[0].item<double>(), 4.5 * std::exp(-0.5), 1e-12);
  EXPECT_NEAR(loss[1].item<double>(), 6.5 * std::exp(-1.5), 1e-12);
  EXPECT_EQ(lesson.gradients[0].norm().item<double>(), 0);
  EXPECT_NEAR(lesson.gradients[1][0][0][2][3].item<double>(), -std::exp(-0.5) / (2 * kHeight * kColumns), 1e-15);
}

TEST(Teacher, FollowsHowFarItsPredictionsAreApart) {
  Lesson lesson({test::depth()}, {0}, {{"momentum", 0.75}});
  lesson.batch.teacher.fill_(4);
  lesson.batch.teacher_mirror.fill_(2);
  lesson.loss();
  lesson.made->follow();  // 2 in the mean
  lesson.batch.teacher_mirror.fill_(0);
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 2 * std::exp(-4.0 / 2), 1e-12);
  lesson.made->follow();
  // 0.25 * 0.75 of the first difference and 0.25 of the second, divided by the sum of these.
  const double mean = (0.1875 * 2 + 0.25 * 4) / 0.4375;
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 2 * std::exp(-4.0 / mean), 1e-12);
  // A step that was given up follows nothing.
  lesson.batch.teacher_mirror.fill_(4);
  lesson.loss();
  lesson.batch.teacher_mirror.fill_(0);
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 2 * std::exp(-4.0 / mean), 1e-12);
}

TEST(Teacher, TurnsMirroredPredictionsBack) {
  Lesson lesson({test::normals(), test::map()}, {0, 0});
  const auto fill = [&](at::Tensor planes, double x) {
    planes[0][0].fill_(x);
    planes[0][2].fill_(0.8);
  };
  fill(lesson.batch.teacher, 0.6);
  fill(lesson.batch.teacher_mirror, -0.6);
  fill(lesson.batch.predictions[1], 0.6);
  // A map that rises from left to right falls in the mirror image.
  const at::Tensor rising = at::arange(kColumns, at::kDouble) / kColumns;
  lesson.batch.teacher[0][3].copy_(rising.expand({kHeight, kColumns}));
  lesson.batch.teacher_mirror[0][3].copy_(rising.flip(0).expand({kHeight, kColumns}));
  lesson.batch.predictions[1][0][3].copy_(rising.expand({kHeight, kColumns}));
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 0, 1e-12);
  fill(lesson.batch.predictions[1], -0.6);
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 1 - (0.64 - 0.36), 1e-12);
}

TEST(Teacher, TeachesClassesAboveTheThreshold) {
  // Probabilities 0.9, 0.6 and 0.4 of class 0, of two classes.
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  Lesson lesson({test::segmentation(2)}, {0},
                {{"selection", "fixed"}, {"threshold", 0.7}, {"mirror", false}, {"target", "soft"}});
  lesson.batch.teacher[0][0].fill_(logit(0.6));
  lesson.batch.teacher[0][0][0].fill_(logit(0.9));
  const double row = kColumns / static_cast<double>(kHeight * kColumns);
  EXPECT_NEAR(lesson.loss()[0].item<double>(), row * std::log(2.0), 1e-12);
  lesson.batch.predictions[1][0][0].fill_(logit(0.8));
  EXPECT_NEAR(lesson.loss()[0].item<double>(), -row * (0.9 * std::log(0.8) + 0.1 * std::log(0.2)), 1e-12);

  Lesson hard({test::segmentation(2)}, {0},
              {{"selection", "all"}, {"mirror", false}, {"target", "hard"}, {"weight", 0.5}});
  hard.batch.teacher[0][0].fill_(logit(0.6));
  hard.batch.predictions[1][0][0].fill_(logit(0.8));
  EXPECT_NEAR(hard.loss()[0].item<double>(), -0.5 * std::log(0.8), 1e-12);
}

TEST(Teacher, HasAThresholdForEachClass) {
  // Three rows of class 0 at 0.9, one of class 1 at 0.6: the mean target is (0.775, 0.225), the mean largest 0.825. The
  // thresholds are 0.825 and 0.825 * 0.225 / 0.775 = 0.24: all pixels are taught.
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  Lesson lesson({test::segmentation(2)}, {0}, {{"selection", "adaptive"}, {"mirror", false}});
  lesson.batch.teacher[0][0].fill_(logit(0.9));
  lesson.batch.teacher[0][0][3].fill_(logit(0.4));
  EXPECT_NEAR(lesson.loss()[0].item<double>(), std::log(2.0), 1e-12);
  // Where class 0 is at 0.7 in one row, that row stays below: the largest are 0.9, 0.9, 0.7, 0.6, the mean 0.775.
  lesson.batch.teacher[0][0][2].fill_(logit(0.7));
  EXPECT_NEAR(lesson.loss()[0].item<double>(), 0.75 * std::log(2.0), 1e-12);
}

TEST(Teacher, RisesSlowly) {
  Lesson lesson({test::depth()}, {0}, {{"ramp_up_steps", 10}, {"mirror", false}});
  lesson.batch.teacher.fill_(2);
  for (const int64_t step : {0, 5, 10, 11}) {
    lesson.batch.step = step;
    const double left = std::max(0.0, 1 - static_cast<double>(step) / 10);
    EXPECT_NEAR(lesson.loss()[0].item<double>(), 2 * std::exp(-5 * left * left), 1e-12) << step;
  }
}

TEST(Teacher, TeachesAsMuchAsLabelsDo) {
  // One of four samples is labelled: what is taught to the other three weighs as much as that label.
  Lesson lesson({test::depth()}, {1, 0, 0, 0}, {{"mirror", false}, {"as_labels", true}, {"weight", 0.5}});
  lesson.batch.teacher.fill_(3);
  EXPECT_NEAR(lesson.loss().sum().item<double>(), 0.5 * 3, 1e-12);
  lesson.made->follow();
  // All four labelled in the second step: five labels of eight samples so far, and none to teach.
  lesson.batch.labelled.fill_(true);
  EXPECT_EQ(lesson.loss().sum().item<double>(), 0);
  lesson.made->follow();
  lesson.batch.labelled.fill_(false);
  lesson.batch.labelled[0].fill_(true);
  // 6 labels of 12 samples: half of them, so what is taught counts in full.
  EXPECT_NEAR(lesson.loss().sum().item<double>(), 0.5 * 3 * 3, 1e-12);
}

TEST(Teacher, MixesTargetsAsItMixesPhotographs) {
  // Sample 0 is labelled; sample 1 has a box of it, which teaches nothing.
  Lesson lesson({test::depth()}, {1, 0}, {{"cut_mix", 1}, {"mirror", false}});
  lesson.batch.teacher.fill_(1);
  const at::Tensor loss = lesson.loss();
  EXPECT_GT(loss[0].item<double>(), 0);  // of the box of sample 1
  EXPECT_GT(loss[1].item<double>(), 0);
  EXPECT_LT(loss[0].item<double>(), 0.5);
  EXPECT_LT(loss[1].item<double>(), 1);
  EXPECT_EQ(lesson.gradients[1][0].count_nonzero().item<int64_t>(),
            static_cast<int64_t>(std::lround(loss[0].item<double>() * kHeight * kColumns)));
}

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals()};

test::OwnedBatch batch() { return test::random_batch(kTasks, {1, 0, 0, 0, 0, 0, 0, 1, 1}, 32, 32, 1); }

TrainerOptions options_of(const std::string& method, const Json& options) {
  TrainerOptions all = test::trainer_options(kTasks, method);
  all.method = Variant::of(method, options);
  all.ema_decay = 0.9;
  return all;
}

TEST(Teacher, OfNoWeightChangesNothing) {
  // Neither weights nor what the network predicts with: the strong view leaves the norms' statistics alone.
  test::OwnedBatch data = batch();
  Trainer alone(options_of("supervised", Json::object())), taught(options_of("teacher", {{"weight", 0}}));
  for (int i = 0; i < 3; ++i) {
    test::step(alone, data.host);
    test::step(taught, data.host);
  }
  EXPECT_TRUE(at::equal(test::predict(alone, data.images[0]), test::predict(taught, data.images[0])));
}

TEST(Teacher, NeedsAnAverageOfTheWeights) {
  TrainerOptions options = options_of("teacher", Json::object());
  options.ema_decay = 0;
  const Error e = test::caught([&] { Trainer trainer(options); });
  EXPECT_EQ(e.field(), "ema_decay");
  EXPECT_NE(std::string(e.what()).find("teacher"), std::string::npos);
}

TEST(Teacher, StandsBesideAnotherMethod) {
  test::OwnedBatch data = batch();
  TrainerOptions options = options_of("jtr", Json::object());
  options.beside = {Variant::of("teacher", {{"ramp_up_steps", 0}})};
  Trainer both(options), jtr(options_of("jtr", Json::object()));
  EXPECT_EQ(both.needs().views, 3);
  EXPECT_EQ(both.needs().made_views, 1);
  const StepResult of_both = both.step(data.host, {}), of_jtr = jtr.step(data.host, {});
  const auto term = [&](const char* name) {
    const auto& names = both.term_names();
    return of_both.terms[static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
  };
  EXPECT_EQ(term("jtr.dist"), of_jtr.terms[1 + kTasks.size()]);
  EXPECT_GT(term("teacher.agreement"), 0);
  EXPECT_GT(term("teacher.taught.depth"), 0);
  EXPECT_GT(of_both.loss, of_jtr.loss);

  options.beside = {Variant::of("jtr")};
  EXPECT_EQ(test::caught([&] { Trainer twice(options); }).field(), "beside");
}

TEST(Teacher, GoesOnExactlyBesideAnotherMethod) {
  test::OwnedBatch data = batch();
  TrainerOptions options = options_of("consistency", Json::object());
  options.beside = {Variant::of("teacher")};
  data.host.crops = at::tensor({1.0, 0.0, 0.0, 32.0, 32.0, 0.0}, at::kDouble).expand({3, 3, 6}).contiguous();
  const fs::path file = fs::temp_directory_path() / ("jtr_teacher_" + std::to_string(::getpid()) + ".safetensors");
  Trainer whole(options), first(options), second(options);
  for (int i = 0; i < 4; ++i) test::step(whole, data.host);
  for (int i = 0; i < 2; ++i) test::step(first, data.host);
  first.save(file.string(), {});
  second.load(file.string());
  fs::remove(file);
  for (int i = 0; i < 2; ++i) test::step(second, data.host);
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));
}

TEST(SupervisedViews, LearnTheLabelsOfEveryView) {
  test::OwnedBatch data = batch();
  Trainer plain(options_of("supervised", Json::object())),
      three(options_of("supervised+", {{"views", 3}, {"weight", 0.5}}));
  const StepResult one = plain.step(data.host, {}), all = three.step(data.host, {});
  EXPECT_GT(all.terms.back(), 0);
  // View 0 is normed together with the others.
  EXPECT_NEAR(all.loss, all.terms[0] + 0.5 * all.terms.back(), 1e-9 * all.loss);
  EXPECT_GT(one.loss, 0);
  const Error e = test::caught([&] { Trainer none(options_of("supervised+", {{"views", 1}})); });
  EXPECT_EQ(e.field(), "method.views");
  Trainer strong(options_of("supervised+", {{"views", 1}, {"strong", true}}));
  EXPECT_GT(strong.step(data.host, {}).terms.back(), 0);
}

}  // namespace
}  // namespace jtr
