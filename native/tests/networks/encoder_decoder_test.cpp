// Backbones and decoders: what they predict against their own operations for exports, gradients against finite
// differences, frozen parts, names and sizes of published networks.
#include <map>

#include "networks/interpreter.h"
#include "networks/network.h"
#include "support.h"

namespace jtr {
namespace {

Json network(const std::string& backbone, const std::string& decoder = "pyramid") {
  Json more = {{"name", backbone}};
  Json head = {{"name", decoder}};
  head["channels"] = 8;
  return {{"name", "encoder_decoder"}, {"backbone", more}, {"decoder", head}};
}

TrainerOptions options_of(const Json& network, const std::string& method = "supervised") {
  TrainerOptions options = test::trainer_options({test::segmentation(3), test::depth()}, method);
  options.network = Variant{network, "network"};
  return options;
}

class Networks : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  Json made() const {
    if (std::string(GetParam().first) == "segnet") return {{"name", "segnet"}, {"width", 2}};
    return network(GetParam().first, GetParam().second);
  }
};

TEST_P(Networks, PredictWhatTheirOperationsForExportsDo) {
  TrainerOptions options = options_of(made());
  Trainer trainer(options);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 64, 96, 1);
  test::step(trainer, batch.host);  // norms have seen something
  const at::Tensor images = test::uniform({2, 3, 64, 96}, 0, 1, 9).to(at::kFloat);
  std::vector<at::Tensor> got = {at::empty({2, 3, 64, 96}), at::empty({2, 1, 64, 96})};
  trainer.predict(images, {{0, got[0]}, {1, got[1]}});

