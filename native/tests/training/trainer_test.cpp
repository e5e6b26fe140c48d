// The step as a whole: gradients, failure without a trace, and checkpoints.
#include "training/trainer.h"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>

#include "support.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class TrainerTest : public testing::Test {
 protected:
  TrainerTest() : folder_(fs::temp_directory_path() / ("jtr_test_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~TrainerTest() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

 private:
  fs::path folder_;
};

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};
const std::vector<uint8_t> kLabelled = {1, 0, 0, 1, 0, 1, 1, 0};

TEST_F(TrainerTest, SupervisedWeightGradientsAgreeWithFiniteDifferences) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  const std::string start = path("start.safetensors");
  trainer.save(start, {});
  test::step(trainer, batch.host);
  const TensorList& gradients = trainer.gradients();
  const TensorList& state = trainer.state();
  std::vector<double> expected, actual;
  for (size_t i = 0; i < gradients.entries().size(); i += 2) {
    const TensorEntry& entry = gradients.entries()[i];
    const int64_t element = entry.tensor.numel() / 3;
    trainer.load(start);
    test::step(trainer, batch.host);
    actual.push_back(entry.tensor.flatten()[element].item<double>());
    double loss[2];
    for (int side = 0; side < 2; ++side) {
      trainer.load(start);
      state.entries()[i].tensor.view(-1)[element] += side == 0 ? test::kNetworkStep : -test::kNetworkStep;
      loss[side] = test::step(trainer, batch.host).loss;
    }
    expected.push_back((loss[0] - loss[1]) / (2 * test::kNetworkStep));
    EXPECT_EQ(entry.name, state.entries()[i].name);
  }
  test::expect_gradients_agree(actual, expected);
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

const Precision kShort = {at::kFloat, at::kBFloat16};

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

TEST_F(TrainerTest, ASavedAndLoadedTrainerGoesOnBitForBit) {
  for (const Precision& precision : {Precision(at::kFloat), Precision(at::kDouble), kShort}) {
    Trainer a(test::trainer_options(kTasks, "jtr", 2, precision));
    const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
    for (int i = 0; i < 3; ++i) test::step(a, batch.host);
    a.save(path("a.safetensors"), {{"note", "hello"}});
    TrainerOptions other = test::trainer_options(kTasks, "jtr", 2, precision);
    other.seed = 99;  // the checkpoint's seed counts
    Trainer b(other);
    b.load(path("a.safetensors"));
    EXPECT_EQ(b.steps_done(), 3);
    EXPECT_EQ(b.seed(), 7u);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(test::step(a, batch.host).loss, test::step(b, batch.host).loss);
    EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b)));
  }
}

TEST_F(TrainerTest, ACheckpointThatIsDamagedOrOfAnotherNetworkIsRefusedAndChangesNothing) {
  Trainer trainer(test::trainer_options(kTasks));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, batch.host);
  const std::string good = path("good.safetensors"), bad = path("bad.safetensors");
  trainer.save(good, {});
  const at::Tensor before = test::all_state(trainer);
  auto refused = [&](const std::string& file, jtr_status status = JTR_STATUS_FORMAT) {
    const Error e = test::caught([&] { trainer.load(file); });
    EXPECT_EQ(e.status(), status) << e.what();
    EXPECT_EQ(e.path(), file);
    EXPECT_TRUE(at::equal(test::all_state(trainer), before));
  };
  const auto size = fs::file_size(good);
  for (const uintmax_t keep : {uintmax_t{0}, uintmax_t{5}, uintmax_t{100}, size / 2, size - 1}) {
    fs::copy_file(good, bad, fs::copy_options::overwrite_existing);
    fs::resize_file(bad, keep);
    refused(bad);
  }
  fs::resize_file(bad, size + 8);
  refused(bad);
  std::ofstream(bad, std::ios::binary) << std::string(200, '\xff');
  refused(bad);
  const std::string header = R"({"a": {"dtype": 5}})";
  const uint64_t length = header.size();
  std::ofstream(bad, std::ios::binary).write(reinterpret_cast<const char*>(&length), 8) << header;
  refused(bad);
  const std::string message = test::caught([&] { trainer.load(bad); }).what();
  EXPECT_NE(message.find("type must be string"), std::string::npos) << message;
  EXPECT_EQ(message.find("json.exception"), std::string::npos) << message;
  refused(path("absent.safetensors"), JTR_STATUS_IO);
  Trainer wide(test::trainer_options(kTasks, "jtr", 4)), narrow_method(test::trainer_options(kTasks, "supervised"));
  wide.save(bad, {});
  refused(bad);
  narrow_method.save(bad, {});
  refused(bad);
}

