// Task graphs: given ones and their errors, the estimated one by hand, and what methods make of them.
#include "graphs/task_graph.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "finite_differences.h"
#include "methods/method_fixture.h"
#include "methods/mixed_fixture.h"
#include "mixed.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};

std::unique_ptr<TaskGraph> made(const TaskSet& tasks, const std::string& name, const Json& options = Json::object()) {
  Variant variant = Variant::of(name, options);
  variant.path = "task_graph";
  return TaskGraph::registry().make(variant, {&tasks, variant.path, at::kDouble, at::Device(at::kCPU)});
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& all, const std::vector<double>& weights = {}) {
  Json options = {{"from", Json::array()}, {"to", Json::array()}, {"weights", weights}};
  for (const auto& [from, to] : all) {
    options["from"].push_back(from);
    options["to"].push_back(to);
  }
  return options;
}

Variant given(const Json& options) {
  Variant graph = Variant::of("given", options);
  graph.path = "task_graph";
  return graph;
}

/// Both ways between all tasks, each with this weight.
Json complete(const std::vector<Variant>& specs, double weight) {
  std::vector<std::pair<std::string, std::string>> all;
  const TaskSet tasks(specs);
  for (size_t s = 0; s < tasks.size(); ++s) {
    for (size_t t = 0; t < tasks.size(); ++t) {
      if (s != t) all.emplace_back(tasks[s].name(), tasks[t].name());
    }
  }
  return pairs(all, std::vector<double>(all.size(), weight));
}

struct GraphBatch : test::OwnedBatch {
  explicit GraphBatch(std::vector<uint8_t> w = {1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1})
      : test::OwnedBatch(test::random_batch(kTasks, std::move(w), 32, 32, 1)) {
    host.crops = at::tensor({1.0, 0.0, 0.0, 32.0, 32.0, 0.0}, at::kDouble).expand({3, host.samples(), 6}).contiguous();
  }
  GraphBatch(const GraphBatch&) = delete;
};

TrainerOptions options_of(const std::string& method, const Variant& graph) {
  TrainerOptions options = test::trainer_options(kTasks, method);
  options.task_graph = graph;
  return options;
}

TEST(TaskGraph, GivenPairsHaveTheirWeights) {
  const TaskSet tasks(kTasks);
  const auto graph = made(tasks, "given", pairs({{"depth", "normals"}, {"map", "segmentation"}}, {0.5, 2}));
  const at::Tensor weights = graph->weights(0);
  EXPECT_EQ(weights[1][2].item<double>(), 0.5);
  EXPECT_EQ(weights[3][0].item<double>(), 2);
  EXPECT_EQ(weights.sum().item<double>(), 2.5);
  EXPECT_FALSE(made(tasks, "all")->weights(5).defined());
}

TEST(TaskGraph, SaysWhatIsWrongWithPairs) {
  const TaskSet tasks(kTasks);
  const auto error = [&](const Json& options) { return test::caught([&] { made(tasks, "given", options); }); };
  EXPECT_EQ(error(pairs({{"depth", "normal"}})).field(), "task_graph.to[0]");
  EXPECT_NE(std::string(error(pairs({{"depth", "normal"}})).what()).find("did you mean 'normals'"), std::string::npos);
  EXPECT_EQ(error(pairs({{"depth", "depth"}})).field(), "task_graph.from[0]");
  EXPECT_EQ(error(pairs({{"depth", "map"}, {"depth", "map"}})).field(), "task_graph.from[1]");
  EXPECT_EQ(error(pairs({{"depth", "map"}}, {1, 2})).field(), "task_graph.weights");
  EXPECT_EQ(error(pairs({{"depth", "map"}}, {0})).field(), "task_graph.weights");
  EXPECT_EQ(error(pairs({})).field(), "task_graph.from");
}

class GraphMethods : public testing::TestWithParam<const char*> {};

TEST_P(GraphMethods, ACompleteGraphGivesTheNumbersOfNone) {
  const GraphBatch batch;
  Trainer plain(options_of(GetParam(), Variant::of("all"))),
      complete_graph(options_of(GetParam(), given(complete(kTasks, 1))));
  for (int i = 0; i < 2; ++i) {
    const test::Losses want = test::step(plain, batch.host), got = test::step(complete_graph, batch.host);
    EXPECT_EQ(got.loss, want.loss);
    EXPECT_EQ(got.gradient_norm, want.gradient_norm);
  }
  EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(complete_graph)));
}

