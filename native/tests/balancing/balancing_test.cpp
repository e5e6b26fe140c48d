// The rules by their formulas, and what they do to a step.
#include "balancing/balancing.h"

#include "support.h"

namespace jtr {
namespace {

Variant rule(const std::string& name, const Json& options = Json::object()) { return Variant::of(name, options); }

std::unique_ptr<Balancing> make_balancing(const Variant& variant, int64_t tasks, uint64_t seed) {
  return Balancing::registry().make({variant.options, "balancing"}, {tasks, seed});
}

TaskLosses losses(std::vector<double> values, std::vector<double> labelled) {
  const int64_t samples = static_cast<int64_t>(values.size()) / 2;
  return {at::tensor(values, at::kDouble).view({samples, 2}), at::tensor(labelled, at::kDouble).view({samples, 2})};
}

TEST(Balancing, DwaWeighsATaskThatLearnsSlowlyMore) {
  const auto dwa = make_balancing(rule("dwa", {{"period_steps", 2}}), 2, 1);
  EXPECT_TRUE(at::equal(dwa->weights(0), at::ones({2}, at::kDouble)));
  // First period: means 3 and 4 over the labelled samples; second: 1.5 and 4.
  const TaskLosses steps[] = {losses({2, 4}, {1, 1}), losses({4, 0}, {1, 0}), losses({1, 3}, {1, 1}),
                              losses({2, 5}, {1, 1})};
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(dwa->weights(i), at::ones({2}, at::kDouble))) << i;
    dwa->observe(steps[i].summed(), i + 1);
  }
  const double a = std::exp(0.5 / 2), b = std::exp(1.0 / 2);
  EXPECT_NEAR(dwa->weights(4)[0].item<double>(), 2 * a / (a + b), 1e-12);
  EXPECT_NEAR(dwa->weights(4)[1].item<double>(), 2 * b / (a + b), 1e-12);
}

TEST(Balancing, DwaTakesATaskWithoutLabelsForSteady) {
  const auto dwa = make_balancing(rule("dwa"), 2, 1);
  dwa->observe(losses({4, 0}, {1, 0}).summed(), 1);
  dwa->observe(losses({2, 0}, {1, 0}).summed(), 2);
  const double a = std::exp(0.25), b = std::exp(0.5);
  EXPECT_NEAR(dwa->weights(2)[1].item<double>(), 2 * b / (a + b), 1e-12);
}

TEST(Balancing, LabelsWeighsTasksByHowRareTheirLabelsAre) {
  const auto labels = make_balancing(rule("labels"), 2, 1),
             half = make_balancing(rule("labels", {{"power", 0.5}}), 2, 1);
  EXPECT_TRUE(at::equal(labels->weights(0), at::ones({2}, at::kDouble)));
  // Of four samples one has the first label, all have the second: shares of 1/4 and 1.
  const TaskLosses step = losses({3, 1, 0, 1, 0, 1, 0, 1}, {1, 1, 0, 1, 0, 1, 0, 1});
  labels->observe(step.summed(), 1);
  half->observe(step.summed(), 1);
  // c (1, 1) with c = 1.25 / 2: weights 4 c and c.
  EXPECT_NEAR(labels->weights(1)[0].item<double>(), 2.5, 1e-12);
  EXPECT_NEAR(labels->weights(1)[1].item<double>(), 0.625, 1e-12);
  // 2 c and c with 0.5 c + c = 1.25.
  EXPECT_NEAR(half->weights(1)[0].item<double>(), 2 * 1.25 / 1.5, 1e-12);
  EXPECT_NEAR(half->weights(1)[1].item<double>(), 1.25 / 1.5, 1e-12);
}

TEST(Balancing, LabelsLeavesATaskWithoutAnyAlone) {
  const auto labels = make_balancing(rule("labels"), 2, 1);
  labels->observe(losses({3, 0, 1, 0}, {1, 0, 1, 0}).summed(), 1);
  EXPECT_TRUE(at::equal(labels->weights(1), at::ones({2}, at::kDouble)));
}

