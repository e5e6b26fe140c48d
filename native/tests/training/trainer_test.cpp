// The step as a whole: gradients, numbers, failure without a trace.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

#include "finite_differences.h"
#include "training/trainer_fixture.h"

namespace jtr {
namespace {

using test::kLabelled;
using test::kShort;
using test::kTasks;
using test::TrainerTest;

TEST_F(TrainerTest, SupervisedWeightGradientsAgreeWithFiniteDifferences) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  // Every other one is enough.
  size_t count = 0;
  test::expect_weight_gradients_agree(
      trainer, [&] { return test::step(trainer, batch.host).loss; },
      [&count](const std::string&) { return count++ % 2 == 0; });
}

TEST_F(TrainerTest, LearnsABatchByHeart) {
  Trainer trainer(test::trainer_options(kTasks, "jtr", 4, at::kFloat));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  const double first = test::step(trainer, batch.host).supervised;
  double last = first;
  for (int i = 0; i < 60; ++i) last = test::step(trainer, batch.host).supervised;
  EXPECT_LT(last, 0.9 * first);
  EXPECT_EQ(trainer.steps_done(), 61);
}

TEST_F(TrainerTest, InBFloat16EverythingButMapsIsInFloat) {
  Trainer trainer(test::trainer_options(kTasks, "jtr", 4, kShort));
  for (const TensorList* list : {&trainer.state(), &trainer.gradients()}) {
    for (const TensorEntry& entry : list->entries()) {
      EXPECT_EQ(entry.tensor.scalar_type(), at::kFloat) << entry.name;
    }
  }
}

TEST_F(TrainerTest, InBFloat16ABatchIsLearntByHeartAsInFloat) {
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  std::vector<double> last;
  for (const Precision& precision : {Precision(at::kFloat), kShort}) {
    Trainer trainer(test::trainer_options(kTasks, "jtr", 4, precision));
    for (int i = 0; i < 60; ++i) test::step(trainer, batch.host);
    last.push_back(test::step(trainer, batch.host).supervised);
  }
  EXPECT_NE(last[1], last[0]);
  // 61 steps of Adam part what began 1 % apart; a gradient that is wrong in any layer leaves far more.
  EXPECT_NEAR(last[1], last[0], 0.05 * last[0]);
}

TEST_F(TrainerTest, GivesTheSameNumbersInEitherLayout) {
  // In double, where no two candidates of a pool are within rounding of each other.
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 64, 1);
  std::vector<test::Losses> results;
  std::vector<at::Tensor> predictions, states;
  for (const char* layout : {"channels_first", "channels_last"}) {
    ::setenv("JTR_MEMORY_FORMAT", layout, 1);
    Trainer trainer(test::trainer_options(kTasks, "jtr", 8, at::kDouble));
    ::unsetenv("JTR_MEMORY_FORMAT");
    StepRequest request;
    predictions.push_back(at::empty({3, 2, trainer.tasks().channels(), 32, 64}, at::kDouble));
    test::want_predictions(request, trainer, predictions.back());
    results.push_back(test::step(trainer, batch.host, request));
    states.push_back(test::all_state(trainer));
  }
  EXPECT_LT(test::relative_error(predictions[1], predictions[0]), 1e-10);
  EXPECT_LT(test::relative_error(states[1], states[0]), 1e-7);  // Adam divides small gradients by their own size
  EXPECT_NEAR(results[1].loss, results[0].loss, 1e-9 * results[0].loss);
}

TEST_F(TrainerTest, ALayoutThatIsNoneIsRefused) {
  ::setenv("JTR_MEMORY_FORMAT", "sideways", 1);
  const Error e = test::caught([] { Trainer trainer(test::trainer_options(kTasks)); });
  ::unsetenv("JTR_MEMORY_FORMAT");
  EXPECT_EQ(e.field(), "JTR_MEMORY_FORMAT");
}

TEST_F(TrainerTest, AUnlabelledBatchStillTrainsWithJtr) {
  Trainer trainer(test::trainer_options(kTasks));
  test::OwnedBatch batch = test::random_batch(kTasks, std::vector<uint8_t>(8, 0), 32, 32, 1);
  const at::Tensor before = test::all_state(trainer);
  const test::Losses result = test::step(trainer, batch.host);
  EXPECT_EQ(result.supervised, 0);
  EXPECT_GT(result.loss, 0);
  EXPECT_GT(test::relative_error(test::all_state(trainer), before), 0);
}