TEST_P(GraphMethods, AWeightMultipliesTheTerm) {
  const GraphBatch batch;
  Trainer plain(options_of(GetParam(), Variant::of("all"))), half(options_of(GetParam(), given(complete(kTasks, 0.5))));
  const test::Losses want = test::step(plain, batch.host), got = test::step(half, batch.host);
  EXPECT_NEAR(got.loss - got.supervised, (want.loss - want.supervised) / 2, 1e-11);
}

TEST_P(GraphMethods, GradientsAgreeWithFiniteDifferences) {
  if (std::string(GetParam()) == "perceptual_map" || std::string(GetParam()) == "mtpsl")
    GTEST_SKIP() << "it takes what it compares with for a constant";
  // All is labelled but depth and the map: the others' predictions have no term to be wrong in.
  const GraphBatch batch({1, 0, 1, 0, 1, 1, 0, 0});
  const Json some = pairs({{"normals", "depth"}, {"segmentation", "depth"}, {"segmentation", "map"}}, {0.5, 1, 2});
  Trainer trainer(options_of(GetParam(), given(some)));
  test::expect_weight_gradients_agree(
      trainer, [&] { return test::step(trainer, batch.host).loss; },
      [](const std::string& name) { return name.rfind("map.", 0) == 0 && test::is_weight(name); });
}

TEST_P(GraphMethods, AResumedRunWithAnEstimatedGraphEqualsAnUninterruptedOne) {
  const GraphBatch batch;
  const Variant graph = Variant::of("similarity", {{"warm_up_steps", 1}, {"threshold", 0.3}});
  const fs::path file = fs::temp_directory_path() / ("jtr_graph_" + std::to_string(::getpid()) + ".safetensors");
  Trainer whole(options_of(GetParam(), graph)), first(options_of(GetParam(), graph)),
      second(options_of(GetParam(), graph));
  for (int i = 0; i < 4; ++i) test::step(whole, batch.host);
  for (int i = 0; i < 2; ++i) test::step(first, batch.host);
  first.save(file.string(), {});
  second.load(file.string());
  fs::remove(file);
  for (int i = 0; i < 2; ++i) test::step(second, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));
}

INSTANTIATE_TEST_SUITE_P(Methods, GraphMethods, testing::Values("direct_map", "perceptual_map", "mtpsl"));

TEST(TaskGraph, PairMethodsUseItsPairsAlone) {
  // Sample 0 lacks depth and the map, sample 1 depth alone.
  const GraphBatch batch({1, 0, 1, 0, 1, 0, 1, 1});
  for (const std::string method : {"direct_map", "perceptual_map", "mtpsl"}) {
    // Each by itself, then both: terms of pairs add up.
    const bool turned = method == "perceptual_map";
    const auto pair = [&](const char* from, const char* to) {
      return turned ? std::pair<std::string, std::string>(to, from) : std::pair<std::string, std::string>(from, to);
    };
    double alone = 0;
    for (const auto& each : {pair("segmentation", "depth"), pair("normals", "map")}) {
      Trainer trainer(options_of(method, given(pairs({each}))));
      const test::Losses found = test::step(trainer, batch.host);
      EXPECT_GT(found.loss, found.supervised) << method;
      alone += found.loss - found.supervised;
      if (method == "mtpsl") continue;
      std::set<std::string> networks;
      for (const TensorEntry& entry : trainer.gradients().entries()) {
        if (entry.name.rfind("map.", 0) == 0) networks.insert(entry.name.substr(0, entry.name.find('/')));
      }
      EXPECT_EQ(networks.size(), 1U) << method;
    }
    Trainer both(options_of(method, given(pairs({pair("segmentation", "depth"), pair("normals", "map")}))));
    const test::Losses found = test::step(both, batch.host);
    EXPECT_NEAR(found.loss - found.supervised, alone, 1e-10) << method;
    // The map is labelled in sample 1 and missing in sample 0: nothing that depth says is asked for.
    Trainer none(options_of(method, given(pairs({pair("depth", "segmentation")}))));
    const test::Losses nothing = test::step(none, batch.host);
    EXPECT_EQ(nothing.loss, nothing.supervised) << method;
  }
}

