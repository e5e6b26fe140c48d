// N processes with a share of the batch each train as one with all of it: losses, gradients, weights and statistics, of
// every method and rule, in double.
#include <set>

#include "kernels/available.h"
#include "networks/layers.h"
#include "parallel/processes.h"

namespace jtr {
namespace {

using test::Processes;
using test::Role;

/// Where sums are added up in another order.
constexpr double kTolerance = 1e-10;
/// How much further than another order of one process's sums takes it.
constexpr double kOrders = 30;
/// Of SGD: Adam would divide the rounding of small gradients by their own size.
constexpr double kRate = 1e-4;

struct Scenario {
  std::string name;
  TrainerOptions options;
  int64_t steps = 3, samples = 4, size = 64;
  bool kernels = true;
};

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};

Scenario scenario(const std::string& name, const std::string& method, int64_t steps = 3) {
  Scenario made{name, test::trainer_options(kTasks, method), steps};
  made.options.optimizer = Variant::of("sgd", {{"learning_rate", kRate}, {"momentum", 0.5}});
  return made;
}

std::vector<Scenario> scenarios(int64_t many_steps) {
  std::vector<Scenario> all;
  for (const char* method : {"supervised", "jtr", "teacher", "prototypes"})
    all.push_back(scenario(method, method, many_steps));
  for (const char* method : {"single_task", "consistency", "direct_map", "perceptual_map", "mtpsl"}) {
    all.push_back(scenario(method, method));
    all.back().size = 96;
    // Their maps' norms see nine values: rounding grows too fast for more steps.
    if (all.back().name == "direct_map" || all.back().name == "perceptual_map") all.back().steps = 1;
  }
  all.push_back(scenario("supervised+ with strong views", "supervised+"));
  all.back().options.method = Variant::of("supervised+", {{"views", 2}, {"strong", true}, {"cut_mix", 0.9}});
  all.push_back(scenario("a hard teacher with cut boxes", "teacher"));
  all.back().options.method =
      Variant::of("teacher", {{"target", "hard"}, {"cut_mix", 1}, {"cut_out", 0.5}, {"ramp_up_steps", 0}});
  for (const char* rule : {"dwa", "uncertainty", "random", "pcgrad", "labels", "progress"}) {
    all.push_back(scenario(rule, "supervised", 5));
    all.back().options.balancing = Variant::of(rule);
  }
  all.push_back(scenario("pcgrad beside jtr", "jtr"));
  all.back().options.balancing = Variant::of("pcgrad");
  all.push_back(scenario("an estimated task graph", "consistency"));
  all.back().options.task_graph = Variant::of("similarity", {{"warm_up_steps", 1}});
  all.push_back(scenario("clipped and averaged", "jtr"));
  all.back().options.max_gradient_norm = 0.05;
  all.back().options.ema_decay = 0.9;
  all.push_back(scenario("unequal shares", "mtpsl"));
  all.back().samples = 7;
  all.back().size = 96;
  all.push_back(scenario("stages again", "supervised"));
  all.back().options.recomputation = Recomputation::kStages;
  all.push_back(scenario("a residual network", "supervised"));
  Json network = {{"name", "encoder_decoder"}, {"backbone", {{"name", "resnet18"}}}};
  network["decoder"] = {{"name", "pyramid"}, {"channels", 8}};
  all.back().options.network = Variant{network, "network"};
  all.back().options.ema_decay = 0.9;
  const auto of_domains = [&all](std::vector<Variant> techniques, const char* method) -> Scenario& {
    std::string name = std::string("domains with ") + method;
    for (const Variant& one : techniques) name += " " + one.options.value("name", std::string());
    all.push_back(scenario(name, method));
    all.back().options.domains = {"city", "country", "sea", "moon"};
    all.back().options.domain_techniques = std::move(techniques);
    return all.back();
  };
  const Variant adversarial = Variant::of("adversarial", {{"hidden", 8}}), norms = Variant::of("norms");
  of_domains({adversarial}, "supervised");
  of_domains({Variant::of("coral")}, "supervised");
  of_domains({Variant::of("coral", {{"rows", "images"}})}, "supervised").samples = 7;
  of_domains({Variant::of("mmd")}, "supervised").samples = 7;
  of_domains({Variant::of("mmd", {{"rows", "places"}})}, "single_task");
  for (const char* method : {"supervised", "jtr"}) {
    Scenario& apart = of_domains({norms}, method);
    apart.options.ema_decay = 0.9;
    apart.samples = 7;
    apart.size = 96;
  }
  of_domains({adversarial, Variant::of("coral"), norms}, "teacher").size = 96;
  Scenario& formulas = of_domains({norms}, "supervised");
  formulas.name += " without kernels";
  formulas.kernels = false;
  // Chunks do not tell how rounding grows here, which it does where a domain's norms see few values.
  formulas.samples = 7;
  formulas.size = 96;
  formulas.steps = 2;
  of_domains({norms}, "supervised").options.network = Variant{network, "network"};
  all.back().name += " in a residual network";
  all.push_back(scenario("without kernels", "supervised"));
  all.back().kernels = false;
  return all;
}

test::OwnedBatch batch_of(const Scenario& scenario, int64_t step) {
  std::vector<uint8_t> labelled;
  // Every sample lacks some labels, another set each; the last has none.
  for (int64_t b = 0; b < scenario.samples; ++b) {
    for (int64_t t = 0; t < 4; ++t) labelled.push_back(b + 1 < scenario.samples && (b + 2 * t + step) % 3 != 0);
  }
  test::OwnedBatch batch = test::random_batch(kTasks, labelled, scenario.size, scenario.size, 1 + step % 2);
  const double edge = static_cast<double>(scenario.size);
  at::Tensor crops = at::tensor({1.0, 0.0, 0.0, edge, edge, 0.0}, at::kDouble).repeat({3, scenario.samples, 1});
  // View 1 is a window of view 0 that differs from sample to sample.
  for (int64_t b = 0; b < scenario.samples; ++b) {
    crops[1][b].copy_(at::tensor({1.25, static_cast<double>(b % 3), 2.0, edge * 0.8, edge * 0.8, 1.0}, at::kDouble));
  }
  batch.host.crops = crops;
  if (scenario.options.domains.empty()) return batch;
  // Not every process has samples of each, nor every step; one is in no batch.
  std::vector<int64_t> domains;
  for (int64_t b = 0; b < scenario.samples; ++b) domains.push_back(b == 0 && step > 0 ? 2 : b < 2 ? 0 : b % 2);
  batch.host.domain = at::tensor(domains, at::kLong);
  return batch;
}

/// What a run leaves: losses and terms of all steps, the last gradients, weights, statistics of norms and of methods.
using Numbers = std::vector<at::Tensor>;

Numbers trained(const Scenario& scenario, const Role& role, const Json& parallel = Json::object()) {
  kernels::enable(scenario.kernels);
  TrainerOptions options = scenario.options;
  int64_t rank = 0, size = 1;
  if (!role.starts_others()) {
    rank = role.rank;
    size = role.size;
    options.parallel = role.communicator(parallel);
  }
  Trainer trainer(options);
  std::vector<double> losses;
  for (int64_t step = 0; step < scenario.steps; ++step) {
    const test::OwnedBatch batch = batch_of(scenario, step);
    const int64_t begin = rank * scenario.samples / size, end = (rank + 1) * scenario.samples / size;
    const StepResult result = trainer.step(batch.host.narrow(begin, end - begin), {});
    losses.push_back(result.loss);
    losses.push_back(result.gradient_norm);
    losses.insert(losses.end(), result.terms.begin(), result.terms.end());
  }
  kernels::enable(true);
  std::vector<at::Tensor> gradients, weights, statistics;
  std::set<std::string> of_weights;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    gradients.push_back(entry.tensor.flatten().to(at::kDouble));
    of_weights.insert(entry.name);
  }
  for (const TensorEntry& entry : trainer.state().entries()) {
    const bool is_weight = of_weights.count(entry.name) > 0;
    (is_weight ? weights : statistics).push_back(entry.tensor.flatten().to(at::kDouble));
  }
  return {at::tensor(losses, at::kDouble), at::cat(gradients), at::cat(weights), at::cat(statistics)};
}