TEST_F(TrainerTest, DoesNotLookAtLabelsThatASampleDoesNotHave) {
  Trainer a(test::trainer_options(kTasks)), b(test::trainer_options(kTasks));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(a, batch.host);
  // Sample 0 is not labelled for depth, the label channel 1.
  for (int v = 0; v < 3; ++v) batch.labels[v][0][1].fill_(std::nanf(""));
  test::step(b, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b)));
}

TEST_F(TrainerTest, TheSameSeedGivesTheSameNetworkWithEveryMethod) {
  Trainer jtr(test::trainer_options(kTasks, "jtr")), supervised(test::trainer_options(kTasks, "supervised"));
  const at::Tensor model = test::all_state(supervised);
  EXPECT_TRUE(at::equal(test::all_state(jtr).narrow(0, 0, model.numel()), model));
}

TEST_F(TrainerTest, InitialWeightsAreXavierNormal) {
  Trainer trainer(test::trainer_options(kTasks, "supervised", 16));
  for (const TensorEntry& entry : trainer.state().entries()) {
    if (entry.name != "model/conv_block_enc.4.1.0.weight") continue;
    const double n = static_cast<double>(entry.tensor.numel()), std = std::sqrt(2.0 / (2 * 128 * 9));
    EXPECT_NEAR(entry.tensor.std().item<double>(), std, 4 * std / std::sqrt(2 * n));
    EXPECT_NEAR(entry.tensor.mean().item<double>(), 0, 4 * std / std::sqrt(n));
    return;
  }
  FAIL() << "no such tensor";
}

/// Steps that fail must leave everything as it was.
void expect_unchanged(Trainer& trainer, const test::OwnedBatch& batch, const StepRequest& request, jtr_status status,
                      const std::string& field) {
  const at::Tensor before = test::all_state(trainer);
  const int64_t steps = trainer.steps_done();
  const Error e = test::caught([&] { test::step(trainer, batch.host, request); });
  EXPECT_EQ(e.status(), status) << e.what();
  EXPECT_EQ(e.field(), field);
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
  EXPECT_EQ(trainer.steps_done(), steps);
}

TEST_F(TrainerTest, BadBatchesAreRefusedByFieldAndChangeNothing) {
  Trainer trainer(test::trainer_options(kTasks));
  const test::OwnedBatch good = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, good.host);
  auto refused = [&](const char* field, const std::function<void(test::OwnedBatch&)>& spoil) {
    test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
    spoil(batch);
    expect_unchanged(trainer, batch, {}, JTR_STATUS_INVALID_ARGUMENT, field);
  };
  refused("batch.image", [](auto& b) { b.host.images = b.images.narrow(0, 0, 2); });
  refused("batch.image", [](auto& b) { b.host.images = b.images.narrow(1, 0, 0); });
  refused("batch.image", [](auto& b) { b.host.images = at::zeros({3, 2, 3, 33, 32}, at::kFloat); });
  refused("batch.image", [](auto& b) { b.host.images = at::zeros({3, 2, 3, 32, 16}, at::kFloat); });
  refused("batch.image", [](auto& b) { b.host.images = at::zeros({3, 2, 4, 32, 32}, at::kFloat); });
  refused("batch.image", [](auto& b) { b.host.images = b.images.to(at::kDouble); });
  refused("batch.image", [](auto& b) { b.host.images = b.images.transpose(3, 4); });
  refused("batch.image", [](auto& b) { b.host.images = at::Tensor{}; });
  refused("batch.label.depth", [](auto& b) { b.host.labels[1] = at::Tensor{}; });
  refused("batch.label.depth", [](auto& b) { b.host.labels[1] = b.host.labels[1].narrow(0, 0, 2); });
  refused("batch.label.normals", [](auto& b) { b.host.labels[2] = b.host.labels[1]; });
  refused("batch.labelled", [](auto& b) { b.host.labelled = at::Tensor{}; });
  refused("batch.labelled", [](auto& b) { b.host.labelled = b.host.labelled.narrow(1, 0, 3); });
  refused("batch.image", [](auto& b) { b.images.view(-1)[100] = std::nanf(""); });
  refused("batch.image", [](auto& b) { b.images.view(-1)[5000] = std::numeric_limits<float>::infinity(); });
  refused("batch.labelled", [](auto& b) { b.labelled[3] = 2; });
  refused("batch.label.segmentation", [](auto& b) { b.labels[0][0][0][4][4] = 5; });     // classes are 0 to 4
  refused("batch.label.segmentation", [](auto& b) { b.labels[0][0][0][4][4] = 1.5f; });  // not a whole number
  refused("batch.label.depth", [](auto& b) { b.labels[2][1][1][4][4] = -1; });           // of the labelled sample
}

