// Task prototypes in networks: against their formulas number by number, what a fresh network predicts, gradients
// against finite differences, and exports.
#include "networks/task_prototypes.h"

#include <array>
#include <cmath>

#include "finite_differences.h"
#include "mixed.h"
#include "networks/interpreter.h"

namespace jtr {
namespace {

constexpr int64_t kDimension = 3;

Json network(const std::string& name) {
  if (name == "segnet") return {{"name", "segnet"}, {"width", 2}};
  return {{"name", "encoder_decoder"},
          {"backbone", {{"name", "plain"}, {"width", 2}}},
          {"decoder", {{"name", "pyramid"}, {"channels", 4}}}};
}

TrainerOptions options_of(const std::string& net, const std::vector<Variant>& tasks, bool retrieves = true) {
  TrainerOptions options = test::trainer_options(tasks, retrieves ? "prototypes" : "supervised");
  options.network = Variant{network(net), "network"};
  if (retrieves) options.method = Variant::of("prototypes", {{"dimension", kDimension}});
  return options;
}

/// Moves what begins at 0.
void stir(const Trainer& trainer) {
  uint64_t seed = 70;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.find("prototypes.") == std::string::npos) continue;
    at::Tensor tensor = trainer.state().find(entry.name).tensor;
    tensor.copy_(test::uniform(tensor.sizes(), -0.7, 0.7, seed++).to(tensor.scalar_type()));
  }
}

TEST(TaskPrototypes, RetrieveByTheirFormulas) {
  const TaskSet tasks({test::depth(), test::regression("pitch"), test::map()});
  ParameterStore store;
  const TaskPrototypes prototypes(store, tasks, {0, 1, 2}, {2, 2, 1});
  store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  store.flat_parameters().copy_(test::uniform({store.flat_parameters().numel()}, -1, 1, 1));
  const auto value = [&store](const std::string& name, int64_t i, int64_t j = 0) {
    for (const NamedTensor& tensor : store.parameter_list()) {
      if (tensor.name != "prototypes." + name) continue;
      const at::Tensor own = slice(store.flat_parameters(), tensor);
      return own.flatten(1 < own.dim() ? 1 : 0).dim() == 1 ? own[i].item<double>()
                                                           : own.flatten(1)[i][j].item<double>();
    }
    throw std::runtime_error(name);
  };
  const at::Tensor map = test::uniform({1, 2, 1, 2}, -1, 1, 2), pooled = test::uniform({1, 1}, 0.5, 1, 3);

  using Pair = std::array<double, 2>;
  const auto read = [&](const std::string& task, const std::vector<double>& x) {
    Pair e{};
    for (int64_t j = 0; j < 2; ++j) {
      e[j] = value("read" + task + ".bias", j);
      for (size_t c = 0; c < x.size(); ++c) e[j] += value("read" + task + ".weight", j, static_cast<int64_t>(c)) * x[c];
      e[j] = std::max(0.0, e[j]);
    }
    return e;
  };
  const auto affinity = [&](const Pair& e, int64_t s) {
    return (e[0] * value("vectors", s, 0) + e[1] * value("vectors", s, 1)) / std::sqrt(2.0);
  };
  const auto retrieved = [&](const Pair& own, const std::array<Pair, 3>& all) {
    double total = 0;
    Pair r{};
    for (int64_t s = 0; s < 3; ++s) total += std::exp(affinity(own, s));
    for (int64_t s = 0; s < 3; ++s) {
      for (size_t j = 0; j < 2; ++j) r[j] += std::exp(affinity(own, s)) / total * all[s][j];
    }
    return r;
  };
  const auto written = [&](const std::string& task, int64_t c, const Pair& r) {
    return value("write" + task + ".bias", c) + value("write" + task + ".weight", c, 0) * r[0] +
           value("write" + task + ".weight", c, 1) * r[1];
  };

  const at::Tensor of_images = prototypes.read_images(pooled, false);
  const TaskPrototypes::Pixels pixels = prototypes.refine(map, of_images, false);
  const TaskPrototypes::Images images = prototypes.refine_images(pooled, of_images, pixels.means, false);
  const at::Tensor affinities = prototypes.joined(pixels.affinities, images.affinities);
  ASSERT_EQ(pixels.maps.size(), 2U);
  ASSERT_EQ(images.pooled.size(), 1U);
  const Pair pitch = read("2", {pooled[0][0].item<double>()});
  std::array<Pair, 3> means{};
  means[1] = pitch;
  std::array<std::array<double, 3>, 3> mean_affinities{};
  for (int64_t x = 0; x < 2; ++x) {
    const std::vector<double> m = {map[0][0][0][x].item<double>(), map[0][1][0][x].item<double>()};
    const std::array<Pair, 3> all = {read("1", m), pitch, read("3", m)};
    for (const int64_t t : {0, 2}) {
      for (size_t j = 0; j < 2; ++j) means[t][j] += all[t][j] / 2;
      for (int64_t s = 0; s < 3; ++s) mean_affinities[t][s] += affinity(all[t], s) / 2;
      const Pair r = retrieved(all[t], all);
      for (int64_t c = 0; c < 2; ++c) {
        EXPECT_NEAR(pixels.maps[t / 2][0][c][0][x].item<double>(), m[c] + written(std::to_string(t + 1), c, r), 1e-12);
      }
    }
  }
  for (int64_t s = 0; s < 3; ++s) mean_affinities[1][s] = affinity(pitch, s);
  EXPECT_NEAR(images.pooled[0][0][0].item<double>(),
              pooled[0][0].item<double>() + written("2", 0, retrieved(pitch, means)), 1e-12);
  for (int64_t t = 0; t < 3; ++t) {
    for (int64_t s = 0; s < 3; ++s) EXPECT_NEAR(affinities[0][t][s].item<double>(), mean_affinities[t][s], 1e-12);
  }
}

