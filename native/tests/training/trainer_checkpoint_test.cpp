// Checkpoints of a trainer: what is saved and loaded goes on bit for bit, what is damaged is refused.
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

#include "training/trainer_fixture.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

using test::kLabelled;
using test::kShort;
using test::kTasks;
using test::TrainerTest;

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

TEST_F(TrainerTest, APathThatCannotBeWrittenIsRefusedAndLeavesNothingBehind) {
  const Trainer trainer(test::trainer_options(kTasks, "supervised"));
  const Error e = test::caught([&] { trainer.save(path("no/such/folder/a.safetensors"), {}); });
  EXPECT_EQ(e.status(), JTR_STATUS_IO);
  EXPECT_EQ(e.path(), path("no/such/folder/a.safetensors"));
  fs::create_directories(path("taken"));
  EXPECT_EQ(test::caught([&] { trainer.save(path("taken"), {}); }).status(), JTR_STATUS_IO);
  EXPECT_EQ(std::distance(fs::directory_iterator(path(".")), fs::directory_iterator{}), 1);
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

}  // namespace
}  // namespace jtr
