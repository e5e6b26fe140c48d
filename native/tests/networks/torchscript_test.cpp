// An encoder out of a TorchScript file: it learns, is frozen, saved and resumed like others.
#include <torch/script.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "support.h"

namespace jtr {
namespace {

/// A file that is gone in the end.
struct TemporaryFile {
  explicit TemporaryFile(const char* name)
      : path(testing::TempDir() + "/jtr_" + std::to_string(::getpid()) + "_" + name) {}
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string path;
};

constexpr char kForward[] = R"(
  def forward(self, x):
      a = torch.relu(torch.conv2d(x, self.first, None, [4, 4], [1, 1]))
      b = torch.batch_norm(torch.conv2d(a, self.second, None, [4, 4], [1, 1]), self.gamma, self.beta, self.mean, self.var,
                           self.training, 0.1, 1e-5, False)
      return [a, torch.relu(b)]
)";

void save_encoder(const std::string& path, const char* forward = kForward) {
  torch::jit::Module module("Encoder");
  const auto weight = [](at::IntArrayRef sizes, uint64_t seed) {
    return (test::normal(sizes, seed) / 5).to(at::kFloat);
  };
  module.register_parameter("first", weight({6, 3, 4, 4}, 1), false);
  module.register_parameter("second", weight({8, 6, 4, 4}, 2), false);
  module.register_parameter("gamma", at::ones({8}), false);
  module.register_parameter("beta", at::zeros({8}), false);
  module.register_buffer("mean", at::zeros({8}));
  module.register_buffer("var", at::ones({8}));
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(forward);
  module.save(path);
}

TrainerOptions options_of(const std::string& file, const char* freeze = "none") {
  TrainerOptions options = test::trainer_options({test::segmentation(3), test::depth()}, "supervised");
  options.network = Variant{{{"name", "encoder_decoder"},
                             {"backbone", {{"name", "torchscript"}, {"file", file}}},
                             {"decoder", {{"name", "pyramid"}, {"channels", 8}}},
                             {"freeze", freeze}},
                            "network"};
  return options;
}

std::map<std::string, at::Tensor> state_of(const Trainer& trainer) {
  std::map<std::string, at::Tensor> all;
  for (const TensorEntry& entry : trainer.state().entries()) all[entry.name] = entry.tensor.clone();
  return all;
}

TEST(TorchScriptBackbone, BeginsWithTheFilesWeightsAndLearns) {
  const TemporaryFile file("encoder.pt");
  save_encoder(file.path);
  const TrainerOptions options = options_of(file.path);
  Trainer trainer(options);
  const auto before = state_of(trainer);
  EXPECT_LT(test::relative_error(before.at("model/backbone.first"), test::normal({6, 3, 4, 4}, 1) / 5), 1e-6);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 64, 96, 1);
  test::step(trainer, batch.host);
  for (const auto& [name, tensor] : state_of(trainer)) EXPECT_FALSE(at::equal(tensor, before.at(name))) << name;
  // Its graph is not known, and so no export.
  EXPECT_TRUE(trainer.describe()["graph"].empty());
}

TEST(TorchScriptBackbone, MayBeFrozen) {
  const TemporaryFile file("encoder.pt");
  save_encoder(file.path);
  const TrainerOptions options = options_of(file.path, "stage4");
  Trainer trainer(options);
  const auto before = state_of(trainer);
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1}, 64, 64, 1);
  test::step(trainer, batch.host);
  for (const auto& [name, tensor] : state_of(trainer)) {
    EXPECT_EQ(at::equal(tensor, before.at(name)), name.rfind("model/backbone.", 0) == 0) << name;
  }
}

TEST(TorchScriptBackbone, ResumesAsIfNothingHadHappened) {
  const TemporaryFile file("encoder.pt"), checkpoint("encoder.safetensors");
  save_encoder(file.path);
  TrainerOptions options = options_of(file.path);
  options.ema_decay = 0.9;
  const test::OwnedBatch batch = test::random_batch(options.tasks, {1, 0, 0, 1}, 64, 64, 1);
  Trainer whole(options), first(options), second(options);
  for (int i = 0; i < 4; ++i) test::step(whole, batch.host);
  for (int i = 0; i < 2; ++i) test::step(first, batch.host);
  first.save(checkpoint.path, {});
  second.load(checkpoint.path);
  for (int i = 0; i < 2; ++i) test::step(second, batch.host);
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));
}

TEST(TorchScriptBackbone, NormalisesEachDomainByItself) {
  const TemporaryFile file("encoder.pt");
  save_encoder(file.path);
  TrainerOptions options = options_of(file.path);
  options.optimizer = Variant::of("sgd", {{"learning_rate", 1e-300}});
  Trainer alone(options);
  options.domains = {"city", "country"};
  options.domain_techniques = {Variant::of("norms")};
  Trainer both(options);
  test::OwnedBatch batch = test::random_batch(options.tasks, {1, 1, 1, 1, 1, 1, 1, 1}, 64, 64, 1);
  std::vector<int64_t> numbers = {1, 0, 0, 1};
  batch.host.domain = at::from_blob(numbers.data(), {4}, at::kLong);
  HostBatch country = batch.host;
  const at::Tensor places = at::tensor({int64_t{0}, int64_t{3}}, at::kLong);
  country.images = country.images.index_select(1, places);
  for (at::Tensor& label : country.labels) label = label.index_select(1, places);
  country.labelled = country.labelled.index_select(0, places);
  country.domain = at::Tensor();
  for (int i = 0; i < 2; ++i) {
    both.step(batch.host, {});
    alone.step(country, {});
  }
  const auto state = state_of(both), expected = state_of(alone);
  for (const char* name : {"model/backbone.mean", "model/backbone.var"}) {
    EXPECT_TRUE(at::equal(state.at(std::string("domains/country/") + name), expected.at(name))) << name;
    EXPECT_FALSE(at::equal(state.at(std::string("domains/city/") + name), expected.at(name))) << name;
  }
  const at::Tensor images = batch.images[0].contiguous(), out = at::empty({4, 4, 64, 64}, at::kFloat);
  StepRequest::Numbered wanted;
  for (size_t t = 0; t < 2; ++t) wanted.emplace_back(t, both.tasks().prediction(out, t));
  both.predict(images, wanted, nullptr, at::ones({4}, at::kLong));
  EXPECT_TRUE(at::equal(out, test::predict(alone, images)));
}

TEST(TorchScriptBackbone, SaysWhatIsWrongWithAFile) {
  const TemporaryFile file("wrong.pt");
  const auto message = [&file] {
    return std::string(test::caught([&file] { const Trainer trainer(options_of(file.path)); }).what());
  };
  std::ofstream(file.path) << "no archive";
  EXPECT_NE(message().find("no TorchScript file"), std::string::npos) << message();
  save_encoder(file.path, "def forward(self, x):\n    return torch.conv2d(x, self.first, None, [4, 4], [1, 1])\n");
  EXPECT_NE(message().find("not a list of maps"), std::string::npos) << message();
  save_encoder(file.path, "def forward(self, x):\n    return [torch.conv2d(x, self.first)]\n");
  EXPECT_NE(message().find("it makes a map of the sizes"), std::string::npos) << message();
  save_encoder(file.path, "def forward(self, x):\n    return [torch.conv2d(x, self.second)]\n");
  EXPECT_NE(message().find("it fails on an image"), std::string::npos) << message();
}

}  // namespace
}  // namespace jtr