TEST_F(TrainerTest, ACheckpointWithAWeightThatIsNoNumberIsRefusedByTheTensorsName) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const at::Tensor before = test::all_state(trainer);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Trainer broken(test::trainer_options(kTasks, "supervised"));
    for (const TensorEntry& entry : broken.state().entries()) {
      if (entry.name == "model/encoder_block.1.0.weight") entry.tensor.select(0, 1).select(0, 0).select(0, 2)[1] = bad;
    }
    broken.save(path("broken.safetensors"), {});
    const Error e = test::caught([&] { trainer.load(path("broken.safetensors")); });
    EXPECT_EQ(e.status(), JTR_STATUS_FORMAT);
    EXPECT_EQ(e.path(), path("broken.safetensors"));
    EXPECT_GT(e.offset(), 0);
    const std::string what = e.what();
    EXPECT_NE(what.find("'model/encoder_block.1.0.weight'"), std::string::npos) << what;
    EXPECT_NE(what.find("element 25 "), std::string::npos) << what;  // [1][0][2][1] of [4, 2, 3, 3]
    EXPECT_TRUE(at::equal(test::all_state(trainer), before));
  }
}

TEST_F(TrainerTest, ACheckpointOfMoreStepsThanCanBeDoneIsRefused) {
  Trainer trainer(test::trainer_options({test::depth()}, "supervised"));
  trainer.save(path("a.safetensors"), {});
  std::ifstream in(path("a.safetensors"), std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  const auto with_steps = [&](const std::string& steps) {
    std::string file = good;
    const std::string key = R"("jtr.step":"0")", other = R"("jtr.step":")" + steps + '"';
    const size_t at = file.find(key);
    EXPECT_NE(at, std::string::npos);
    file.replace(at, key.size(), other);
    uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    length += other.size() - key.size();
    std::memcpy(file.data(), &length, sizeof length);
    std::ofstream(path("b.safetensors"), std::ios::binary) << file;
  };
  // -1, -2, the largest and smallest of 64 bits, and one step too many.
  for (const char* steps : {"18446744073709551615", "18446744073709551614", "9223372036854775807",
                            "9223372036854775808", "9007199254740993", "-1", "18446744073709551616"}) {
    with_steps(steps);
    const Error e = test::caught([&] { trainer.load(path("b.safetensors")); });
    EXPECT_EQ(e.status(), JTR_STATUS_FORMAT) << steps;
    EXPECT_NE(std::string(e.what()).find("jtr.step"), std::string::npos) << e.what();
    EXPECT_EQ(trainer.steps_done(), 0);
  }
  with_steps("9007199254740992");
  trainer.load(path("b.safetensors"));
  EXPECT_EQ(trainer.steps_done(), int64_t{1} << 53);
}