  const TaskSet tasks(options.tasks);
  const auto net = Network::registry().make(options.network,
                                            {&tasks, {0, 1}, &InputSet::photograph(), options.precision(), at::kCPU});
  test::copy_state(trainer, *net);
  test::Interpreter interpreter(*net, images.to(options.precision().stored));
  ASSERT_EQ(interpreter.outputs.size(), 2U);
  for (size_t t = 0; t < 2; ++t) {
    EXPECT_LT(test::relative_error(got[t].to(at::kDouble), interpreter.outputs[t].to(at::kDouble)), 1e-5) << t;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Networks,
                         ::testing::Values(std::pair{"segnet", "segnet"}, std::pair{"resnet18", "pyramid"},
                                           std::pair{"resnet34", "pyramid"}, std::pair{"resnet50", "deeplab"},
                                           std::pair{"resnet101", "pyramid"}, std::pair{"resnet18-cntk", "deeplab"}),
                         [](const auto& info) {
                           std::string name = std::string(info.param.first) + "_" + info.param.second;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Numbers of weights of torchvision's networks without their classifier.
TEST(Backbones, HaveThePublishedNumbersOfWeights) {
  const std::map<std::string, int64_t> published = {
      {"resnet18", 11176512}, {"resnet34", 21284672}, {"resnet50", 23508032}, {"resnet101", 42500160}};
  for (const auto& [name, count] : published) {
    const Trainer trainer(options_of(network(name)));
    int64_t found = 0;
    for (const TensorEntry& entry : trainer.gradients().entries()) {
      if (entry.name.rfind("model/backbone.", 0) == 0) found += entry.tensor.numel();
    }
    EXPECT_EQ(found, count) << name;
  }
}

/// A trainer whose weights can be moved along a direction for one step at a time.
class Moved {
 public:
  Moved(const TrainerOptions& options, const test::OwnedBatch& batch) : trainer_(options), batch_(batch) {
    for (const TensorEntry& entry : trainer_.state().entries()) start_.push_back(entry.tensor.clone());
  }
  /// The loss where the weights of some names have moved by `by`, and its derivative along the direction.
  std::pair<double, double> at(const std::string& prefix, double by) {
    const auto& entries = trainer_.state().entries();
    uint64_t seed = 0;
    std::map<std::string, at::Tensor> directions;
    for (const TensorEntry& entry : trainer_.gradients().entries()) {
      if (entry.name.rfind(prefix, 0) == 0) directions[entry.name] = test::normal(entry.tensor.sizes(), ++seed);
    }
    EXPECT_FALSE(directions.empty()) << prefix;
    for (size_t i = 0; i < entries.size(); ++i) {
      at::Tensor tensor = entries[i].tensor;
      tensor.copy_(start_[i]);
      if (directions.count(entries[i].name) > 0) tensor.add_(directions.at(entries[i].name), by);
    }
    const double loss = test::step(trainer_, batch_.host).loss;
    double along = 0;
    for (const TensorEntry& entry : trainer_.gradients().entries()) {
      if (directions.count(entry.name) > 0) along += (entry.tensor * directions.at(entry.name)).sum().item<double>();
    }
    return {loss, along};
  }

 private:
  Trainer trainer_;
  const test::OwnedBatch& batch_;
  std::vector<at::Tensor> start_;
};

TEST(EncoderDecoder, HasTheGradientsOfFiniteDifferences) {
  // Small enough that hardly a ReLU turns over.
  constexpr double kStep = 1e-9;
  for (const bool frozen_norms : {false, true}) {
    Json net = network("resnet18", frozen_norms ? "deeplab" : "pyramid");
    net["backbone"]["output_stride"] = frozen_norms ? 16 : 32;
    net["freeze_norms"] = frozen_norms;
    const TrainerOptions options = options_of(net);
    const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 0, 1, 1}, 64, 64, 1);
    Moved moved(options, batch);
    for (const std::string part : {"model/backbone.conv1", "model/backbone.layer2", "model/backbone.layer4.1",
                                   "model/decoder.", "model/head1", "model/head2"}) {
      const double along = moved.at(part, 0).second;
      const double expected = (moved.at(part, kStep).first - moved.at(part, -kStep).first) / (2 * kStep);
      EXPECT_NEAR(along, expected, 1e-3 * std::max(1.0, std::abs(expected))) << part;
    }
  }
}

TEST(EncoderDecoder, HasTheSameGradientsHoweverMuchItComputesAgain) {
  TrainerOptions options = options_of(network("resnet18"));
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 0, 1, 1}, 64, 64, 1);
  std::vector<at::Tensor> first;
  for (const Recomputation recomputation : {Recomputation::kNorms, Recomputation::kStages, Recomputation::kNone}) {
    options.recomputation = recomputation;
    Trainer trainer(options);
    test::step(trainer, batch.host);
    std::vector<at::Tensor> all;
    for (const TensorEntry& entry : trainer.gradients().entries()) all.push_back(entry.tensor.flatten());
    for (const TensorEntry& entry : trainer.state().entries()) {
      if (entry.name.find("running_") != std::string::npos) all.push_back(entry.tensor.flatten());
    }
    first.push_back(at::cat(all).clone());
    EXPECT_LT(test::relative_error(first.back(), first.front()), 1e-12);
  }
}

std::map<std::string, at::Tensor> state_of(const Trainer& trainer) {
  std::map<std::string, at::Tensor> all;
  for (const TensorEntry& entry : trainer.state().entries()) all[entry.name] = entry.tensor.clone();
  return all;
}

TEST(EncoderDecoder, KeepsFrozenStagesUntilTheyThaw) {
  Json net = network("resnet18");
  net["freeze"] = "stage2";
  net["freeze_steps"] = 2;
  TrainerOptions options = options_of(net);
  options.optimizer = Variant::of("adamw", {{"weight_decay", 0.1}});
  Trainer trainer(options);
  const auto before = state_of(trainer);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 32, 32, 1);
  const auto is_frozen = [](const std::string& name) {
    for (const char* part : {"conv1.", "bn1.", "layer1.", "layer2."}) {
      if (name.rfind(std::string("model/backbone.") + part, 0) == 0) return true;
    }
    return false;
  };
  for (int step = 0; step < 3; ++step) {
    test::step(trainer, batch.host);
    for (const auto& [name, tensor] : state_of(trainer)) {
      const bool changed = !at::equal(tensor, before.at(name));
      EXPECT_EQ(changed, step >= 2 || !is_frozen(name)) << name << " after step " << step + 1;
    }
  }
}

