// Whole steps of every method: label patterns, failure without a trace, checkpoints; and single-task learning.
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "kernels/available.h"
#include "support.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};
/// Three samples: partly, not and fully labelled.
struct MethodBatch : test::OwnedBatch {
  explicit MethodBatch(int64_t size = 32)
      : test::OwnedBatch(test::random_batch(kTasks, {1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1}, size, size, 1)) {
    const double edge = static_cast<double>(size);
    host.crops =
        at::tensor({1.0, 0.0, 0.0, edge, edge, 0.0}, at::kDouble).expand({3, 3, 6}).contiguous();  // whole views
  }
};

class EveryMethodTrains : public testing::TestWithParam<std::string> {};

TEST_P(EveryMethodTrains, AResumedRunEqualsAnUninterruptedOne) {
  const MethodBatch batch;
  const fs::path file = fs::temp_directory_path() / ("jtr_methods_" + std::to_string(::getpid()) + ".safetensors");
  Trainer whole(test::trainer_options(kTasks, GetParam())), first(test::trainer_options(kTasks, GetParam()));
  TrainerOptions other = test::trainer_options(kTasks, GetParam());
  other.seed = 99;
  Trainer second(other);
  for (int i = 0; i < 4; ++i) test::step(whole, batch.host);
  for (int i = 0; i < 2; ++i) test::step(first, batch.host);
  first.save(file.string(), {});
  second.load(file.string());
  fs::remove(file);
  for (int i = 0; i < 2; ++i) test::step(second, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));
}

/// Without our kernels while it lives.
struct KernelsOff {
  KernelsOff() { kernels::enable(false); }
  ~KernelsOff() { kernels::enable(true); }
};

TEST_P(EveryMethodTrains, TheSameByAtensOwnOperations) {
  const MethodBatch batch;
  Trainer fused(test::trainer_options(kTasks, GetParam()));
  std::unique_ptr<Trainer> plain;
  {
    const KernelsOff off;
    plain = std::make_unique<Trainer>(test::trainer_options(kTasks, GetParam()));
  }
  for (int i = 0; i < 2; ++i) {
    const test::Losses want = test::step(fused, batch.host);
    const KernelsOff off;
    const test::Losses got = test::step(*plain, batch.host);
    // In double: other orders of sums, in the second step through Adam, whose first step is by the gradients' signs.
    const double bound = i == 0 ? 1e-10 : 1e-6;
    EXPECT_NEAR(got.loss, want.loss, bound * std::abs(want.loss)) << "step " << i;
    EXPECT_NEAR(got.dist, want.dist, bound * (1 + std::abs(want.dist))) << "step " << i;
    EXPECT_NEAR(got.recon, want.recon, bound * (1 + std::abs(want.recon))) << "step " << i;
    EXPECT_NEAR(got.gradient_norm, want.gradient_norm, 10 * bound * want.gradient_norm) << "step " << i;
  }
}

/// Trains with each kind of recomputation and expects the same numbers to the last bit.
void expect_recomputation_changes_nothing(TrainerOptions options, const HostBatch& batch) {
  Trainer plain(options);
  std::vector<std::unique_ptr<Trainer>> others;
  for (const Recomputation recomputation : {Recomputation::kStages, Recomputation::kNone}) {
    options.recomputation = recomputation;
    others.push_back(std::make_unique<Trainer>(options));
  }
  for (int i = 0; i < 2; ++i) {
    const test::Losses want = test::step(plain, batch);
    for (const auto& trainer : others) {
      const test::Losses got = test::step(*trainer, batch);
      EXPECT_EQ(got.loss, want.loss) << "step " << i << " in " << options.precision().convolved;
      EXPECT_EQ(got.dist, want.dist) << "step " << i << " in " << options.precision().convolved;
      EXPECT_EQ(got.gradient_norm, want.gradient_norm) << "step " << i << " in " << options.precision().convolved;
    }
  }
  for (const auto& trainer : others) {
    EXPECT_TRUE(at::equal(test::all_state(*trainer), test::all_state(plain))) << options.precision().convolved;
  }
}

TEST_P(EveryMethodTrains, TheSameWhateverIsRecomputed) {
  const MethodBatch batch;
  for (const Precision& precision :
       {Precision(at::kFloat), Precision(at::kDouble), Precision(at::kFloat, at::kBFloat16)}) {
    expect_recomputation_changes_nothing(test::trainer_options(kTasks, GetParam(), 2, precision), batch.host);
  }
}