TEST_F(TrainerTest, ANoiseThatCannotBeIsRefused) {
  Trainer trainer(test::trainer_options(kTasks));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  const at::Tensor noise = at::ones({2, 5, 5, 32, 32}, at::kDouble);
  noise.view(-1)[77] = -1;
  batch.host.noise = noise;
  expect_unchanged(trainer, batch, {}, JTR_STATUS_INVALID_ARGUMENT, "batch.noise");
}

TEST_F(TrainerTest, ACancelledStepChangesNothing) {
  Trainer trainer(test::trainer_options(kTasks));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, batch.host);
  const int32_t cancel = 1;
  StepRequest request;
  request.cancel = &cancel;
  expect_unchanged(trainer, batch, request, JTR_STATUS_CANCELLED, "");
}

TEST_F(TrainerTest, ALossThatIsNotFiniteChangesNothingAndSaysWhichSample) {
  Trainer trainer(test::trainer_options(kTasks, "jtr", 2, at::kFloat));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, batch.host);
  batch.labels[0][1][1].fill_(3e38f);  // depth of sample 1: the sum over pixels overflows
  expect_unchanged(trainer, batch, {}, JTR_STATUS_NON_FINITE, "");
  const Error e = test::caught([&] { test::step(trainer, batch.host); });
  EXPECT_NE(std::string(e.what()).find("sample 1"), std::string::npos) << e.what();
}

TEST_F(TrainerTest, AWeightThatIsNoNumberPredictsNone) {
  for (const char* weight :
       {"model/encoder_block.0.0.weight", "model/conv_block_enc.2.0.0.bias", "model/decoder_block.4.1.weight",
        "model/encoder_block.3.1.running_var", "model/conv_block_dec.0.1.bias"}) {
    for (const Precision& precision : {Precision(at::kFloat), Precision(at::kDouble), kShort}) {
      for (const char* layout : {"channels_first", "channels_last"}) {
        ::setenv("JTR_MEMORY_FORMAT", layout, 1);
        Trainer trainer(test::trainer_options(kTasks, "supervised", 2, precision));
        ::unsetenv("JTR_MEMORY_FORMAT");
        bool found = false;
        for (const TensorEntry& entry : trainer.state().entries()) {
          if (entry.name != weight) continue;
          at::Tensor tensor = entry.tensor;
          tensor.fill_(std::nan(""));
          found = true;
        }
        ASSERT_TRUE(found) << weight;
        const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
        const at::Tensor predictions = test::predict(trainer, batch.images[0].narrow(0, 0, 1));
        EXPECT_TRUE(predictions.isnan().all().item<bool>()) << weight << ", " << precision.convolved << ", " << layout;
      }
    }
  }
}

TEST_F(TrainerTest, PredictsWithRunningStatisticsAndAnyNumberOfImages) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  for (int i = 0; i < 5; ++i) test::step(trainer, batch.host);
  const int64_t channels = trainer.tasks().channels();
  const at::Tensor both = test::predict(trainer, batch.images[0]),
                   one = test::predict(trainer, batch.images[0].narrow(0, 1, 1));
  EXPECT_EQ(both.sizes(), at::IntArrayRef({2, channels, 32, 32}));
  EXPECT_LT(test::relative_error(both[1], one[0]), 1e-6);  // no image looks at its neighbours
  const at::Tensor n = trainer.tasks().prediction(both, 2).norm(2, {1});
  EXPECT_LT((n - 1).abs().max().item<double>(), 1e-5);
}

TEST_F(TrainerTest, ANonFiniteLossTellsItsTermAndSamples) {
  Trainer trainer(test::trainer_options(kTasks, "jtr", 2, at::kFloat));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  batch.labels[0][1][1].fill_(3e38f);  // depth of sample 1: the sum over pixels overflows
  const Error e = test::caught([&] { test::step(trainer, batch.host); });
  EXPECT_EQ(e.term(), "supervised.depth");
  EXPECT_EQ(e.samples(), std::vector<int64_t>{1});
}