double largest_difference(const Numbers& got, const Numbers& expected) {
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, test::relative_error(got[i], expected[i]));
  }
  return largest;
}

void expect_same_numbers(int64_t processes, int64_t many_steps, const Json& parallel) {
  const Role role = Role::here();
  const std::vector<Scenario> all = scenarios(many_steps);
  if (!role.starts_others()) {
    for (size_t i = 0; i < all.size(); ++i) {
      const at::Tensor numbers = at::cat(trained(all[i], role, parallel)).contiguous();
      std::ofstream out(role.file("numbers" + std::to_string(i)), std::ios::binary);
      out.write(static_cast<const char*>(numbers.data_ptr()), static_cast<std::streamsize>(numbers.nbytes()));
    }
    return;
  }
  Processes ranks(processes);
  ranks.start_all();
  std::vector<Numbers> expected;
  std::vector<double> tolerances;
  for (const Scenario& one : all) {
    expected.push_back(trained(one, role));
    // One process that adds up in another order parts from itself too; far, where small norms are ill-conditioned.
    set_chunk_bytes(1);
    tolerances.push_back(std::max(kTolerance, kOrders * largest_difference(trained(one, role), expected.back())));
    set_chunk_bytes(0);
  }
  ranks.expect_success();
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].name);
    std::vector<int64_t> sizes;
    int64_t count = 0;
    for (const at::Tensor& part : expected[i]) {
      sizes.push_back(part.numel());
      count += part.numel();
    }
    at::Tensor first;
    for (int64_t r = 0; r < processes; ++r) {
      const std::string bytes = ranks.read("numbers" + std::to_string(i), r);
      ASSERT_EQ(bytes.size(), static_cast<size_t>(count) * sizeof(double));
      const at::Tensor got = at::from_blob(const_cast<char*>(bytes.data()), {count}, at::kDouble).clone();
      const double difference = largest_difference(got.split_with_sizes(sizes), expected[i]);
      EXPECT_LT(difference, tolerances[i]) << "rank " << r;
      // The first step has nothing behind it that could have grown.
      EXPECT_NEAR(got[0].item<double>(), expected[i][0][0].item<double>(), 1e-13 * expected[i][0][0].item<double>());
      // Ranks agree with each other to the bit.
      if (r == 0) first = got;
      EXPECT_TRUE(at::equal(got, first)) << "rank " << r;
    }
  }
}

