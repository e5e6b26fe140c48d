// Inputs beside the photograph: every way into every network against the network without them, against finite
// differences, against its own operations for exports, and one sample at a time.
#include <cstdio>
#include <limits>
#include <map>

#include "methods/strong_views.h"
#include "networks/interpreter.h"
#include "support.h"

namespace jtr {
namespace {

Variant planes(Json fusion = {{"name", "early"}}, const std::string& name = "depth") {
  return Variant::of(
      "planes", {{"name", name}, {"channels", 1}, {"mean", {2.0}}, {"deviation", {0.5}}, {"fusion", std::move(fusion)}},
      "kind");
}
Variant vector_input(const std::string& levels = "coarsest") {
  return Variant::of("vector",
                     {{"name", "camera"},
                      {"channels", 2},
                      {"mean", {1.0, -1.0}},
                      {"deviation", {2.0}},
                      {"fusion", {{"name", "film"}, {"levels", levels}, {"hidden", 3}}}},
                     "kind");
}
Variant image_of(int64_t channels) {
  return Variant::of("planes", {{"name", "image"}, {"channels", channels}}, "kind");
}

Json late(const std::string& combine) {
  return {{"name", "late"}, {"combine", combine}, {"encoder", {{"name", "plain"}, {"width", 2}}}};
}

Json network(const std::string& name) {
  if (name == "segnet") return {{"name", "segnet"}, {"width", 2}};
  Json backbone = {{"name", name}};
  if (name == "plain") backbone["width"] = 2;
  return {{"name", "encoder_decoder"}, {"backbone", backbone}, {"decoder", {{"name", "pyramid"}, {"channels", 4}}}};
}

TrainerOptions options_of(const Json& net, std::vector<Variant> inputs, const std::string& method = "supervised") {
  TrainerOptions options = test::trainer_options({test::segmentation(3), test::depth("far")}, method);
  options.network = Variant{net, "network"};
  options.inputs = std::move(inputs);
  return options;
}

/// A batch with depth and camera of which some are missing: NaN stands there, and nobody may look.
struct InputBatch {
  explicit InputBatch(const std::vector<Variant>& tasks, const std::vector<Variant>& inputs, int64_t samples = 3,
                      int64_t height = 32, int64_t width = 64)
      : batch(test::random_batch(tasks, std::vector<uint8_t>(static_cast<size_t>(2 * samples), 1), height, width, 1)) {
    const InputSet set(inputs);
    if (set.image_channels() != 3) {
      batch.images = test::uniform({3, samples, set.image_channels(), height, width}, 0, 1, 3).to(at::kFloat);
      batch.host.images = batch.images;
    }
    const int64_t count = static_cast<int64_t>(set.size());
    for (int64_t i = 0; i < count; ++i) {
      const Input& input = set[static_cast<size_t>(i)];
      const uint64_t seed = 50 + static_cast<uint64_t>(i);
      at::Tensor value = input.is_planes() ? test::uniform({3, samples, input.channels(), height, width}, 0.5, 4, seed)
                                           : test::uniform({samples, input.channels()}, -3, 3, seed);
      value = value.to(at::kFloat);
      // Sample b lacks input i where b = i + 1.
      for (int64_t b = 0; b < samples; ++b) {
        present.push_back(b == i + 1 ? 0 : 1);
      }
      if (i + 1 < samples) {
        value.select(input.is_planes() ? 1 : 0, i + 1).fill_(std::numeric_limits<float>::quiet_NaN());
      }
      batch.host.inputs.push_back(value);
    }
    if (count > 0) {
      at::Tensor rows = at::from_blob(present.data(), {count, samples}, at::kByte).t().contiguous();
      batch.host.input_present = rows;
    }
  }
  InputBatch(const InputBatch&) = delete;
  InputBatch& operator=(const InputBatch&) = delete;

  /// View 0 of all samples, or of one, for predictions.
  InputTensors samples(int64_t begin, int64_t count) const {
    InputTensors all(batch.images[0].narrow(0, begin, count).contiguous());
    for (const at::Tensor& input : batch.host.inputs) {
      all.further.push_back((input.dim() == 5 ? input[0] : input).narrow(0, begin, count).contiguous());
    }
    if (batch.host.input_present.defined()) {
      all.present = batch.host.input_present.narrow(0, begin, count).contiguous();
    }
    return all;
  }