TEST(Recomputation, WorksWithABalancingThatGoesBackSeveralTimes) {
  const MethodBatch batch;
  TrainerOptions options = test::trainer_options(kTasks, "jtr");
  options.balancing = Variant::of("pcgrad");
  expect_recomputation_changes_nothing(options, batch.host);
}

TEST_P(EveryMethodTrains, AStepThatIsGivenUpChangesNothing) {
  MethodBatch batch;
  TrainerOptions options = test::trainer_options(kTasks, GetParam());
  options.recomputation = Recomputation::kStages;  // the most that a step changes on its way
  Trainer trainer(options);
  for (const TensorEntry& entry : trainer.state().entries()) {
    // Depths so large that the sum of their errors overflows.
    at::Tensor tensor = entry.tensor;
    if (entry.name.find("pred_task2.1.bias") != std::string::npos) tensor.fill_(1e308);
  }
  const at::Tensor before = test::all_state(trainer);
  EXPECT_EQ(test::caught([&] { test::step(trainer, batch.host); }).status(), JTR_STATUS_NON_FINITE);
  batch.images.fill_(std::nanf(""));
  EXPECT_EQ(test::caught([&] { test::step(trainer, batch.host); }).status(), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(trainer.steps_done(), 0);
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
}

TEST_P(EveryMethodTrains, TheLossIsTheSupervisedOneAndWhatTheMethodAdds) {
  const MethodBatch batch;
  Trainer trainer(test::trainer_options(kTasks, GetParam())), supervised(test::trainer_options(kTasks, "supervised"));
  const test::Losses result = test::step(trainer, batch.host);
  const bool adds = GetParam() != "supervised" && GetParam() != "single_task";
  EXPECT_EQ(result.loss > result.supervised + 1e-6, adds);
  EXPECT_EQ(result.dist > 0, adds);
}

TEST_P(EveryMethodTrains, LossesInBFloat16AreThoseInDoubleRounded) {
  const MethodBatch batch(64);
  Trainer full(test::trainer_options(kTasks, GetParam(), 8)),
      rounded(test::trainer_options(kTasks, GetParam(), 8, Precision(at::kFloat, at::kBFloat16)));
  const test::Losses want = test::step(full, batch.host), got = test::step(rounded, batch.host);
  EXPECT_NE(got.loss, want.loss);
  // Thirty layers of maps rounded to 8 bits; noise for photographs and labels leaves the networks nothing to be sure
  // of.
  EXPECT_NEAR(got.supervised, want.supervised, 0.03 * want.supervised);
  EXPECT_NEAR(got.loss, want.loss, 0.05 * want.loss);
  EXPECT_NEAR(got.dist, want.dist, 0.15 * want.dist);
  EXPECT_NEAR(got.recon, want.recon, 0.05 * want.recon);
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethodTrains,
                         testing::Values("supervised", "single_task", "consistency", "direct_map", "perceptual_map",
                                         "mtpsl", "jtr", "teacher", "supervised+", "prototypes"),
                         [](const auto& info) { return test::identifier(info.param); });

TEST(SingleTask, IsANetworkForEachTaskTrainedOnThatTaskAlone) {
  // The network of a task must be the one that supervised learning of that task alone gives.
  const MethodBatch batch;
  Trainer separate(test::trainer_options(kTasks, "single_task"));
  for (int i = 0; i < 2; ++i) test::step(separate, batch.host);
  const at::Tensor predictions = test::predict(separate, batch.images[0]);
  for (size_t t = 0; t < kTasks.size(); ++t) {
    Trainer alone(test::trainer_options({kTasks[t]}, "supervised"));
    HostBatch host = batch.host;
    host.labels = {batch.host.labels[t]};
    host.labelled = batch.host.labelled.narrow(1, static_cast<int64_t>(t), 1).contiguous();
    for (int i = 0; i < 2; ++i) test::step(alone, host);
    EXPECT_TRUE(at::equal(separate.tasks().prediction(predictions, t), test::predict(alone, batch.images[0])))
        << separate.tasks()[t].name();
  }
}

}  // namespace
}  // namespace jtr