TEST(Balancing, ProgressWeighsATaskThatIsBehindMore) {
  const auto progress = make_balancing(rule("progress", {{"start_labels", 2}, {"momentum", 0.5}}), 2, 1),
             square = make_balancing(rule("progress", {{"start_labels", 2}, {"momentum", 0.5}, {"power", 2}}), 2, 1);
  EXPECT_TRUE(at::equal(progress->weights(0), at::ones({2}, at::kDouble)));
  // Starts: 4 of the first task's two labels; the second has one label so far, and counts as not begun.
  const TaskLosses steps[] = {losses({3, 10, 5, 0}, {1, 1, 1, 0}), losses({2, 30, 0, 0}, {1, 1, 0, 0}),
                              losses({1, 0, 1, 0}, {1, 0, 1, 0})};
  for (const auto* each : {&progress, &square}) (*each)->observe(steps[0].summed(), 1);
  EXPECT_TRUE(at::equal(progress->weights(1), at::ones({2}, at::kDouble)));
  // The first task's mean is half of 4 and half of 2: r = 3/4. The second's start is 20, r = 1.
  for (const auto* each : {&progress, &square}) (*each)->observe(steps[1].summed(), 2);
  EXPECT_NEAR(progress->weights(2)[0].item<double>(), 2 * 0.75 / 1.75, 1e-12);
  EXPECT_NEAR(square->weights(2)[0].item<double>(), 2 * 0.5625 / 1.5625, 1e-12);
  // Two labels leave a quarter of 3 and bring three quarters of 1: r = 3/8. The second's mean stays.
  progress->observe(steps[2].summed(), 3);
  EXPECT_NEAR(progress->weights(3)[0].item<double>(), 2 * 0.375 / 1.375, 1e-12);
  EXPECT_NEAR(progress->weights(3)[1].item<double>(), 2 * 1 / 1.375, 1e-12);
}

TEST(Balancing, UncertaintysGradientIsThatOfItsLoss) {
  const auto uncertainty = make_balancing(rule("uncertainty"), 2, 1);
  const TaskLosses step = losses({3, 0.2, 0, 0.7}, {1, 1, 0, 1});
  auto loss = [&] {
    const at::Tensor each = step.losses * uncertainty->weights(0) + uncertainty->offsets() * step.labelled;
    return each.sum(1).mean().item<double>();
  };
  // s = -0.5: L / (2 exp(-0.5)) - 0.25.
  EXPECT_NEAR(loss(), ((3 + 0.2 + 0.7) * std::exp(0.5) / 2 - 3 * 0.25) / 2, 1e-12);
  uncertainty->parameters()->zero_gradients();
  uncertainty->add_gradients(step.summed());
  for (int64_t t = 0; t < 2; ++t) {
    at::Tensor s = uncertainty->parameters()->flat_parameters()[t];
    s.add_(1e-6);
    const double plus = loss();
    s.sub_(2e-6);
    const double minus = loss();
    s.add_(1e-6);
    EXPECT_NEAR(uncertainty->parameters()->flat_gradients()[t].item<double>(), (plus - minus) / 2e-6, 1e-8);
  }
}

TEST(Balancing, RandomWeightsSumToTheNumberOfTasksAndDependOnSeedAndStepAlone) {
  const auto a = make_balancing(rule("random"), 4, 1), b = make_balancing(rule("random"), 4, 2);
  at::Tensor mean = at::zeros({4}, at::kDouble);
  for (int64_t step = 0; step < 2000; ++step) {
    const at::Tensor w = a->weights(step);
    EXPECT_NEAR(w.sum().item<double>(), 4, 1e-12);
    EXPECT_GT(w.min().item<double>(), 0);
    mean.add_(w / 2000);
  }
  // Each has mean 1; the standard error of 2000 draws is about 0.02.
  EXPECT_LT((mean - 1).abs().max().item<double>(), 0.1);
  EXPECT_TRUE(at::equal(a->weights(7), a->weights(7)));
  EXPECT_FALSE(at::equal(a->weights(7), a->weights(8)));
  EXPECT_FALSE(at::equal(a->weights(7), b->weights(7)));
}