  test::OwnedBatch batch;
  std::vector<uint8_t> present;
};

std::vector<at::Tensor> predictions(const Trainer& trainer, const InputTensors& samples) {
  const int64_t n = samples.samples(), h = samples.image.size(2), w = samples.image.size(3);
  std::vector<at::Tensor> out = {at::empty({n, 3, h, w}), at::empty({n, 1, h, w})};
  trainer.predict(samples, {{0, out[0]}, {1, out[1]}});
  return out;
}

/// Moves what fusions begin with off zero.
void stir(const Trainer& trainer) {
  uint64_t seed = 300;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.find("/inputs.") == std::string::npos) continue;
    at::Tensor tensor = entry.tensor;
    for (const TensorEntry& state : trainer.state().entries()) {
      if (state.name != entry.name) continue;
      at::Tensor weight = state.tensor;
      weight.add_(test::normal(weight.sizes(), ++seed).to(weight.options()), 0.1);
    }
  }
}

using Way = std::tuple<const char* /* network */, const char* /* way */>;

class Inputs : public ::testing::TestWithParam<Way> {
 protected:
  Json net() const { return network(std::get<0>(GetParam())); }
  std::vector<Variant> inputs() const {
    const std::string way = std::get<1>(GetParam());
    if (way == "early") return {planes()};
    if (way == "film") return {vector_input()};
    if (way == "film_all") return {vector_input("all")};
    if (way == "both") return {planes(), vector_input(), planes(late("sum"), "thermal")};
    return {planes(late(way))};
  }
};

TEST_P(Inputs, BeginAsTheNetworkWithoutThem) {
  const TrainerOptions with = options_of(net(), inputs()), without = options_of(net(), {});
  const Trainer a(with), b(without);
  std::map<std::string, at::Tensor> state;
  for (const TensorEntry& entry : a.state().entries()) state[entry.name] = entry.tensor;
  for (const TensorEntry& entry : b.state().entries()) {
    ASSERT_EQ(state.count(entry.name), 1U) << entry.name;
    EXPECT_TRUE(at::equal(state.at(entry.name), entry.tensor)) << entry.name;
  }
  const InputBatch batch(with.tasks, with.inputs);
  const auto got = predictions(a, batch.samples(0, 3)), want = predictions(b, batch.batch.images[0].contiguous());
  // More channels whose weights are 0: another order of sums.
  for (size_t t = 0; t < got.size(); ++t) EXPECT_LT(test::relative_error(got[t], want[t]), 1e-6) << t;
}

TEST_P(Inputs, OneAtATimeAreAsTogether) {
  const TrainerOptions options = options_of(net(), inputs());
  Trainer trainer(options);
  const InputBatch batch(options.tasks, options.inputs);
  test::step(trainer, batch.batch.host);  // norms have seen something
  stir(trainer);
  const auto together = predictions(trainer, batch.samples(0, 3));
  for (int64_t b = 0; b < 3; ++b) {
    const auto alone = predictions(trainer, batch.samples(b, 1));
    for (size_t t = 0; t < alone.size(); ++t) {
      EXPECT_LT(test::relative_error(alone[t][0], together[t][b]), 1e-6) << "sample " << b << ", task " << t;
    }
  }
  // And the input is of use: without it predictions are others.
  InputTensors missing = batch.samples(0, 1);
  missing.present.zero_();
  EXPECT_GT(test::relative_error(predictions(trainer, missing)[0], together[0].narrow(0, 0, 1)), 1e-4);
}

TEST_P(Inputs, HaveTheGradientsOfFiniteDifferences) {
  constexpr double kStep = 1e-9;
  const TrainerOptions options = options_of(net(), inputs());
  const InputBatch batch(options.tasks, options.inputs);
  Trainer trainer(options);
  stir(trainer);
  std::map<std::string, at::Tensor> start, directions;
  for (const TensorEntry& entry : trainer.state().entries()) start[entry.name] = entry.tensor.clone();
  uint64_t seed = 0;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.find("/inputs.") != std::string::npos) {
      directions[entry.name] = test::normal(entry.tensor.sizes(), ++seed);
    }
  }
  const auto loss_at = [&](const std::string& moved, double by) {
    for (const TensorEntry& entry : trainer.state().entries()) {
      at::Tensor tensor = entry.tensor;
      tensor.copy_(start.at(entry.name));
      if (entry.name == moved) tensor.add_(directions.at(moved), by);
    }
    return test::step(trainer, batch.batch.host).loss;
  };
  ASSERT_FALSE(directions.empty());
  size_t close = 0;
  for (const auto& [name, direction] : directions) {
    loss_at(name, 0);
    double along = 0;
    for (const TensorEntry& entry : trainer.gradients().entries()) {
      if (entry.name == name) along = (entry.tensor * direction).sum().item<double>();
    }
    const double expected = (loss_at(name, kStep) - loss_at(name, -kStep)) / (2 * kStep);
    // A ReLU or pool that turns over within the step spoils a difference a little.
    EXPECT_NEAR(along, expected, 2e-2 * std::max(1.0, std::abs(expected))) << name;
    close += std::abs(along - expected) < 1e-4 * std::max(0.1, std::abs(expected));
  }
  EXPECT_GE(static_cast<double>(close), 0.8 * static_cast<double>(directions.size()));
}