TEST_F(TrainerTest, AGradientThatIsNotFiniteChangesNothingAndIsNamed) {
  Trainer trainer(test::trainer_options(kTasks, "supervised", 2, at::kFloat));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, batch.host);
  // The head of depth: small times large is a number, but the gradient of the small one's weights is large times the
  // features, which the norms make large.
  for (const TensorEntry& entry : trainer.state().entries()) {
    at::Tensor tensor = entry.tensor;
    const bool is_norm = entry.sizes.size() == 1 && entry.name.find(".weight") != std::string::npos;
    if (is_norm) tensor.fill_(100);
    if (entry.name == "model/pred_task2.0.weight") tensor.fill_(1e-30f);
    if (entry.name == "model/pred_task2.1.weight") tensor.fill_(3e38f);
  }
  expect_unchanged(trainer, batch, {}, JTR_STATUS_NON_FINITE, "");
  const Error e = test::caught([&] { test::step(trainer, batch.host); });
  EXPECT_EQ(e.term(), "gradient");
  EXPECT_NE(std::string(e.what()).find("'model/"), std::string::npos) << e.what();
}

TEST_F(TrainerTest, AGradientIsScaledDownToItsLargestNormAndTheNormBeforeIsTold) {
  TrainerOptions options = test::trainer_options(kTasks);
  Trainer plain(options);
  options.max_gradient_norm = 1e-3;
  Trainer clipped(options);
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  const test::Losses a = test::step(plain, batch.host), b = test::step(clipped, batch.host);
  EXPECT_GT(a.gradient_norm, 1e-3);
  EXPECT_EQ(a.gradient_norm, b.gradient_norm);
  double model = 0, network = 0;
  std::string prefix = "jtr/";
  const auto& expected = plain.gradients().entries();
  const auto& actual = clipped.gradients().entries();
  double model_before = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double squared = actual[i].tensor.pow(2).sum().item<double>();
    (actual[i].name.rfind(prefix, 0) == 0 ? network : model) += squared;
    if (actual[i].name.rfind(prefix, 0) != 0) model_before += expected[i].tensor.pow(2).sum().item<double>();
  }
  EXPECT_NEAR(std::sqrt(model_before), a.gradient_norm, 1e-12 * a.gradient_norm);  // sums in another order
  EXPECT_NEAR(std::sqrt(model), 1e-3, 1e-12);
  EXPECT_NEAR(std::sqrt(network), 1e-3, 1e-12);  // the auto-encoder's has a norm of its own
}

TEST_F(TrainerTest, AShortGradientIsLeftAsItIs) {
  TrainerOptions options = test::trainer_options(kTasks);
  Trainer plain(options);
  options.max_gradient_norm = 1e30;
  Trainer clipped(options);
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(test::step(plain, batch.host).loss, test::step(clipped, batch.host).loss);
  EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(clipped)));
}

/// The entries of a trainer's state whose names begin with a prefix, by their names behind it.
std::map<std::string, at::Tensor> state_of(const Trainer& trainer, const std::string& prefix) {
  std::map<std::string, at::Tensor> found;
  for (const TensorEntry& entry : trainer.state().entries()) {
    if (entry.name.rfind(prefix, 0) == 0) found[entry.name.substr(prefix.size())] = entry.tensor.clone();
  }
  return found;
}

TEST_F(TrainerTest, TheAverageFollowsTheWeightsAndPredicts) {
  TrainerOptions options = test::trainer_options(kTasks, "supervised");
  options.ema_decay = 0.5;
  Trainer trainer(options);
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  std::map<std::string, at::Tensor> expected;
  for (int t = 0; t < 20; ++t) {
    test::step(trainer, batch.host);
    const double decay = std::min(0.5, t / (t + 10.0));
    for (const auto& [name, value] : state_of(trainer, "model/")) {
      const bool is_counter = name.find("num_batches") != std::string::npos;
      expected[name] = t == 0 || is_counter ? value : expected[name] * decay + value * (1 - decay);
    }
  }
  const auto average = state_of(trainer, "ema/model/");
  ASSERT_EQ(average.size(), expected.size());
  for (const auto& [name, value] : average) {
    EXPECT_LT((value - expected[name]).abs().max().item<double>(), 1e-12) << name;  // rounding of double
  }
  // A network that is the average predicts the same.
  Trainer other(test::trainer_options(kTasks, "supervised"));
  for (const TensorEntry& entry : other.state().entries()) {
    at::Tensor(entry.tensor).copy_(average.at(entry.name.substr(6)));
  }
  EXPECT_TRUE(at::equal(test::predict(trainer, batch.images[0]), test::predict(other, batch.images[0])));
}

TEST_F(TrainerTest, AnotherRateCountsFromTheNextStepOn) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  EXPECT_EQ(test::step(trainer, batch.host).learning_rate, 1e-3);
  trainer.set_learning_rate(0.5);
  EXPECT_EQ(test::step(trainer, batch.host).learning_rate, 0.5);
  EXPECT_EQ(test::caught([&] { trainer.set_learning_rate(0); }).field(), "rate");
}

}  // namespace
}  // namespace jtr