TEST(EncoderDecoder, KeepsTheStatisticsOfFrozenNormsAlone) {
  Json net = network("resnet18");
  net["freeze_norms"] = true;
  const TrainerOptions options = options_of(net);
  Trainer trainer(options);
  const auto before = state_of(trainer);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 32, 32, 1);
  test::step(trainer, batch.host);
  for (const auto& [name, tensor] : state_of(trainer)) {
    const bool statistics = name.find("running_") != std::string::npos || name.find("num_batches") != std::string::npos;
    const bool kept = statistics && name.rfind("model/backbone.", 0) == 0;
    EXPECT_EQ(at::equal(tensor, before.at(name)), kept) << name;
  }
}

TEST(EncoderDecoder, GivesItsGroupsTheirRates) {
  Json net = network("resnet18");
  net["backbone_rate"] = 0;
  net["heads_rate"] = 0;
  const TrainerOptions options = options_of(net);
  Trainer trainer(options);
  const auto before = state_of(trainer);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 32, 32, 1);
  test::step(trainer, batch.host);
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    const bool moved = entry.name.rfind("model/decoder.", 0) == 0;
    const auto now = state_of(trainer);
    EXPECT_EQ(!at::equal(now.at(entry.name), before.at(entry.name)), moved) << entry.name;
  }
}

TEST(EncoderDecoder, TrainsWithEveryMethodAndBalancing) {
  for (const std::string& method : Method::registry().names()) {
    TrainerOptions options = options_of(network("resnet18"), method);
    options.network.options["width"] = 4;
    Trainer trainer(options);
    test::OwnedBatch batch = test::random_batch(options.tasks, {1, 0, 0, 1}, 32, 32, 1);
    batch.host.crops = at::tensor({1.0, 0.0, 0.0, 32.0, 32.0, 0.0}, at::kDouble).expand({3, 2, 6}).contiguous();
    const double first = test::step(trainer, batch.host).loss;
    EXPECT_TRUE(std::isfinite(first)) << method;
    EXPECT_TRUE(std::isfinite(test::step(trainer, batch.host).loss)) << method;
  }
}

// What is added at the end of rows and columns repeats the last ones, and is cut off again.
// Of one network for all tasks, and of a network for each.
TEST(EncoderDecoder, BeginsItsHeadsWithTheBiasesAndScalesThatItIsTold) {
  for (const std::string method : {"supervised", "single_task"}) {
    Json net = network("resnet18");
    net["head_bias"] = {0, 0.5, 0, 2.5};
    net["head_scale"] = {1, 1, 1, 0.25};
    TrainerOptions told = options_of(net, method);
    const Trainer fresh(options_of(network("resnet18"), method)), trainer(told);
    const auto& entries = trainer.state().entries();
    int biases = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string& name = entries[i].name;
      const at::Tensor other = fresh.state().entries()[i].tensor, got = entries[i].tensor;
      const bool is_head = name.find("head") != std::string::npos && name.find(".2.") != std::string::npos;
      if (is_head && other.dim() == 1) {
        ++biases;
        EXPECT_TRUE(other.eq(0).all().item<bool>()) << name;
        const std::vector<double> want = got.numel() == 1 ? std::vector<double>{2.5} : std::vector<double>{0, 0.5, 0};
        EXPECT_TRUE(got.to(at::kDouble).equal(at::tensor(want, at::kDouble))) << method << " " << name;
      } else {
        const double scale = is_head && other.size(0) == 1 ? 0.25 : 1;
        EXPECT_TRUE(got.equal(other * scale)) << method << " " << name;
      }
    }
    EXPECT_EQ(biases, 2) << method;
  }
}