TEST_P(Inputs, HaveTheSameGradientsHoweverMuchIsComputedAgain) {
  TrainerOptions options = options_of(net(), inputs());
  const InputBatch batch(options.tasks, options.inputs);
  at::Tensor first;
  for (const Recomputation recomputation : {Recomputation::kNorms, Recomputation::kStages, Recomputation::kNone}) {
    options.recomputation = recomputation;
    Trainer trainer(options);
    stir(trainer);
    test::step(trainer, batch.batch.host);
    std::vector<at::Tensor> all;
    for (const TensorEntry& entry : trainer.gradients().entries()) all.push_back(entry.tensor.flatten());
    const at::Tensor gradients = at::cat(all).clone();
    if (!first.defined()) first = gradients;
    EXPECT_LT(test::relative_error(gradients, first), 1e-11);
  }
}

TEST_P(Inputs, ArePredictedAsTheirOperationsForExportsDo) {
  const TrainerOptions options = options_of(net(), inputs());
  Trainer trainer(options);
  const InputBatch batch(options.tasks, options.inputs);
  test::step(trainer, batch.batch.host);
  stir(trainer);
  const auto got = predictions(trainer, batch.samples(0, 3));

  const TaskSet tasks(options.tasks);
  const InputSet set(options.inputs);
  const auto made = Network::registry().make(options.network, {&tasks, {0, 1}, &set, options.precision(), at::kCPU});
  test::copy_state(trainer, *made);
  const InputTensors samples = batch.samples(0, 3);
  std::map<std::string, at::Tensor> values = {{"input_present", samples.present.to(at::kDouble)}};
  for (size_t i = 0; i < set.size(); ++i) {
    values["input." + set[i].name()] = samples.further[i].nan_to_num(0).to(at::kDouble);
  }
  test::Interpreter interpreter(*made, samples.image.to(at::kDouble), values);
  ASSERT_EQ(interpreter.outputs.size(), 2U);
  for (size_t t = 0; t < 2; ++t) EXPECT_LT(test::relative_error(got[t], interpreter.outputs[t]), 1e-5) << t;
}

INSTANTIATE_TEST_SUITE_P(All, Inputs,
                         ::testing::Values(Way{"segnet", "early"}, Way{"segnet", "sum"}, Way{"segnet", "film"},
                                           Way{"plain", "early"}, Way{"plain", "sum"}, Way{"plain", "concat"},
                                           Way{"plain", "gate"}, Way{"plain", "film"}, Way{"plain", "film_all"},
                                           Way{"plain", "both"}, Way{"resnet18", "early"}, Way{"resnet18", "gate"}),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
                         });

TEST(InputDropout, LeavesOutEachInputByItself) {
  const InputSet set({planes(), vector_input()});
  const at::Tensor kept = set.kept(4000, 0.25, 7, 3);
  EXPECT_EQ(kept.sizes(), at::IntArrayRef({4000, 2}));
  // Deviation of the share of 4000 draws: 0.007.
  for (int64_t i = 0; i < 2; ++i) EXPECT_NEAR(kept.select(1, i).mean().item<double>(), 0.75, 0.03);
  EXPECT_NEAR((kept.select(1, 0) * kept.select(1, 1)).mean().item<double>(), 0.5625, 0.03);
  EXPECT_TRUE(at::equal(kept, set.kept(4000, 0.25, 7, 3)));
  EXPECT_FALSE(at::equal(kept, set.kept(4000, 0.25, 7, 4)));
  EXPECT_FALSE(at::equal(kept, set.kept(4000, 0.25, 8, 3)));
  // Neither more samples nor more inputs move anybody's draws.
  EXPECT_TRUE(at::equal(set.kept(10, 0.25, 7, 3), kept.narrow(0, 0, 10)));
  EXPECT_TRUE(at::equal(InputSet({planes()}).kept(4000, 0.25, 7, 3).select(1, 0), kept.select(1, 0)));
}