TEST(Adam, HasNoUpdateBeforeTheFirst) {
  ParameterStore store;
  store.add_parameter("w", {3});
  store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  const auto adam = Optimizer::registry().make(Variant::of("adam"), {&store});
  EXPECT_EQ(test::caught([&] { adam->update(-1, 1); }).status(), JTR_STATUS_INTERNAL);
  EXPECT_EQ(store.flat_parameters().abs().sum().item<double>(), 0);
  adam->update(int64_t{1} << 53, 1);
  EXPECT_TRUE(store.flat_parameters().isfinite().all().item<bool>());
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

TEST_F(TrainerTest, APathThatCannotBeWrittenIsRefusedAndLeavesNothingBehind) {
  const Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const Error e = test::caught([&] { trainer.save(path("no/such/folder/a.safetensors"), {}); });
  EXPECT_EQ(e.status(), JTR_STATUS_IO);
  EXPECT_EQ(e.path(), path("no/such/folder/a.safetensors"));
  fs::create_directories(path("taken"));
  EXPECT_EQ(test::caught([&] { trainer.save(path("taken"), {}); }).status(), JTR_STATUS_IO);
  EXPECT_EQ(std::distance(fs::directory_iterator(path(".")), fs::directory_iterator{}), 1);
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

TEST_F(TrainerTest, ATrainerWithEverythingOnGoesOnBitForBit) {
  for (const char* method : {"jtr", "mtpsl", "single_task"}) {
    TrainerOptions options = test::trainer_options(kTasks, method, 2, at::kFloat);
    options.max_gradient_norm = 0.5;
    options.ema_decay = 0.9;
    options.schedule = Variant::of("cosine", {{"decay_steps", 8}, {"warmup_steps", 3}});
    options.balancing = Variant::of("uncertainty");
    Trainer a(options), b(options);
    const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
    for (int i = 0; i < 4; ++i) test::step(a, batch.host);
    a.save(path("a.safetensors"), {});
    b.load(path("a.safetensors"));
    for (int i = 0; i < 3; ++i) {
      const test::Losses x = test::step(a, batch.host), y = test::step(b, batch.host);
      EXPECT_EQ(x.loss, y.loss);
      EXPECT_EQ(x.learning_rate, y.learning_rate);
    }
    EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b))) << method;
  }
}

TEST_F(TrainerTest, AnotherRateCountsFromTheNextStepOn) {
  Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  EXPECT_EQ(test::step(trainer, batch.host).learning_rate, 1e-3);
  trainer.set_learning_rate(0.5);
  EXPECT_EQ(test::step(trainer, batch.host).learning_rate, 0.5);
  EXPECT_EQ(test::caught([&] { trainer.set_learning_rate(0); }).field(), "rate");
}

TEST_F(TrainerTest, ARateThatWasSetIsPartOfTheRun) {
  // Item 4: a resumed run went on with the rate that it began with.
  Trainer a(test::trainer_options(kTasks, "supervised")), b(test::trainer_options(kTasks, "supervised"));
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  a.set_learning_rate(0.25);
  test::step(a, batch.host);
  a.save(path("a.safetensors"), {});
  b.load(path("a.safetensors"));
  EXPECT_EQ(test::step(b, batch.host).learning_rate, 0.25);
  test::step(a, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b)));
}

TEST_F(TrainerTest, RulesDrawFromTheCheckpointsSeed) {
  // Item 4: random and pcgrad kept the seed of the trainer that loads.
  for (const char* rule : {"random", "pcgrad"}) {
    TrainerOptions options = test::trainer_options(kTasks, "supervised");
    options.balancing = Variant::of(rule);
    Trainer a(options);
    options.seed = 99;
    Trainer b(options);
    const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
    test::step(a, batch.host);
    a.save(path("a.safetensors"), {});
    b.load(path("a.safetensors"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(test::step(a, batch.host).loss, test::step(b, batch.host).loss) << rule;
    EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b))) << rule;
  }
}