TEST(EncoderDecoder, TakesImagesOfEverySize) {
  for (const Json& net : {network("resnet18"), Json{{"name", "segnet"}, {"width", 2}}}) {
    const TrainerOptions options = options_of(net);
    Trainer trainer(options), same(options);
    const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 40, 90, 1);
    const double loss = test::step(trainer, batch.host).loss;
    EXPECT_TRUE(std::isfinite(loss));

    test::OwnedBatch whole = test::random_batch(options.tasks, {1, 1, 1, 1}, 64, 96, 1);
    whole.host.images = at::replication_pad2d(batch.images.flatten(0, 1), {0, 6, 0, 24}).view({3, 2, 3, 64, 96});
    std::vector<at::Tensor> labels;
    const TaskSet tasks(options.tasks);
    for (size_t t = 0; t < tasks.size(); ++t) {
      at::Tensor label = at::full_like(whole.host.labels[t], tasks[t].invalid_label());
      label.narrow(3, 0, 40).narrow(4, 0, 90).copy_(batch.host.labels[t]);
      whole.host.labels[t] = label;
    }
    EXPECT_NEAR(test::step(same, whole.host).loss, loss, 1e-12 * std::abs(loss));
    EXPECT_LT(test::relative_error(test::all_state(trainer), test::all_state(same)), 1e-10);

    const at::Tensor images = batch.images[0].contiguous();
    std::vector<at::Tensor> got = {at::empty({2, 3, 40, 90}), at::empty({2, 1, 40, 90})};
    std::vector<at::Tensor> want = {at::empty({2, 3, 64, 96}), at::empty({2, 1, 64, 96})};
    trainer.predict(images, {{0, got[0]}, {1, got[1]}});
    trainer.predict(whole.host.images[0].contiguous(), {{0, want[0]}, {1, want[1]}});
    for (size_t t = 0; t < 2; ++t) EXPECT_TRUE(at::equal(got[t], want[t].narrow(2, 0, 40).narrow(3, 0, 90))) << t;
  }
}

TEST(EncoderDecoder, InBFloat16StaysNearFloat) {
  TrainerOptions options = options_of(network("resnet18"));
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1, 1, 1, 1, 1}, 64, 64, 1);
  Trainer exact(options);
  options.format = Format::kBFloat16;
  Trainer rounded(options);
  const double want = test::step(exact, batch.host).loss, got = test::step(rounded, batch.host).loss;
  EXPECT_NEAR(got, want, 0.03 * std::abs(want));
}

TEST(EncoderDecoder, SaysWhatIsWrongWithItsOptions) {
  const auto field_of = [](const Json& net) {
    try {
      const Trainer trainer(options_of(net));
    } catch (const Error& e) {
      return e.field();
    }
    return std::string("nothing");
  };
  Json net = network("resnet18");
  net["backbone"]["output_stride"] = 24;
  EXPECT_EQ(field_of(net), "network.backbone.output_stride");
  net = network("resnet19");
  EXPECT_EQ(field_of(net), "network.backbone.name");
  net = network("resnet18", "unet");
  EXPECT_EQ(field_of(net), "network.decoder.name");
  net = network("resnet18");
  net["input_mean"] = {0.5, 0.5};
  EXPECT_EQ(field_of(net), "network.input_mean");
  net = network("resnet18");
  net["freeze"] = "stage5";
  EXPECT_EQ(field_of(net), "network.freeze");
  net = network("resnet18");
  net["head_bias"] = {0, 1};
  EXPECT_EQ(field_of(net), "network.head_bias");
  net = network("resnet18");
  net["head_scale"] = {1, 1, 1, 0};
  EXPECT_EQ(field_of(net), "network.head_scale[3]");
}

}  // namespace
}  // namespace jtr