TEST(InputDropout, IsWhatMissingInputsAre) {
  // A step that drops what it drops is a step with those inputs missing.
  TrainerOptions options = options_of(network("plain"), {planes(), vector_input()});
  options.input_dropout = 0.5;
  const InputBatch batch(options.tasks, options.inputs, 6);
  Trainer dropping(options);
  const at::Tensor kept = dropping.inputs().kept(6, 0.5, options.seed, 0);
  ASSERT_GT(kept.sum().item<double>(), 0);
  ASSERT_LT(kept.sum().item<double>(), 12);
  const double loss = test::step(dropping, batch.batch.host).loss;
  options.input_dropout = 0;
  Trainer plain(options);
  HostBatch less = batch.batch.host;
  less.input_present = (less.input_present * kept.to(at::kByte)).contiguous();
  EXPECT_NEAR(test::step(plain, less).loss, loss, 1e-12);
  EXPECT_LT(test::relative_error(test::all_state(plain), test::all_state(dropping)), 1e-12);
}

TEST(InputDropout, ResumesExactly) {
  const std::string path = testing::TempDir() + "inputs-resume.safetensors";
  TrainerOptions options = options_of(network("plain"), {planes(late("gate")), vector_input()}, "teacher");
  options.input_dropout = 0.5;
  const InputBatch batch(options.tasks, options.inputs);
  Trainer whole(options), first(options), second(options);
  for (int step = 0; step < 4; ++step) test::step(whole, batch.batch.host);
  for (int step = 0; step < 2; ++step) test::step(first, batch.batch.host);
  first.save(path, {});
  second.load(path);
  for (int step = 0; step < 2; ++step) test::step(second, batch.batch.host);
  EXPECT_TRUE(at::equal(test::all_state(whole), test::all_state(second)));
  std::remove(path.c_str());
}

TEST(InputNetworks, TrainWithEveryMethod) {
  for (const std::string& method : Method::registry().names()) {
    TrainerOptions options = options_of(network("resnet18"), {planes(), vector_input()}, method);
    options.network.options["width"] = 4;
    options.input_dropout = 0.3;
    const InputBatch made(options.tasks, options.inputs, 2, 32, 32);
    HostBatch batch = made.batch.host;
    std::vector<uint8_t> labelled = {1, 0, 0, 1};
    batch.labelled = test::labelled_matrix(labelled, 2);
    batch.crops = at::tensor({1.0, 0.0, 0.0, 32.0, 32.0, 0.0}, at::kDouble).expand({3, 2, 6}).contiguous();
    Trainer trainer(options);
    for (int step = 0; step < 2; ++step) EXPECT_TRUE(std::isfinite(test::step(trainer, batch).loss)) << method;
  }
}

TEST(StrongViewInputs, HaveTheBoxesAndLackWhatASourceLacks) {
  StrongViews views;
  views.images = at::zeros({3, 3, 4, 4});
  views.boxes = {{1, 1, 2, 2, 1}, {0, 0, 1, 4, -1}, {}};
  const at::Tensor depth = at::tensor({1.0, 2.0, 3.0}).view({3, 1, 1, 1}).expand({3, 1, 4, 4}).contiguous();
  const at::Tensor camera = at::tensor({4.0, 5.0, 6.0}).view({3, 1});
  const at::Tensor present = at::tensor({1.0, 1.0, 1.0, 0.0, 1.0, 1.0}).view({3, 2});
  InputTensors samples(views.images, {depth, camera * present.narrow(1, 1, 1)}, present);
  InputTensors made = views.with(samples);
  EXPECT_EQ(made.further[0][0][0][1][1].item<double>(), 2);
  EXPECT_EQ(made.further[0][0][0][0][0].item<double>(), 1);
  EXPECT_EQ(made.further[0][1][0][0].sum().item<double>(), 0);
  EXPECT_TRUE(at::equal(made.further[1], samples.further[1]));
  EXPECT_TRUE(at::equal(made.present, present));
  // The source of sample 0's box lacks the depth.
  samples.present = at::tensor({1.0, 1.0, 0.0, 1.0, 1.0, 1.0}).view({3, 2});
  samples.further[0][1].zero_();
  made = views.with(samples);
  EXPECT_EQ(made.present[0][0].item<double>(), 0);
  EXPECT_EQ(made.further[0][0].abs().sum().item<double>(), 0);
  EXPECT_EQ(made.present[0][1].item<double>(), 1);
}

