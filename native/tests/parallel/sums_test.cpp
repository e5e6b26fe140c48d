// Sums of gradients that go on beside other collectives, and their rounding to bfloat16 on the way.
#include <cmath>

#include "parallel/communicator.h"
#include "parallel/processes.h"

namespace jtr {
namespace {

using test::Processes;
using test::Role;

std::unique_ptr<Communicator> communicator(const Role& role, const Json& more) {
  return Communicator::registry().make(role.communicator(more), {at::Device(at::kCPU), ""});
}

/// What a rank has of a tensor: of all sizes of numbers.
at::Tensor values_of(int64_t rank, int64_t count, at::ScalarType type) {
  const at::Tensor size = at::exp(3 * test::normal({count}, 100));
  return (size * test::normal({count}, 10 + static_cast<uint64_t>(rank))).to(type);
}

/// Runs in every rank of three; gives what each told of `name`, in the process that the test began in.
std::vector<std::string> told_by_three(const std::string& name, const std::function<std::string(const Role&)>& work) {
  const Role role = Role::here();
  if (!role.starts_others()) {
    role.tell(name, work(role));
    return {};
  }
  Processes ranks(3);
  ranks.start_all();
  ranks.expect_success();
  std::vector<std::string> all;
  for (int64_t rank = 0; rank < 3; ++rank) all.push_back(ranks.read(name, rank));
  return all;
}

std::string bytes_of(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  return {static_cast<const char*>(whole.data_ptr()), whole.nbytes()};
}

class Sums : public testing::TestWithParam<bool> {};

TEST_P(Sums, AreThoseOfAllProcessesToTheBitInEach) {
  const bool rounds = GetParam();
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    // Fewer than there are processes; not a multiple of them; many.
    const std::vector<int64_t> counts = {1, 2, 1000, 70001};
    const std::string name = at::toString(type);
    const std::vector<std::string> told = told_by_three(name, [&](const Role& role) {
      const auto all = communicator(role, {{"compression", rounds ? "bfloat16" : "none"}});
      std::vector<at::Tensor> values;
      std::vector<std::unique_ptr<Pending>> pending;
      for (const int64_t count : counts) {
        values.push_back(values_of(role.rank, count, type));
        pending.push_back(all->begin_sum(values.back()));
        // Another collective in between, in another order on each rank, takes no part in it.
        if (role.rank == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      at::Tensor one = at::ones({1}, at::kDouble);
      all->all_reduce(one, Reduction::kSum);
      EXPECT_EQ(one.item<double>(), 3);
      for (const auto& sum : pending) sum->wait();
      return bytes_of(at::cat(values));
    });
    if (told.empty()) continue;
    EXPECT_EQ(told[1], told[0]);
    EXPECT_EQ(told[2], told[0]);
    std::vector<at::Tensor> exact, sizes;
    for (const int64_t count : counts) {
      at::Tensor sum = at::zeros({count}, at::kDouble), size = sum.clone();
      for (int64_t rank = 0; rank < 3; ++rank) {
        const at::Tensor own = values_of(rank, count, type).to(at::kDouble);
        sum += own;
        size += own.abs();
      }
      exact.push_back(sum);
      sizes.push_back(size);
    }
    const at::Tensor expected = at::cat(exact), size = at::cat(sizes);
    ASSERT_EQ(told[0].size(), static_cast<size_t>(expected.numel()) * c10::elementSize(type));
    const at::Tensor got =
        at::from_blob(const_cast<char*>(told[0].data()), {expected.numel()}, type).to(at::kDouble);
    const at::Tensor error = (got - expected).abs();
    if (rounds) {
      // Eight binary digits: each process's share is rounded, and so is the sum.
      const double unit = std::ldexp(1.0, -8);
      EXPECT_TRUE((error <= unit * size + unit * (expected.abs() + unit * size) + 1e-6 * size).all().item<bool>());
      EXPECT_GT(error.sum().item<double>(), 0.1 * unit * expected.abs().sum().item<double>()) << "nothing was rounded";
    } else {
      EXPECT_TRUE((error <= (type == at::kFloat ? 1e-6 : 1e-15) * size).all().item<bool>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Sums, testing::Bool(),
                         [](const auto& info) { return info.param ? "Rounded" : "AsTheyAre"; });

TEST(RoundedGradients, TrainNearlyAsExactOnesAndAllProcessesHaveTheSameWeights) {
  constexpr int64_t kSteps = 10;
  const std::vector<Variant> tasks = {test::segmentation(), test::depth()};
  const auto run = [&](const Role& role, const char* compression) {
    TrainerOptions options = test::trainer_options(tasks, "supervised");
    options.optimizer = Variant::of("sgd", {{"learning_rate", 1e-3}, {"momentum", 0.5}});
    options.parallel = role.communicator({{"compression", compression}, {"bucket_mib", 0.01}});
    Trainer trainer(options);
    std::vector<double> losses;
    for (int64_t step = 0; step < kSteps; ++step) {
      const test::OwnedBatch batch = test::random_batch(tasks, {1, 1, 1, 1, 1, 0}, 32, 32, 1);
      losses.push_back(trainer.step(batch.host.narrow(role.rank, 1), {}).loss);
    }
    return at::cat({at::tensor(losses, at::kDouble), test::all_state(trainer).to(at::kDouble)});
  };
  const std::vector<std::string> told = told_by_three("weights", [&](const Role& role) {
    return bytes_of(at::stack({run(role, "none"), run(role, "bfloat16")}));
  });
  if (told.empty()) return;
  EXPECT_EQ(told[1], told[0]);
  EXPECT_EQ(told[2], told[0]);
  const int64_t count = static_cast<int64_t>(told[0].size() / sizeof(double) / 2);
  const at::Tensor both = at::from_blob(const_cast<char*>(told[0].data()), {2, count}, at::kDouble);
  EXPECT_FALSE(at::equal(both[0], both[1]));
  EXPECT_LT(both[0][kSteps - 1].item<double>(), both[0][0].item<double>());
  EXPECT_EQ(both[0][0].item<double>(), both[1][0].item<double>()) << "of the first step, before weights changed";
  const double change = both[0][0].item<double>() - both[0][kSteps - 1].item<double>();
  EXPECT_NEAR(both[0][kSteps - 1].item<double>(), both[1][kSteps - 1].item<double>(), 0.02 * change);
}

}  // namespace
}  // namespace jtr