TEST(TaskGraph, JtrHasAJointSpaceForEachPart) {
  const std::vector<Variant> specs = {test::segmentation(), test::depth(), test::tags(), test::map(),
                                      test::regression("alone")};
  const Json graph = pairs({{"segmentation", "tags"}, {"tags", "segmentation"}, {"depth", "map"}}, {1, 0.5, 2});
  TrainerOptions options = test::trainer_options(specs, "jtr");
  options.task_graph = given(graph);
  Trainer trainer(options);
  const std::vector<uint8_t> w = {1, 0, 0, 1, 0, 0, 1, 1, 0, 1};
  const test::MixedBatch batch(specs, w);
  EXPECT_TRUE(std::isfinite(test::step(trainer, batch.host).loss));
  std::set<std::string> networks;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.rfind("jtr", 0) == 0) networks.insert(entry.name.substr(0, entry.name.find('/')));
  }
  EXPECT_EQ(networks, (std::set<std::string>{"jtr.depth.map", "jtr.segmentation.tags"}));

  // Each part is jtr of its tasks alone: with the same predictions, labels and noise.
  const TaskSet tasks(specs);
  const auto part_of = [&](const std::vector<size_t>& numbers) {
    test::MixedFixture whole("jtr", Json::object(), specs, w);
    std::vector<Variant> own;
    for (const size_t t : numbers) own.push_back(specs[t]);
    std::vector<uint8_t> labelled;
    for (size_t b = 0; b < 2; ++b) {
      for (const size_t t : numbers) labelled.push_back(w[b * specs.size() + t]);
    }
    test::MixedFixture part("jtr", Json::object(), own, labelled);
    for (size_t v = 0; v < 3; ++v) {
      for (size_t i = 0; i < numbers.size(); ++i) {
        part.tasks.prediction(part.context.predictions[v], i)
            .copy_(tasks.prediction(whole.context.predictions[v], numbers[i]));
        part.tasks.label(part.context.labels[v], i).copy_(tasks.label(whole.context.labels[v], numbers[i]));
      }
    }
    for (int64_t slot = 0; slot < whole.context.noise.size(1); ++slot) {
      for (size_t i = 0; i < numbers.size(); ++i) {
        at::Tensor to = part.tasks.noise(part.context.noise.select(1, slot), i);
        if (to.defined()) to.copy_(tasks.noise(whole.context.noise.select(1, slot), numbers[i]));
      }
    }
    // Its loss, and the gradients of its tasks' predictions in view 1, [2, ...] each.
    std::pair<at::Tensor, std::vector<at::Tensor>> result = {part.compute().loss, {}};
    for (size_t i = 0; i < numbers.size(); ++i) {
      result.second.push_back(part.tasks.prediction(part.context.gradients[1], i).clone());
    }
    return result;
  };
  test::MixedFixture whole("jtr", Json::object(), specs, w);
  const auto made_graph = made(tasks, "given", graph);
  const auto method =
      Method::registry().make(Variant::of("jtr"), {&tasks, whole.made.network.get(), 3, at::kDouble,
                                                   at::Device(at::kCPU), Recomputation::kNorms, made_graph.get()});
  const at::Tensor found = method->compute(whole.context).loss;
  const auto [first, d_first] = part_of({0, 2});
  const auto [second, d_second] = part_of({1, 3});
  EXPECT_LT(test::relative_error(found, 0.75 * first + 2 * second), 1e-12);
  const auto gradient = [&](size_t task) { return whole.tasks.prediction(whole.context.gradients[1], task); };
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_LT(test::relative_error(gradient(2 * i), 0.75 * d_first[i]), 1e-12) << i;
    EXPECT_LT(test::relative_error(gradient(2 * i + 1), 2 * d_second[i]), 1e-12) << i;
  }
  // The regression stands alone.
  EXPECT_EQ(gradient(4).norm().item<double>(), 0);
  EXPECT_GT(gradient(1).norm().item<double>(), 0);
}

TEST(TaskGraph, JtrRefusesAGraphThatIsEstimatedOrHasNothingForIt) {
  const Error estimated = test::caught([] { Trainer trainer(options_of("jtr", Variant::of("similarity"))); });
  EXPECT_EQ(estimated.field(), "task_graph.name");
  EXPECT_NE(std::string(estimated.what()).find("jtr"), std::string::npos);
}