TEST(Photographs, MayHaveOtherChannelsThanThree) {
  for (const char* net : {"segnet", "resnet18"}) {
    for (const int64_t channels : {1, 4}) {
      const TrainerOptions options = options_of(network(net), {image_of(channels)});
      const InputBatch batch(options.tasks, options.inputs, 2, 32, 32);
      Trainer trainer(options);
      EXPECT_TRUE(std::isfinite(test::step(trainer, batch.batch.host).loss)) << net;
      const auto together = predictions(trainer, batch.batch.images[0].contiguous());
      EXPECT_TRUE(at::isfinite(together[0]).all().item<bool>());
      const Error wrong = test::caught([&] { predictions(trainer, at::zeros({2, 3, 32, 32})); });
      EXPECT_EQ(wrong.field(), "image");
    }
  }
}

TEST(InputErrors, NameThePlace) {
  const auto field_of = [](const std::string& net, std::vector<Variant> inputs) {
    const TrainerOptions options = options_of(network(net), std::move(inputs));
    return test::caught([&] { Trainer trainer(options); }).field();
  };
  EXPECT_EQ(field_of("plain", {planes(), planes()}), "inputs[1].name");
  EXPECT_EQ(field_of("plain", {planes({{"name", "middle"}})}), "inputs[0].fusion.name");
  EXPECT_EQ(field_of("plain", {planes({{"name", "film"}})}), "inputs[0].fusion.name");
  Variant wrong = planes();
  wrong.options["mean"] = {1, 2};
  EXPECT_EQ(field_of("plain", {wrong}), "inputs[0].mean");
  wrong = planes();
  wrong.options["deviation"] = {0};
  EXPECT_EQ(field_of("plain", {wrong}), "inputs[0].deviation[0]");
  wrong = planes();
  wrong.options["name"] = "a/b";
  EXPECT_EQ(field_of("plain", {wrong}), "inputs[0].name");
  wrong = vector_input();
  wrong.options["fusion"] = {{"name", "late"}};
  EXPECT_EQ(field_of("plain", {planes(), wrong}), "inputs[1].fusion.name");
  wrong = image_of(3);
  wrong.options["mean"] = {0.5};
  EXPECT_EQ(field_of("plain", {wrong}), "inputs[0].mean");
  EXPECT_EQ(field_of("plain", {Variant::of("vector", {{"name", "image"}}, "kind")}), "inputs[0].kind");
  EXPECT_EQ(field_of("plain", {Variant::of("sound", {{"name", "noise"}}, "kind")}), "inputs[0].kind");
  TrainerOptions options = options_of(network("plain"), {planes()});
  options.input_dropout = 1;
  EXPECT_EQ(test::caught([&] { Trainer trainer(options); }).field(), "input_dropout");
}

TEST(InputErrors, NameTheTensor) {
  const TrainerOptions options = options_of(network("plain"), {planes(), vector_input()});
  Trainer trainer(options);
  const InputBatch good(options.tasks, options.inputs);
  const auto field_of = [&](const std::function<void(HostBatch&)>& spoil) {
    HostBatch batch = good.batch.host;
    spoil(batch);
    return test::caught([&] { test::step(trainer, batch); }).field();
  };
  EXPECT_EQ(field_of([](HostBatch& b) { b.inputs[0] = at::Tensor(); }), "batch.input.depth");
  EXPECT_EQ(field_of([](HostBatch& b) { b.inputs[0] = at::zeros({3, 3, 2, 32, 64}); }), "batch.input.depth");
  EXPECT_EQ(field_of([](HostBatch& b) { b.inputs[0] = at::zeros({3, 3, 1, 32, 32}); }), "batch.input.depth");
  EXPECT_EQ(field_of([](HostBatch& b) { b.inputs[1] = at::zeros({3, 3}); }), "batch.input.camera");
  EXPECT_EQ(field_of([](HostBatch& b) { b.input_present = at::full({3, 2}, 2, at::kByte); }), "batch.input_present");
  EXPECT_EQ(field_of([](HostBatch& b) { b.input_present = at::ones({3, 1}, at::kByte); }), "batch.input_present");
  // Where it is said to be there, it has to be finite.
  EXPECT_EQ(field_of([](HostBatch& b) { b.input_present = at::Tensor(); }), "batch.input.depth");
  // Nothing of an input that nobody has is needed.
  HostBatch none = good.batch.host;
  none.inputs = std::vector<at::Tensor>(2);
  none.input_present = at::zeros({3, 2}, at::kByte);
  EXPECT_TRUE(std::isfinite(test::step(trainer, none).loss));
}

}  // namespace
}  // namespace jtr
