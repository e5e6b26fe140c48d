// What goes wrong in one of several processes: all others end with an error that names it, or give up the step and go
// on.
#include <cstring>
#include <limits>

#include "parallel/processes.h"

namespace jtr {
namespace {

using test::Processes;
using test::Role;

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};
/// Seconds: what the tests wait for, and what is added to it to look at who is missing, with a busy machine's delays.
constexpr double kTimeout = 3, kMargin = 20;

test::OwnedBatch batch_of(int64_t step) {
  return test::random_batch(kTasks, {1, 0, 1, 1, 0, 1, 1, 0}, 32, 32, 1 + step % 2);
}

TrainerOptions options_of(const Role& role, const std::string& method = "supervised", Json more = Json::object()) {
  TrainerOptions options = test::trainer_options(kTasks, method);
  more["timeout_s"] = kTimeout;
  options.parallel = role.communicator(std::move(more));
  return options;
}

/// Steps until something is thrown, which it tells; calls `before` each step.
void train(const Role& role, const TrainerOptions& options, const std::function<void(int64_t)>& before) {
  try {
    Trainer trainer(options);
    for (int64_t step = 0; step < 1000; ++step) {
      before(step);
      const test::OwnedBatch batch = batch_of(step);
      trainer.step(batch.host, {});
      role.tell("step", std::to_string(step + 1));
    }
    role.tell("error", "none");
  } catch (const Error& e) {
    role.tell("error", e.what());
  }
}

class Lost : public testing::TestWithParam<std::tuple<int64_t, bool>> {};

TEST_P(Lost, AProcessThatEndsOrStopsIsNamedByAllOthers) {
  const auto [lost, stops] = GetParam();
  const Role role = Role::here();
  if (!role.starts_others()) {
    train(role, options_of(role), [&, lost = lost, stops = stops](int64_t step) {
      if (role.rank == lost && step == 3) ::raise(stops ? SIGSTOP : SIGKILL);
    });
    return;
  }
  Processes ranks(3);
  ranks.start_all();
  const std::string name = "rank " + std::to_string(lost);
  for (int64_t rank = 0; rank < 3; ++rank) {
    if (rank == lost) continue;
    ASSERT_TRUE(ranks.wait_for("step", rank)) << ranks.read("log", rank);
    EXPECT_EQ(ranks.code(rank, kTimeout + kMargin), 0) << ranks.read("log", rank);
    const std::string error = ranks.read("error", rank);
    EXPECT_NE(error.find(name), std::string::npos) << error;
    EXPECT_EQ(ranks.read("step", rank), "3");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Lost, testing::Combine(testing::Values<int64_t>(0, 1), testing::Bool()),
                         [](const auto& info) {
                           return "Rank" + std::to_string(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) ? "Stops" : "Ends");
                         });

/// One rank's step fails; all give it up, nothing has changed, and the next step is done by all.
void expect_all_give_up(const std::string& cause, const std::function<void(test::OwnedBatch&, StepRequest&)>& spoil,
                        jtr_status status) {
  constexpr int64_t kCulprit = 1;
  const Role role = Role::here();
  if (role.starts_others()) {
    Processes ranks(2);
    ranks.start_all();
    ranks.expect_success();
    return;
  }
  Trainer trainer(options_of(role, "jtr"));
  const test::OwnedBatch good = batch_of(0);
  trainer.step(good.host, {});
  const at::Tensor before = test::all_state(trainer);
  test::OwnedBatch bad = batch_of(1);
  StepRequest request;
  if (role.rank == kCulprit) spoil(bad, request);
  const Error error = test::caught([&] { trainer.step(bad.host, request); });
  EXPECT_EQ(error.status(), status);
  EXPECT_NE(std::string(error.what()).find(cause), std::string::npos) << error.what();
  if (role.rank != kCulprit) {
    EXPECT_EQ(std::string(error.what()).find("rank 1: "), 0u) << error.what();
  }
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
  EXPECT_EQ(trainer.step(batch_of(1).host, {}).step, 2);
}

TEST(GivenUp, ABadBatchOfOneRank) {
  expect_all_give_up(
      "batch.image", [](test::OwnedBatch& batch, StepRequest&) { batch.images.view(-1)[7] = NAN; },
      JTR_STATUS_INVALID_ARGUMENT);
}

TEST(GivenUp, ALossOfOneRankThatIsNotFinite) {
  // The sum of two tasks' is beyond the largest number.
  expect_all_give_up(
      "the loss of sample 0 of the batch is not finite",
      [](test::OwnedBatch& batch, StepRequest&) {
        batch.host.label_weight = at::full({2, 4}, std::numeric_limits<double>::max(), at::kDouble);
      },
      JTR_STATUS_NON_FINITE);
}

TEST(GivenUp, ACallOffOnOneRank) {
  static const int32_t kRaised = 1;
  expect_all_give_up(
      "cancelled", [](test::OwnedBatch&, StepRequest& request) { request.cancel = &kRaised; }, JTR_STATUS_CANCELLED);
}

/// Starts processes as they should not be; what each told.
std::vector<std::string> told_at_the_start(const std::vector<std::pair<int64_t, int64_t>>& ranks_and_sizes,
                                           const std::function<void(const Role&, TrainerOptions&)>& change) {
  const Role role = Role::here();
  if (!role.starts_others()) {
    TrainerOptions options = options_of(role);
    change(role, options);
    std::string error = "none";
    try {
      const Trainer trainer(options);
    } catch (const Error& e) {
      error = e.what();
    }
    std::ofstream(role.folder + "/start.of." + std::to_string(::getpid())) << error;
    return {};
  }
  Processes ranks(static_cast<int64_t>(ranks_and_sizes.size()));
  for (const auto& [rank, size] : ranks_and_sizes) ranks.start(rank, size);
  std::vector<std::string> all;
  for (size_t i = 0; i < ranks_and_sizes.size(); ++i) {
    EXPECT_EQ(ranks.code(static_cast<int64_t>(i), kTimeout + kMargin), 0) << ranks.read("log", static_cast<int64_t>(i));
    all.push_back(ranks.told_by("start", static_cast<int64_t>(i)));
  }
  return all;
}

const auto kAsIs = [](const Role&, TrainerOptions&) {};

TEST(Start, OtherNumbersOfProcesses) {
  for (const std::string& error : told_at_the_start({{0, 2}, {1, 3}}, kAsIs)) {
    EXPECT_NE(error.find("rank 1 was started for 3 processes, rank 0 for 2"), std::string::npos) << error;
  }
}

TEST(Start, TwoProcessesOfOneNumber) {
  int named = 0;
  for (const std::string& error : told_at_the_start({{0, 3}, {1, 3}, {1, 3}}, kAsIs)) {
    named += error.find("two processes have rank 1") != std::string::npos;
  }
  EXPECT_TRUE(named >= 1 || !Role::here().starts_others());
}

TEST(Start, TwoProcessesOfRank0) {
  int named = 0;
  for (const std::string& error : told_at_the_start({{0, 2}, {0, 2}}, kAsIs)) {
    named += error.find("is in use on this machine") != std::string::npos;
  }
  EXPECT_TRUE(named == 1 || !Role::here().starts_others());
}

TEST(Start, OneThatDoesNotCome) {
  for (const std::string& error : told_at_the_start({{0, 3}, {1, 3}}, kAsIs)) {
    EXPECT_NE(error.find("rank 2 of 3 did not come within 3 s"), std::string::npos) << error;
  }
}

TEST(Start, OptionsThatDiffer) {
  const auto other_seed = [](const Role& role, TrainerOptions& options) {
    options.seed += static_cast<uint64_t>(role.rank);
  };
  for (const std::string& error : told_at_the_start({{0, 2}, {1, 2}}, other_seed)) {
    EXPECT_NE(error.find("the options of rank 1 are not those of rank 0"), std::string::npos) << error;
  }
}

TEST(Start, ARankThatIsNone) {
  TrainerOptions options = test::trainer_options(kTasks, "supervised");
  options.parallel = Variant{{{"name", "c10d"}, {"rank", 2}, {"size", 2}}, "parallel"};
  const Error error = test::caught([&] { const Trainer trainer(options); });
  EXPECT_EQ(error.field(), "parallel.rank");
}

TEST(Start, ACheckpointOfOneProcessIsTheOthersToo) {
  const Role role = Role::here();
  if (role.starts_others()) {
    Processes ranks(2);
    ranks.start_all();
    ranks.expect_success();
    return;
  }
  // Rank 0 loads; rank 1 has the file nowhere.
  const std::string file = role.folder + "/checkpoint.safetensors";
  TrainerOptions alone = test::trainer_options(kTasks, "jtr"), together = options_of(role, "jtr");
  alone.ema_decay = together.ema_decay = 0.9;
  Trainer trainer(together);
  const test::OwnedBatch batch = batch_of(0);
  if (role.rank == 0) {
    Trainer before(alone);
    for (int64_t step = 0; step < 3; ++step) before.step(batch.host, {});
    before.save(file, {});
    trainer.load(file);
  }
  EXPECT_EQ(trainer.step(batch.host, {}).step, 4);
  role.tell("state", std::to_string(test::all_state(trainer).to(at::kDouble).sum().item<double>()));
  // What is written here goes on alone.
  if (role.rank == 0) {
    trainer.save(file, {});
    Trainer after(alone);
    after.load(file);
    EXPECT_TRUE(at::equal(test::all_state(after), test::all_state(trainer)));
    EXPECT_EQ(after.step(batch.host, {}).step, 5);
  }
}

}  // namespace
}  // namespace jtr
