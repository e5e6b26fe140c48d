// Networks of pixel and image tasks in training: every method and balancing rule that takes them, exact resume, and
// what is refused.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "finite_differences.h"
#include "mixed.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

const std::vector<Variant> kTasks = test::mixed_tasks();
/// Partly, not and fully labelled.
const std::vector<uint8_t> kLabelled = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

std::string file_of(const std::string& name) {
  return (fs::temp_directory_path() / ("jtr_" + name + "_" + std::to_string(::getpid()) + ".safetensors")).string();
}

class MixedMethods : public testing::TestWithParam<std::string> {};

/// "jtr_encoders" is jtr with task encoders.
TrainerOptions options_of(const std::string& method) {
  if (method != "jtr_encoders") return test::trainer_options(kTasks, method);
  TrainerOptions options = test::trainer_options(kTasks, "jtr");
  options.method = Variant::of("jtr", {{"image_tasks", "task_encoders"}});
  return options;
}

TEST_P(MixedMethods, AResumedRunEqualsAnUninterruptedOne) {
  const test::MixedBatch batch(kTasks, kLabelled);
  const TrainerOptions options = options_of(GetParam());
  TrainerOptions other = options;
  other.seed = 99;
  Trainer whole(options), first(options), second(other);
  for (int i = 0; i < 4; ++i) test::step(whole, batch.host);
  for (int i = 0; i < 2; ++i) test::step(first, batch.host);
  const std::string file = file_of("mixed_methods");
  first.save(file, {});
  second.load(file);
  fs::remove(file);
  for (int i = 0; i < 2; ++i) test::step(second, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));
}

TEST_P(MixedMethods, EveryTaskIsLearned) {
  const test::MixedBatch batch(kTasks, kLabelled);
  Trainer trainer(options_of(GetParam()));
  const StepResult first = trainer.step(batch.host, {});
  StepResult last = first;
  for (int i = 0; i < 60; ++i) last = trainer.step(batch.host, {});
  for (size_t t = 1; t <= kTasks.size(); ++t) {
    EXPECT_GT(first.terms[t], 0) << trainer.term_names()[t];
    EXPECT_LT(last.terms[t], 0.95 * first.terms[t]) << trainer.term_names()[t];
  }
}

TEST_P(MixedMethods, TheLossIsTheSupervisedOneAndWhatTheMethodAdds) {
  const test::MixedBatch batch(kTasks, kLabelled);
  Trainer trainer(options_of(GetParam()));
  const test::Losses result = test::step(trainer, batch.host);
  const bool adds = GetParam() != "supervised" && GetParam() != "single_task";
  EXPECT_EQ(result.loss > result.supervised + 1e-6, adds);
  EXPECT_EQ(result.dist > 0, adds);
}

INSTANTIATE_TEST_SUITE_P(Methods, MixedMethods,
                         testing::Values("supervised", "single_task", "consistency", "jtr", "jtr_encoders", "teacher",
                                         "supervised+"),
                         [](const auto& info) { return test::identifier(info.param); });

TEST(MixedTasks, StrongViewsOfSupervisedLearningAreLearned) {
  const test::MixedBatch batch(kTasks, kLabelled);
  TrainerOptions options = test::trainer_options(kTasks, "supervised+");
  options.method = Variant::of("supervised+", {{"views", 1}, {"strong", true}, {"cut_mix", 1}});
  Trainer trainer(options);
  const double first = test::step(trainer, batch.host).dist;
  double last = first;
  for (int i = 0; i < 60; ++i) last = test::step(trainer, batch.host).dist;
  EXPECT_LT(last, 0.95 * first);
}

TEST(MixedTasks, MethodsThatRelatePixelsRefuseImageTasksInOneSentence) {
  for (const char* method : {"mtpsl", "direct_map", "perceptual_map"}) {
    const Error e = test::caught([&] { Trainer trainer(test::trainer_options(kTasks, method)); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT) << method;
    EXPECT_EQ(e.field(), "tasks[1].kind") << method;
    const std::string expected = std::string("tasks[1].kind: task 'room': the method '") + method +
                                 "' relates tasks of pixels, and the kind 'classification' is of the whole image";
    EXPECT_EQ(std::string(e.what()), expected);
  }
}

TEST(MixedTasks, JointTaskRegularizationStaysFiniteOver200Steps) {
  const test::MixedBatch batch(kTasks, kLabelled);
  const std::vector<Json> all = {{{"mode", "published"}, {"image_tasks", "planes"}},
                                 {{"mode", "corrected"}, {"image_tasks", "task_encoders"}}};
  for (const Json& own : all) {
    TrainerOptions options = test::trainer_options(kTasks, "jtr", 2, Precision(at::kFloat));
    options.method = Variant::of("jtr", own);
    Trainer trainer(options);
    StepResult result;
    for (int i = 0; i < 200; ++i) {
      result = trainer.step(batch.host, {});
      for (size_t t = 0; t < result.terms.size(); ++t) {
        ASSERT_TRUE(std::isfinite(result.terms[t])) << own << ", step " << i << ": " << trainer.term_names()[t];
      }
    }
    EXPECT_EQ(result.step, 200);
  }
}

TEST(MixedTasks, WeightsGradientsAgreeWithFiniteDifferences) {
  const test::MixedBatch batch(kTasks, kLabelled);
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  test::expect_weight_gradients_agree(
      trainer, [&] { return trainer.step(batch.host, {}).loss; }, test::is_weight);
}

class MixedBalancing : public testing::TestWithParam<std::string> {};

TEST_P(MixedBalancing, EveryHeadLearns) {
  const test::MixedBatch batch(kTasks, kLabelled);
  TrainerOptions options = test::trainer_options(kTasks, "supervised");
  options.balancing = Variant::of(GetParam());
  if (GetParam() == "fixed") options.balancing = Variant::of("fixed", {{"weights", {1, 2, 3, 4, 5}}});
  Trainer trainer(options);
  const double first = trainer.step(batch.host, {}).terms[0];
  double last = first;
  for (int i = 0; i < 30; ++i) last = trainer.step(batch.host, {}).terms[0];
  EXPECT_LT(last, first);
  for (size_t t = 0; t < kTasks.size(); ++t) {
    double norm = 0;
    for (const TensorEntry& entry : trainer.gradients().entries()) {
      const std::string head = "pred_task" + std::to_string(t + 1) + ".";
      if (entry.name.find(head) != std::string::npos) norm += entry.tensor.norm().item<double>();
    }
    EXPECT_GT(norm, 0) << t;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, MixedBalancing,
                         testing::Values("equal", "fixed", "random", "uncertainty", "dwa", "pcgrad", "labels",
                                         "progress"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jtr