TEST(SameNumbers, OfTwoProcesses) { expect_same_numbers(2, 20, Json::object()); }
// With many buckets.
TEST(SameNumbers, OfFourProcesses) { expect_same_numbers(4, 4, {{"bucket_mib", 0.01}}); }

/// Gradients and weights of one step.
at::Tensor after_a_step(TrainerOptions options, const HostBatch& batch) {
  Trainer trainer(options);
  const StepResult result = trainer.step(batch, {});
  std::vector<at::Tensor> parts = {at::tensor({result.loss}, at::kDouble)};
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    parts.push_back(entry.tensor.flatten().to(at::kDouble));
  }
  for (const TensorEntry& entry : trainer.state().entries()) {
    // Running statistics are a mean of the processes', but follow parts one by one, which count as batches.
    if (entry.name.find("running_") == std::string::npos && !entry.is_counter) {
      parts.push_back(entry.tensor.flatten().to(at::kDouble));
    }
  }
  return at::cat(parts);
}

TEST(SameNumbers, OfPartsOneAfterAnotherAndProcessesWithNormsOfTheirOwn) {
  const Role role = Role::here();
  for (const char* method : {"supervised", "jtr", "mtpsl"}) {
    SCOPED_TRACE(method);
    Scenario one = scenario("parts", method);
    const test::OwnedBatch batch = batch_of(one, 0);
    if (!role.starts_others()) {
      one.options.parallel = role.communicator({{"sync_norms", "off"}});
      const at::Tensor got = after_a_step(one.options, batch.host.narrow(2 * role.rank, 2));
      std::ofstream out(role.file(method), std::ios::binary);
      out.write(static_cast<const char*>(got.data_ptr()), static_cast<std::streamsize>(got.nbytes()));
      continue;
    }
  }
  if (!role.starts_others()) return;
  Processes ranks(2);
  ranks.start_all();
  ranks.expect_success();
  for (const char* method : {"supervised", "jtr", "mtpsl"}) {
    SCOPED_TRACE(method);
    Scenario one = scenario("parts", method);
    one.options.accumulate = 2;
    const at::Tensor expected = after_a_step(one.options, batch_of(one, 0).host);
    const std::string bytes = ranks.read(method, 0);
    ASSERT_EQ(bytes.size(), expected.nbytes());
    const at::Tensor got = at::from_blob(const_cast<char*>(bytes.data()), {expected.numel()}, at::kDouble);
    EXPECT_LT(test::relative_error(got, expected), kTolerance);
  }
}

TEST(SameNumbers, OfPartsAndTheWholeWhereStatisticsAreTheSame) {
  // Norms see a part at a time: of one photograph with many labels.
  Scenario one = scenario("parts", "jtr");
  test::OwnedBatch batch = batch_of(one, 0);
  for (int64_t b = 1; b < one.samples; ++b) {
    batch.images.select(1, b).copy_(batch.images.select(1, 0));
  }
  std::vector<at::Tensor> results;
  for (const int64_t parts : {1, 2, 4}) {
    one.options.accumulate = parts;
    results.push_back(after_a_step(one.options, batch.host));
  }
  EXPECT_LT(test::relative_error(results[1], results[0]), kTolerance);
  EXPECT_LT(test::relative_error(results[2], results[0]), kTolerance);
}

}  // namespace
}  // namespace jtr
