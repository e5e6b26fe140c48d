// The optimisers against their formulas, step by step; groups with rates of their own; frozen weights.
#include <cmath>

#include "support.h"
#include "training/optimizers/optimizer.h"

namespace jtr {
namespace {

struct Weights {
  Weights() {
    store.add_parameter("a", {3});
    store.add_parameter("b", {2});
    store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
    at::Tensor p = store.flat_parameters();
    p.copy_(start());
  }
  static at::Tensor start() { return at::tensor({1.0, -2.0, 0.5, 3.0, -0.1}, at::kDouble); }
  static at::Tensor gradient(int step) { return test::uniform({5}, -1, 1, static_cast<uint64_t>(step) + 1); }
  void update(Optimizer& optimizer, int step, double factor = 1) {
    at::Tensor g = store.flat_gradients();
    g.copy_(gradient(step));
    optimizer.update(step, factor);
  }
  ParameterStore store;
};

std::unique_ptr<Optimizer> made(Weights& weights, const std::string& name, const Json& options,
                                std::vector<ParameterGroup> groups = {}) {
  return Optimizer::registry().make(Variant::of(name, options), {&weights.store, std::move(groups)});
}

/// Weights after five steps of `formula`, element by element: p, g, m, v, step (from 1).
template <typename Formula>
at::Tensor by_formula(const Formula& formula) {
  at::Tensor p = Weights::start();
  for (int64_t i = 0; i < p.numel(); ++i) {
    double m = 0, v = 0, value = p[i].item<double>();
    for (int step = 0; step < 5; ++step) formula(value, Weights::gradient(step)[i].item<double>(), m, v, step + 1);
    p[i] = value;
  }
  return p;
}

TEST(Optimizers, AdamAndAdamWFollowTheirFormulas) {
  constexpr double kRate = 0.01, kDecay = 0.1;
  for (const bool decoupled : {false, true}) {
    Weights weights;
    const auto optimizer = decoupled ? made(weights, "adamw", {{"learning_rate", kRate}, {"weight_decay", kDecay}})
                                     : made(weights, "adam", {{"learning_rate", kRate}});
    for (int step = 0; step < 5; ++step) weights.update(*optimizer, step);
    const at::Tensor expected = by_formula([&](double& p, double g, double& m, double& v, int step) {
      if (decoupled) p -= kRate * kDecay * p;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      p -= kRate * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.999, step))) + 1e-8);
    });
    EXPECT_LT(test::relative_error(weights.store.flat_parameters(), expected), 1e-13);
  }
}

TEST(Optimizers, SgdFollowsItsFormula) {
  for (const bool nesterov : {false, true}) {
    Weights weights;
    const auto optimizer = made(
        weights, "sgd", {{"learning_rate", 0.1}, {"momentum", 0.8}, {"weight_decay", 0.05}, {"nesterov", nesterov}});
    for (int step = 0; step < 5; ++step) weights.update(*optimizer, step);
    const at::Tensor expected = by_formula([&](double& p, double g, double& u, double&, int) {
      g += 0.05 * p;
      u = 0.8 * u + g;
      p -= 0.1 * (nesterov ? g + 0.8 * u : u);
    });
    EXPECT_LT(test::relative_error(weights.store.flat_parameters(), expected), 1e-13);
  }
}

TEST(Optimizers, AGroupHasItsRateAndAFrozenOneKeepsItsWeights) {
  for (const char* name : {"adam", "adamw", "sgd"}) {
    Weights whole, grouped;
    const auto plain = made(whole, name, Json::object());
    const auto parts = made(grouped, name, Json::object(), {{"a", 0, 3, 1, kNever}, {"b", 3, 2, 0.25}});
    for (int step = 0; step < 3; ++step) {
      whole.update(*plain, step, 0.25);
      grouped.update(*parts, step, 1);
    }
    EXPECT_TRUE(at::equal(grouped.store.flat_parameters().narrow(0, 0, 3), Weights::start().narrow(0, 0, 3))) << name;
    EXPECT_LT(test::relative_error(grouped.store.flat_parameters().narrow(0, 3, 2),
                                   whole.store.flat_parameters().narrow(0, 3, 2)),
              1e-13)
        << name;
  }
}

// A group that thaws is trained as from its first step: its moments know of no earlier one.
TEST(Optimizers, AGroupThatThawsBeginsThen) {
  for (const char* name : {"adam", "adamw", "sgd"}) {
    Weights late, thawed;
    const auto plain = made(late, name, Json::object());
    const auto parts = made(thawed, name, Json::object(), {{"a", 0, 3, 1, 2}, {"b", 3, 2}});
    for (int step = 0; step < 5; ++step) {
      thawed.update(*parts, step);
      if (step >= 2) {
        at::Tensor g = late.store.flat_gradients();
        g.copy_(Weights::gradient(step));
        plain->update(step - 2, 1);
      }
      const bool kept = at::equal(thawed.store.frozen(0), Weights::start().narrow(0, 0, 3));
      EXPECT_EQ(kept, step < 2) << name;
    }
    EXPECT_LT(test::relative_error(thawed.store.frozen(0), late.store.frozen(0)), 1e-14) << name;
  }
}

TEST(Optimizers, AdamWMayDecayWeightsAlone) {
  ParameterStore store;
  store.add_parameter("weight", {2, 3});
  store.add_parameter("bias", {2});
  store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  at::Tensor flat = store.flat_parameters();
  flat.fill_(2);
  const auto optimizer = Optimizer::registry().make(
      Variant::of("adamw", {{"learning_rate", 0.5}, {"weight_decay", 0.1}, {"decayed", "weights"}}), {&store});
  optimizer->update(0, 1);  // without gradient
  EXPECT_TRUE(at::allclose(store.frozen(0), at::full({2, 3}, 2 * (1 - 0.05), at::kDouble)));
  EXPECT_TRUE(at::equal(store.frozen(1), at::full({2}, 2.0, at::kDouble)));
}

TEST(Optimizers, GroupsThatAreAlikeGiveTheSameBits) {
  Weights whole, grouped;
  const auto plain = made(whole, "adam", Json::object());
  const auto parts = made(grouped, "adam", Json::object(), {{"a", 0, 3}, {"none", 3, 0}, {"b", 3, 2}});
  for (int step = 0; step < 3; ++step) {
    whole.update(*plain, step);
    grouped.update(*parts, step);
  }
  EXPECT_TRUE(at::equal(grouped.store.flat_parameters(), whole.store.flat_parameters()));
}

TEST(Optimizers, EachOneResumesAsIfNothingHadHappened) {
  const std::vector<Variant> tasks = {test::depth(), test::map()};
  const test::OwnedBatch batch = test::random_batch(tasks, {1, 0, 0, 1}, 32, 32, 1);
  for (const std::string& name : Optimizer::registry().names()) {
    TrainerOptions options = test::trainer_options(tasks, "jtr");
    options.optimizer = Variant::of(name, {{"learning_rate", 1e-3}});
    Trainer whole(options), first(options), second(options);
    for (int i = 0; i < 4; ++i) test::step(whole, batch.host);
    for (int i = 0; i < 2; ++i) test::step(first, batch.host);
    const std::string file = testing::TempDir() + "/jtr_optimizers_test.safetensors";
    first.save(file, {});
    second.load(file);
    std::remove(file.c_str());
    for (int i = 0; i < 2; ++i) test::step(second, batch.host);
    EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole))) << name;
  }
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

}  // namespace
}  // namespace jtr