TEST(Balancing, PcGradTakesOutWhatPointsAgainstAnotherTask) {
  const auto pcgrad = make_balancing(rule("pcgrad"), 2, 1);
  // g0 . g1 = -1: g0 loses its part along g1, which is -1/2 g1, and g1 its part along g0, -1 g0.
  const at::Tensor g = at::tensor({1.0, 0.0, 0.0, -1.0, 1.0, 0.0}, at::kDouble).view({2, 3});
  const at::Tensor expected = (g[0] + 0.5 * g[1]) + (g[1] + g[0]);
  EXPECT_LT(test::relative_error(pcgrad->combined(g, 0), expected), 1e-14);
  // Without a conflict it is the sum.
  const at::Tensor same = at::tensor({1.0, 0.0, 0.0, 1.0, 1.0, 0.0}, at::kDouble).view({2, 3});
  EXPECT_LT(test::relative_error(pcgrad->combined(same, 0), same.sum(0)), 1e-14);
}

TEST(Balancing, PcGradAgreesWithTheAlgorithmStepByStep) {
  // Three tasks: the order matters, so the result is one of the 2^3 that the paper's loop can give.
  const auto pcgrad = make_balancing(rule("pcgrad"), 3, 5);
  const at::Tensor g = test::uniform({3, 6}, -1, 1, 4) + at::tensor({1.0, -1.0, 0.2}, at::kDouble).view({3, 1});
  auto projected = [&](int64_t i, std::vector<int64_t> order) {
    at::Tensor v = g[i].clone();
    for (const int64_t j : order) {
      const double dot = v.dot(g[j]).item<double>();
      if (dot < 0) v -= dot / g[j].dot(g[j]).item<double>() * g[j];
    }
    return v;
  };
  double closest = 1e9;
  for (int orders = 0; orders < 8; ++orders) {
    at::Tensor sum = at::zeros({6}, at::kDouble);
    for (int64_t i = 0; i < 3; ++i) {
      std::vector<int64_t> order = {(i + 1) % 3, (i + 2) % 3};
      if (orders >> i & 1) std::swap(order[0], order[1]);
      sum += projected(i, order);
    }
    closest = std::min(closest, test::relative_error(pcgrad->combined(g, 3), sum));
  }
  EXPECT_LT(closest, 1e-13);
  EXPECT_GT(test::relative_error(pcgrad->combined(g, 3), g.sum(0)), 1e-3);
}

TEST(Balancing, FixedWeightsAreOnePerTaskAndNotAllZero) {
  const auto fixed = [](const std::vector<double>& weights) {
    return make_balancing(rule("fixed", {{"weights", weights}}), 2, 1);
  };
  for (const std::vector<double>& wrong :
       std::vector<std::vector<double>>{{}, {1}, {1, 2, 3}, {-1, 1}, {0, 0}, {1, INFINITY}}) {
    const std::string field = test::caught([&] { fixed(wrong); }).field();
    EXPECT_EQ(field.substr(0, field.find('[')), "balancing.weights");
  }
  EXPECT_EQ(fixed({0, 2.5})->weights(3)[1].item<double>(), 2.5);
}

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::map()};
const std::vector<uint8_t> kLabelled = {1, 1, 0, 0, 1, 1};

TrainerOptions options_with(Variant balancing, const std::string& method = "supervised") {
  TrainerOptions options = test::trainer_options(kTasks, method);
  options.balancing = std::move(balancing);
  return options;
}

/// The weight of one of three tasks alone.
Variant only(size_t task) {
  std::vector<double> weights(3, 0.0);
  weights[task] = 1;
  return rule("fixed", {{"weights", weights}});
}

at::Tensor model_gradient(const Trainer& trainer) {
  std::vector<at::Tensor> parts;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.rfind("model/", 0) == 0) parts.push_back(entry.tensor.flatten().clone());
  }
  return at::cat(parts);
}