/// Two maps of one channel and an image task of one number, on four images.
struct Similar {
  Similar() : tasks({test::task("map", "a"), test::task("map", "b"), test::regression("c")}) {
    context.tasks = &tasks;
    context.samples = 4;
    planes = test::uniform({4, 2, 8, 8}, 0, 1, 3);
    vectors = test::normal({4, 2}, 4);
  }
  void observe(TaskGraph& graph) {
    context.predictions = {TaskTensors{planes, vectors}};
    reported = graph.observe(context);
    graph.follow();
  }
  TaskSet tasks;
  MethodContext context;
  at::Tensor planes, vectors;
  std::vector<at::Tensor> reported;
};

/// |C_st|^2 / (|C_ss| |C_tt|) of centered rows [n, c].
double alignment(at::Tensor a, at::Tensor b) {
  a = a - a.mean(0, true);
  b = b - b.mean(0, true);
  const auto norm = [](const at::Tensor& x, const at::Tensor& y) { return at::matmul(x.t(), y).norm().item<double>(); };
  return norm(a, b) * norm(a, b) / (norm(a, a) * norm(b, b));
}

TEST(TaskGraph, SimilarityIsTheAlignmentOfPredictions) {
  Similar f;
  f.planes.select(1, 1).copy_(1 - f.planes.select(1, 0) * 0.5 + 0.1 * test::uniform({4, 8, 8}, 0, 1, 5));
  const auto graph = made(f.tasks, "similarity", {{"warm_up_steps", 0}, {"threshold", 0}, {"momentum", 0.9}});
  EXPECT_FALSE(graph->weights(0).defined());
  f.observe(*graph);
  const at::Tensor a = f.planes.select(1, 0).reshape({-1, 1}), b = f.planes.select(1, 1).reshape({-1, 1});
  const at::Tensor c = f.vectors.unsqueeze(1).expand({4, 64, 2}).reshape({-1, 2});
  const double ab = alignment(a, b), ac = alignment(a, c), bc = alignment(b, c);
  EXPECT_GT(ab, 0.8);
  const at::Tensor weights = graph->weights(1);
  EXPECT_NEAR(weights[0][1].item<double>(), 1, 1e-9);  // the largest
  EXPECT_NEAR(weights[0][2].item<double>(), ac / ab, 1e-9);
  EXPECT_NEAR(weights[2][1].item<double>(), bc / ab, 1e-9);
  EXPECT_EQ(weights.diagonal().sum().item<double>(), 0);
  f.observe(*graph);  // the same again: the average stays, and what was known before is reported
  EXPECT_NEAR(f.reported[0][0].item<double>(), ab, 1e-9);
  EXPECT_NEAR(graph->weights(2)[0][2].item<double>(), ac / ab, 1e-9);
  EXPECT_EQ(graph->terms(), (std::vector<std::string>{"a.b", "a.c", "b.c"}));

  const auto strict = made(f.tasks, "similarity", {{"warm_up_steps", 2}, {"threshold", 0.9}});
  f.observe(*strict);
  EXPECT_FALSE(strict->weights(1).defined());
  const at::Tensor kept = strict->weights(2);
  EXPECT_NEAR(kept.sum().item<double>(), 2, 1e-9);  // one pair, both ways
  // A step that is given up is forgotten, and so is what never varies.
  f.planes.fill_(0.5);
  f.context.predictions = {TaskTensors{f.planes, f.vectors}};
  strict->observe(f.context);
  EXPECT_TRUE(at::equal(strict->weights(2), kept));
  const auto constant = made(f.tasks, "similarity", {{"warm_up_steps", 0}});
  f.observe(*constant);
  EXPECT_FALSE(constant->weights(1).defined());
}

TEST(TaskGraph, EstimatedOnesReportTheirSimilarities) {
  const GraphBatch batch;
  Trainer trainer(options_of("direct_map", Variant::of("similarity")));
  const auto& names = trainer.term_names();
  EXPECT_NE(std::find(names.begin(), names.end(), "task_graph.depth.normals"), names.end());
  test::step(trainer, batch.host);
  const StepResult second = trainer.step(batch.host, {});
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].rfind("task_graph.", 0) == 0) {
      EXPECT_GT(second.terms[i], 0) << names[i];
      EXPECT_LE(second.terms[i], 1) << names[i];
    }
  }
}

}  // namespace
}  // namespace jtr