TEST_F(TrainerTest, ACheckpointOfTheSameTasksInAnotherOrderIsRefused) {
  // Item 6: heads are numbered, so the tensors of {map, depth} fit {depth, map}.
  Trainer a(test::trainer_options({test::map(), test::depth()}, "supervised"));
  Trainer b(test::trainer_options({test::depth(), test::map()}, "supervised"));
  a.save(path("a.safetensors"), {});
  const at::Tensor before = test::all_state(b);
  const Error e = test::caught([&] { b.load(path("a.safetensors")); });
  EXPECT_EQ(e.status(), JTR_STATUS_FORMAT);
  EXPECT_EQ(e.path(), path("a.safetensors"));
  EXPECT_NE(std::string(e.what()).find("map, depth; these are depth, map"), std::string::npos) << e.what();
  EXPECT_TRUE(at::equal(test::all_state(b), before));
}

TEST_F(TrainerTest, TasksWhoseNamesHaveDotsKeepTheirMapsApart) {
  // Item 2: map.a.b.c/ was both (a, b.c) and (a.b, c).
  std::vector<Variant> tasks;
  for (const char* name : {"a", "a.b", "b.c", "c"}) tasks.push_back(test::depth(name));
  Trainer a(test::trainer_options(tasks, "direct_map")), b(test::trainer_options(tasks, "direct_map"));
  const test::OwnedBatch batch = test::random_batch(tasks, {1, 0, 0, 1}, 32, 32, 1);
  test::step(a, batch.host);
  a.save(path("a.safetensors"), {});
  b.load(path("a.safetensors"));
  EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b)));
  EXPECT_NO_THROW(a.state().find("map.a%2Eb.c/encoder_block.0.0.weight"));
  EXPECT_NO_THROW(a.state().find("map.a.b%2Ec/encoder_block.0.0.weight"));
}

TEST(TensorList, RefusesAnEntryThatIsThereAlready) {
  ParameterStore store;
  store.add_parameter("weight", {2});
  store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  TensorList list;
  list.add("a/", store.parameter_list(), store.flat_parameters());
  EXPECT_EQ(test::caught([&] { list.add("a/", store.parameter_list(), store.flat_parameters()); }).status(),
            JTR_STATUS_INTERNAL);
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

double rate(const Variant& schedule, double learning_rate, int64_t step) {
  return learning_rate * Schedule::registry().make(schedule, {})->factor(step);
}

TEST(Schedule, TheRateHalvesAfterEveryPeriod) {
  const Variant schedule = Variant::of("step", {{"decay_steps", 200}, {"decay_factor", 0.5}});
  EXPECT_EQ(rate(schedule, 1e-4, 0), 1e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 199), 1e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 200), 0.5e-4);
  EXPECT_EQ(rate(schedule, 1e-4, 400), 0.25e-4);
}

TEST(Schedule, ACosineFallsFromTheEndOfTheWarmUpToItsLastFactor) {
  const Variant schedule = Variant::of("cosine", {{"decay_steps", 110}, {"warmup_steps", 10}, {"final_factor", 0.1}});
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 0), 1e-3);  // a tenth of the way up
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 9), 1e-2);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 10), 1e-2);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 60), 0.55e-2);  // half way: the mean of 1 and 0.1
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 110), 1e-3);
  EXPECT_DOUBLE_EQ(rate(schedule, 1e-2, 100000), 1e-3);
}

TEST(Schedule, AConstantRateStaysAndAWarmUpGoesBeforeEverySchedule) {
  const Variant constant = Variant::of("constant", {{"warmup_steps", 4}});
  EXPECT_DOUBLE_EQ(rate(constant, 1e-2, 1), 0.5e-2);
  EXPECT_DOUBLE_EQ(rate(constant, 1e-2, 1000), 1e-2);
  const Variant step = Variant::of("step", {{"decay_steps", 5}, {"decay_factor", 0.5}, {"warmup_steps", 4}});
  EXPECT_DOUBLE_EQ(rate(step, 1e-2, 1), 0.5e-2);
  EXPECT_DOUBLE_EQ(rate(step, 1e-2, 5), 0.5e-2);
}

}  // namespace
}  // namespace jtr