TEST(BalancedStep, GradientsAreTheWeightedSumOfTheTasksOwn) {
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  const std::vector<double> weights = {0.5, 3, 0.25};
  at::Tensor expected;
  double loss = 0;
  for (size_t t = 0; t < 3; ++t) {
    Trainer trainer(options_with(only(t)));
    loss += weights[t] * test::step(trainer, batch.host).loss;
    const at::Tensor g = weights[t] * model_gradient(trainer);
    expected = expected.defined() ? expected + g : g;
  }
  Trainer trainer(options_with(rule("fixed", {{"weights", weights}}))), equal(options_with(rule("equal")));
  const test::Losses result = test::step(trainer, batch.host);
  EXPECT_NEAR(result.loss, loss, 1e-10);
  EXPECT_NEAR(result.supervised, test::step(equal, batch.host).supervised, 1e-10);
  EXPECT_LT(test::relative_error(model_gradient(trainer), expected), 1e-9);
}

TEST(BalancedStep, PcGradCombinesTheSharedGradientsAndLeavesHeadsAndMethodAlone) {
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  std::vector<at::Tensor> separate;
  for (size_t t = 0; t < 3; ++t) {
    Trainer trainer(options_with(only(t)));
    test::step(trainer, batch.host);
    separate.push_back(model_gradient(trainer));
  }
  Trainer trainer(options_with(rule("pcgrad"))), equal(options_with(rule("equal")));
  test::step(trainer, batch.host);
  test::step(equal, batch.host);
  int64_t shared = 0;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.find("pred_task") == std::string::npos) shared += entry.tensor.numel();
  }
  const at::Tensor g = model_gradient(trainer), plain = model_gradient(equal);
  const at::Tensor own = at::stack(separate).narrow(1, 0, shared);
  const at::Tensor expected = make_balancing(rule("pcgrad"), 3, 7)->combined(own, 0);
  EXPECT_LT(test::relative_error(g.narrow(0, 0, shared), expected), 1e-9);
  EXPECT_LT(test::relative_error(g.narrow(0, shared, g.numel() - shared), plain.narrow(0, shared, g.numel() - shared)),
            1e-9);

  // With JTR, its own gradient comes on top of that.
  Trainer with_jtr(options_with(rule("pcgrad"), "jtr")), plain_jtr(options_with(rule("equal"), "jtr"));
  test::OwnedBatch same = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(with_jtr, same.host);
  test::step(plain_jtr, same.host);
  EXPECT_GT(test::relative_error(model_gradient(with_jtr), model_gradient(plain_jtr)), 1e-6);
}

TEST(BalancedStep, EveryRuleResumesAsIfNothingHadHappened) {
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  for (const std::string& name : Balancing::registry().names()) {
    const Variant balancing = name == "fixed" ? rule(name, {{"weights", {1, 2, 3}}})
                              : name == "dwa" ? rule(name, {{"period_steps", 2}})
                                              : rule(name);
    Trainer whole(options_with(balancing)), first(options_with(balancing)), second(options_with(balancing));
    for (int i = 0; i < 6; ++i) test::step(whole, batch.host);
    for (int i = 0; i < 3; ++i) test::step(first, batch.host);
    const std::string file = testing::TempDir() + "/jtr_balancing_test.safetensors";
    first.save(file, {});
    second.load(file);
    std::remove(file.c_str());
    for (int i = 0; i < 3; ++i) test::step(second, batch.host);
    EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole))) << name;
  }
}

TEST(BalancedStep, UncertaintyLearnsItsWeights) {
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  Trainer trainer(options_with(rule("uncertainty")));
  for (int i = 0; i < 3; ++i) test::step(trainer, batch.host);
  const TensorEntry& s = trainer.state().entries().back();
  EXPECT_EQ(s.name, "balancing/log_variance");
  // Depth, in metres, has the largest loss: its variance grows.
  EXPECT_GT(s.tensor[1].item<double>(), -0.5);
}

}  // namespace
}  // namespace jtr