class PrototypesInNetworks : public testing::TestWithParam<const char*> {};

TEST_P(PrototypesInNetworks, LeaveAFreshNetworkAsItIs) {
  const std::vector<Variant> tasks = {test::segmentation(3), test::depth()};
  const Trainer with(options_of(GetParam(), tasks)), without(options_of(GetParam(), tasks, false));
  const at::Tensor images = test::uniform({2, 3, 32, 64}, 0, 1, 9).to(at::kFloat);
  EXPECT_LT(test::relative_error(test::predict(with, images), test::predict(without, images)), 1e-6);
  stir(with);
  EXPECT_GT(test::relative_error(test::predict(with, images), test::predict(without, images)), 1e-3);
}

TEST_P(PrototypesInNetworks, PredictWhatTheirOperationsForExportsDo) {
  for (const std::vector<Variant>& specs :
       {test::mixed_tasks(), std::vector<Variant>{test::segmentation(), test::depth()},
        std::vector<Variant>{test::tags(), test::regression()}}) {
    TrainerOptions options = options_of(GetParam(), specs);
    Trainer trainer(options);
    const test::MixedBatch batch(specs, std::vector<uint8_t>(2 * specs.size(), 1), trainer.needs().views);
    test::step(trainer, batch.host);  // norms have seen something
    stir(trainer);
    const at::Tensor images = test::uniform({2, 3, 32, 64}, 0, 1, 9).to(at::kFloat);
    const TaskSet tasks(specs);
    std::vector<size_t> all;
    std::vector<at::Tensor> got;
    StepRequest::Numbered wanted;
    for (size_t t = 0; t < specs.size(); ++t) {
      all.push_back(t);
      std::vector<int64_t> sizes = {2, tasks[t].channels()};
      if (tasks[t].extent() == Extent::kPixel) sizes.insert(sizes.end(), {32, 64});
      got.push_back(at::empty(sizes));
      wanted.emplace_back(t, got.back());
    }
    trainer.predict(images, wanted);
    const auto net = Network::registry().make(
        options.network,
        {&tasks, all, &InputSet::photograph(), options.precision(), at::kCPU, Recomputation::kNorms, kDimension});
    test::copy_state(trainer, *net);
    test::Interpreter interpreter(*net, images.to(options.precision().stored));
    ASSERT_EQ(interpreter.outputs.size(), specs.size());
    for (size_t t = 0; t < specs.size(); ++t) {
      const at::Tensor want = tasks[t].activate(interpreter.outputs[t]).to(at::kDouble);
      EXPECT_LT(test::relative_error(got[t].to(at::kDouble), want), 1e-5) << t << " of " << specs.size();
    }
  }
}

TEST_P(PrototypesInNetworks, GradientsAgreeWithFiniteDifferences) {
  const std::vector<Variant> specs = {test::segmentation(), test::depth(), test::tags(), test::regression()};
  Trainer trainer(options_of(GetParam(), specs));
  const test::MixedBatch batch(specs, {1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1}, trainer.needs().views);
  stir(trainer);
  test::expect_weight_gradients_agree(
      trainer, [&] { return test::step(trainer, batch.host).loss; },
      [](const std::string& name) { return test::is_weight(name) || name.find("prototypes.") != std::string::npos; });
}

TEST_P(PrototypesInNetworks, AreTheSameWhateverIsRecomputed) {
  const std::vector<Variant> specs = test::mixed_tasks();
  TrainerOptions options = options_of(GetParam(), specs);
  Trainer plain(options);
  options.recomputation = Recomputation::kStages;
  Trainer stages(options);
  const test::MixedBatch batch(specs, {1, 1, 0, 1, 0, 0, 1, 1, 0, 1}, plain.needs().views);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(test::step(plain, batch.host).loss, test::step(stages, batch.host).loss);
  EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(stages)));
}

INSTANTIATE_TEST_SUITE_P(Networks, PrototypesInNetworks, testing::Values("segnet", "plain"));

}  // namespace
}  // namespace jtr
