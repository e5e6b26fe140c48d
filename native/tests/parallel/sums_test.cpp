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

/// Fewer than there are processes; not a multiple of them; many.
constexpr int64_t kCounts[] = {1, 2, 1000, 70001};

TEST_P(Sums, AreThoseOfAllProcessesToTheBitInEach) {
  const bool rounds = GetParam();
  const std::vector<at::ScalarType> types = {at::kFloat, at::kDouble};
  const std::vector<std::string> told = told_by_three("sums", [&](const Role& role) {
    const auto all = communicator(role, {{"compression", rounds ? "bfloat16" : "none"}});
    std::vector<at::Tensor> values;
    std::vector<std::unique_ptr<Pending>> pending;
    for (const at::ScalarType type : types) {
      for (const int64_t count : kCounts) {
        values.push_back(values_of(role.rank, count, type));
        pending.push_back(all->begin_sum(values.back()));
        if (role.rank == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    // Another collective takes no part in it.
    at::Tensor one = at::ones({1}, at::kDouble);
    all->all_reduce(one, Reduction::kSum);
    EXPECT_EQ(one.item<double>(), 3);
    std::string bytes;
    for (size_t i = 0; i < values.size(); ++i) {
      pending[i]->wait();
      bytes += bytes_of(values[i].to(at::kDouble));
    }
    return bytes;
  });
  if (told.empty()) return;
  EXPECT_EQ(told[1], told[0]);
  EXPECT_EQ(told[2], told[0]);
  const double* next = reinterpret_cast<const double*>(told[0].data());
  for (const at::ScalarType type : types) {
    for (const int64_t count : kCounts) {
      SCOPED_TRACE(testing::Message() << at::toString(type) << ", " << count);
      const at::Tensor got = at::from_blob(const_cast<double*>(next), {count}, at::kDouble);
      next += count;
      at::Tensor expected = at::zeros({count}, at::kDouble), size = expected.clone();
      for (int64_t rank = 0; rank < 3; ++rank) {
        const at::Tensor own = values_of(rank, count, type).to(at::kDouble);
        expected += own;
        size += own.abs();
      }
      const at::Tensor error = (got - expected).abs();
      if (rounds) {
        // Eight binary digits: each process's share is rounded, and so is the sum.
        const double unit = std::ldexp(1.0, -8);
        EXPECT_TRUE((error <= unit * size + unit * (expected.abs() + unit * size) + 1e-6 * size).all().item<bool>());
        if (count >= 1000) {
          EXPECT_GT(error.sum().item<double>(), 0.1 * unit * expected.abs().sum().item<double>()) << "all is exact";
        }
      } else {
        EXPECT_TRUE((error <= (type == at::kFloat ? 1e-6 : 1e-15) * size).all().item<bool>());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Sums, testing::Bool(),
                         [](const auto& info) { return info.param ? "Rounded" : "AsTheyAre"; });

TEST(RoundedGradients, AreNearlyTheExactOnesAndAllProcessesHaveTheSameWeights) {
  constexpr int64_t kSteps = 10;
  const std::vector<Variant> tasks = {test::segmentation(), test::depth()};
  const auto run = [&](const Role& role, const char* compression) {
    TrainerOptions options = test::trainer_options(tasks, "supervised");
    options.optimizer = Variant::of("sgd", {{"learning_rate", 1e-3}, {"momentum", 0.5}});
    options.parallel = role.communicator({{"compression", compression}, {"bucket_mib", 0.01}});
    Trainer trainer(options);
    const test::OwnedBatch batch = test::random_batch(tasks, {1, 1, 1, 1, 1, 0}, 32, 32, 1);
    std::vector<double> losses;
    std::vector<at::Tensor> gradients;
    for (int64_t step = 0; step < kSteps; ++step) {
      losses.push_back(trainer.step(batch.host.narrow(role.rank, 1), {}).loss);
      if (step > 0) continue;
      for (const TensorEntry& entry : trainer.gradients().entries())
        gradients.push_back(entry.tensor.flatten().clone());
    }
    EXPECT_LT(losses.back(), losses.front());
    return std::make_pair(at::cat(gradients).to(at::kDouble), test::all_state(trainer).to(at::kDouble));
  };
  const std::vector<std::string> told = told_by_three("weights", [&](const Role& role) {
    const auto exact = run(role, "none"), rounded = run(role, "bfloat16");
    // A unit of rounding for each process's and one for their sum; gradients that cancel make it more.
    const double error = test::relative_error(rounded.first, exact.first);
    EXPECT_LT(error, 4 * std::ldexp(1.0, -8));
    EXPECT_GT(error, 0.01 * std::ldexp(1.0, -8));
    return bytes_of(rounded.second);
  });
  if (told.empty()) return;
  EXPECT_FALSE(told[0].empty());
  EXPECT_EQ(told[1], told[0]);
  EXPECT_EQ(told[2], told[0]);
}

}  // namespace
}  // namespace jtr
