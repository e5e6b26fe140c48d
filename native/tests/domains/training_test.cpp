// Domain techniques in a trainer: gradients of all weights, norms apart, resumed runs, and what one domain changes.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "support.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

const std::vector<Variant> kTasks = {test::segmentation(3), test::depth()};
const std::vector<uint8_t> kLabelled = {1, 0, 0, 1, 1, 1, 0, 1};
const Json kResNet = {{"name", "encoder_decoder"},
                      {"backbone", {{"name", "resnet18"}}},
                      {"decoder", {{"name", "pyramid"}, {"channels", 8}}}};

Variant technique(const std::string& name, Json options = Json::object()) {
  return Variant::of(name, std::move(options));
}

std::vector<Variant> all_techniques() {
  return {technique("adversarial", {{"hidden", 8}}), technique("coral", {{"weight", 10}}), technique("mmd"),
          technique("norms")};
}

TrainerOptions options_of(std::vector<Variant> techniques, const std::string& method = "supervised",
                          Precision precision = at::kDouble, std::vector<std::string> domains = {"city", "country"}) {
  TrainerOptions options = test::trainer_options(kTasks, method, 2, precision);
  options.domains = std::move(domains);
  options.domain_techniques = std::move(techniques);
  return options;
}

TrainerOptions on_resnet(TrainerOptions options) {
  options.network = Variant{kResNet, "network"};
  return options;
}

/// Four samples of two domains.
struct Batch : test::OwnedBatch {
  explicit Batch(std::vector<int64_t> numbers = {0, 1, 1, 0}, uint64_t seed = 1, int64_t size = 64,
                 std::vector<uint8_t> labelled = kLabelled)
      : test::OwnedBatch(test::random_batch(kTasks, std::move(labelled), size, size, seed)),
        numbers(std::move(numbers)) {
    // The second domain is brighter.
    for (size_t b = 0; b < this->numbers.size(); ++b) {
      if (this->numbers[b] == 1) images.select(1, static_cast<int64_t>(b)).mul_(0.5).add_(0.5);
    }
    host.images = images;
    host.domain = at::from_blob(this->numbers.data(), {static_cast<int64_t>(this->numbers.size())}, at::kLong);
    const double side = static_cast<double>(size);
    host.crops = at::tensor({1.0, 0.0, 0.0, side, side, 0.0}, at::kDouble).repeat({3, host.samples(), 1});
  }
  Batch(const Batch&) = delete;

  /// The samples of a domain by themselves.
  HostBatch of(int64_t domain) const {
    std::vector<int64_t> places;
    for (size_t b = 0; b < numbers.size(); ++b) {
      if (numbers[b] == domain) places.push_back(static_cast<int64_t>(b));
    }
    const at::Tensor own = at::tensor(places, at::kLong);
    HostBatch some;
    some.images = images.index_select(1, own).contiguous();
    for (const at::Tensor& label : host.labels) some.labels.push_back(label.index_select(1, own).contiguous());
    some.labelled = host.labelled.index_select(0, own).contiguous();
    some.crops = host.crops.index_select(1, own).contiguous();
    return some;
  }

  std::vector<int64_t> numbers;
};

at::Tensor state_of(const Trainer& trainer, const std::string& prefix, const std::string& suffix = "") {
  std::vector<at::Tensor> parts;
  for (const TensorEntry& entry : trainer.state().entries()) {
    const bool ends = entry.name.size() >= suffix.size() &&
                      entry.name.compare(entry.name.size() - suffix.size(), suffix.size(), suffix) == 0;
    if (entry.name.rfind(prefix, 0) == 0 && ends) parts.push_back(entry.tensor.flatten().to(at::kDouble).clone());
  }
  EXPECT_FALSE(parts.empty()) << prefix << suffix;
  return parts.empty() ? at::Tensor{} : at::cat(parts);
}

bool has(const Trainer& trainer, const std::string& name) {
  for (const TensorEntry& entry : trainer.state().entries()) {
    if (entry.name == name) return true;
  }
  return false;
}

double term(const Trainer& trainer, const StepResult& done, const std::string& name) {
  for (size_t i = 0; i < done.terms.size(); ++i) {
    if (trainer.term_names()[i] == name) return done.terms[i];
  }
  ADD_FAILURE() << "there is no term " << name;
  return 0;
}

class DomainTraining : public testing::Test {
 protected:
  DomainTraining() : folder_(fs::temp_directory_path() / ("jtr_domains_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~DomainTraining() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  /// Gradients of a weight in every second tensor against central differences of the loss, and of a classifier's own
  /// weights against those of its term. Domains begin with the network's own norms in the first step.
  void check_gradients(const TrainerOptions& options, const HostBatch& batch, int steps_before = 0) const {
    Trainer trainer(options);
    const std::string start = path("start.safetensors");
    for (int i = 0; i < steps_before; ++i) trainer.step(batch, {});
    trainer.save(start, {});
    trainer.step(batch, {});
    std::vector<double> gradients;
    std::vector<const TensorEntry*> entries;
    for (const TensorEntry& entry : trainer.gradients().entries()) {
      if (entries.size() % 2 == 0 || entry.name.rfind("model/", 0) != 0) {
        gradients.push_back(entry.tensor.flatten()[entry.tensor.numel() / 3].item<double>());
      } else {
        gradients.push_back(0);
      }
      entries.push_back(&entry);
    }
    std::vector<double> expected, actual;
    for (size_t i = 0; i < entries.size(); ++i) {
      const bool own = entries[i]->name.rfind("adversarial", 0) == 0;
      if (i % 2 != 0 && !own) continue;
      const at::Tensor weight = trainer.state().find(entries[i]->name).tensor;
      double value[2];
      for (int side = 0; side < 2; ++side) {
        trainer.load(start);
        weight.view(-1)[weight.numel() / 3] += side == 0 ? test::kNetworkStep : -test::kNetworkStep;
        const StepResult done = trainer.step(batch, {});
        value[side] = own ? term(trainer, done, "adversarial.loss") : done.loss;
      }
      expected.push_back((value[0] - value[1]) / (2 * test::kNetworkStep));
      actual.push_back(gradients[i]);
    }
    test::expect_gradients_agree(actual, expected);
  }

 private:
  fs::path folder_;
};

TEST_F(DomainTraining, GradientsOfAllWeightsAgreeWithFiniteDifferences) {
  const Batch batch({0, 1, 1, 0}, 1, 32);
  // A median moves with the features; the gradient takes it as a constant.
  const std::vector<std::vector<Variant>> each = {
      {technique("adversarial", {{"hidden", 8}, {"weight", 3}})},
      {technique("coral", {{"weight", 30}})},
      {technique("mmd", {{"weight", 3}, {"bandwidths", {0.3, 1}}})},
      {technique("norms")},
      {technique("adversarial", {{"hidden", 8}}), technique("coral", {{"weight", 10}}),
       technique("mmd", {{"bandwidths", {0.5}}}), technique("norms")},
  };
  for (const std::vector<Variant>& techniques : each) {
    SCOPED_TRACE(name_of(techniques[0]));
    check_gradients(options_of(techniques), batch.host);
  }
}

/// All gradients of a trainer's last step, of tensors whose names begin with a prefix.
at::Tensor gradients_of(const Trainer& trainer, const std::string& prefix = "") {
  std::vector<at::Tensor> all;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.rfind(prefix, 0) == 0) all.push_back(entry.tensor.flatten().clone());
  }
  return at::cat(all);
}

TEST_F(DomainTraining, GradientsOfNormsWeightsAgreeWithFiniteDifferences) {
  const Batch batch({0, 1, 1, 0}, 1, 32);
  TrainerOptions options = options_of({technique("norms", {{"weights", true}})});
  check_gradients(options, batch.host, 1);
  Trainer trainer(options);
  trainer.step(batch.host, {});
  EXPECT_GT(gradients_of(trainer, "domains/city/model/").abs().sum().item<double>(), 0);
  // The network's own follow from those of the domains.
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (entry.name.rfind("model/", 0) != 0 || !has(trainer, "domains/city/" + entry.name)) continue;
    EXPECT_EQ(entry.tensor.abs().sum().item<double>(), 0) << entry.name;
  }
}

TEST_F(DomainTraining, GradientsAgreeWithFiniteDifferencesWhateverIsComputedAgain) {
  const Batch batch({0, 1, 1, 0}, 1, 64);
  for (const bool weights : {false, true}) {
    for (const bool resnet : {false, true}) {
      std::vector<at::Tensor> gradients;
      for (const Recomputation what : {Recomputation::kNorms, Recomputation::kStages, Recomputation::kNone}) {
        std::vector<Variant> techniques = all_techniques();
        techniques.back() = technique("norms", {{"weights", weights}});
        TrainerOptions options = options_of(techniques);
        if (resnet) options = on_resnet(options);
        options.recomputation = what;
        Trainer trainer(options);
        trainer.step(batch.host, {});
        gradients.push_back(gradients_of(trainer));
      }
      EXPECT_LT(test::relative_error(gradients[1], gradients[0]), 1e-12) << weights << resnet;
      EXPECT_LT(test::relative_error(gradients[2], gradients[0]), 1e-12) << weights << resnet;
    }
  }
}

TEST_F(DomainTraining, OfOneDomainIsWhatItWasBefore) {
  Batch batch({0, 0, 0, 0});
  for (const char* method : {"supervised", "jtr", "teacher"}) {
    Trainer plain(test::trainer_options(kTasks, method, 2, at::kFloat));
    std::vector<Variant> techniques = all_techniques();
    techniques.back() = technique("norms", {{"weights", true}});
    TrainerOptions with_weights = options_of(techniques, method, at::kFloat, {"city"});
    with_weights.domain_weights = {"city:depth=0"};
    Trainer one(with_weights);
    Trainer none(options_of(all_techniques(), method, at::kFloat, {}));
    HostBatch unsaid = batch.host;
    unsaid.domain = at::Tensor();
    for (int i = 0; i < 3; ++i) {
      const StepResult a = plain.step(unsaid, {}), b = one.step(batch.host, {}), c = none.step(unsaid, {});
      EXPECT_EQ(a.loss, b.loss);
      EXPECT_EQ(a.terms, b.terms);
      EXPECT_EQ(a.terms, c.terms);
    }
    EXPECT_EQ(plain.term_names(), one.term_names());
    EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(one))) << method;
    EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(none))) << method;
  }
}

TEST_F(DomainTraining, WithTwoDomainsAndNoTensorAllSamplesAreOfTheFirst) {
  Batch batch({0, 0, 0, 0});
  Trainer said(options_of(all_techniques())), unsaid(options_of(all_techniques()));
  HostBatch without = batch.host;
  without.domain = at::Tensor();
  EXPECT_EQ(said.step(batch.host, {}).terms, unsaid.step(without, {}).terms);
  EXPECT_TRUE(at::equal(test::all_state(said), test::all_state(unsaid)));
}

TEST_F(DomainTraining, NamesWithoutTechniquesChangeNothing) {
  const Batch batch;
  Trainer plain(test::trainer_options(kTasks, "jtr")), named(options_of({}, "jtr"));
  HostBatch unsaid = batch.host;
  unsaid.domain = at::Tensor();
  EXPECT_EQ(plain.step(unsaid, {}).terms, named.step(batch.host, {}).terms);
  EXPECT_TRUE(at::equal(test::all_state(plain), test::all_state(named)));
}

TEST_F(DomainTraining, GoesOnBitForBitWithEveryTechnique) {
  for (const char* method : {"teacher", "single_task", "mtpsl"}) {
    for (const bool resnet : {false, true}) {
      TrainerOptions options = options_of({technique("adversarial", {{"ramp_steps", 6}}), technique("coral"),
                                           technique("mmd"), technique("norms", {{"weights", resnet}})},
                                          method, at::kFloat);
      options.domain_weights = {"city:depth=0.5", std::string("country:") + method + "=0.25"};
      options.ema_decay = 0.9;
      if (resnet) options = on_resnet(options);
      Trainer a(options), b(options);
      const Batch batch;
      // The second domain comes late.
      const Batch early({0, 0, 0, 0}, 2);
      a.step(early.host, {});
      for (int i = 0; i < 2; ++i) a.step(batch.host, {});
      a.save(path("a.safetensors"), {});
      b.load(path("a.safetensors"));
      for (int i = 0; i < 2; ++i) EXPECT_EQ(a.step(batch.host, {}).terms, b.step(batch.host, {}).terms);
      EXPECT_TRUE(at::equal(test::all_state(a), test::all_state(b))) << method;
    }
  }
}

TEST_F(DomainTraining, RunsBesideEveryMethodAndRule) {
  const Batch batch;
  for (const std::string& method : Method::registry().names()) {
    Trainer trainer(options_of(all_techniques(), method, at::kFloat));
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(std::isfinite(trainer.step(batch.host, {}).loss)) << method;
  }
  for (const std::string& rule : Balancing::registry().names()) {
    TrainerOptions options = options_of(all_techniques(), "jtr", at::kFloat);
    options.balancing = Variant::of(rule);
    if (rule == "fixed") options.balancing.options["weights"] = {1.0, 0.5};
    Trainer trainer(on_resnet(options));
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(std::isfinite(trainer.step(batch.host, {}).loss)) << rule;
  }
}

TEST_F(DomainTraining, APerTaskBackwardPassHasTheTechniquesGradientOnce) {
  // Of one task nothing is in conflict: PCGrad's gradient is the plain one.
  const Batch batch;
  std::vector<at::Tensor> gradients;
  for (const char* rule : {"equal", "pcgrad"}) {
    TrainerOptions options = options_of(all_techniques());
    options.tasks = {kTasks[1]};
    options.balancing = Variant::of(rule);
    Trainer trainer(options);
    HostBatch one = batch.host;
    one.labels = {batch.host.labels[1]};
    one.labelled = batch.host.labelled.narrow(1, 1, 1).contiguous();
    trainer.step(one, {});
    std::vector<at::Tensor> all;
    for (const TensorEntry& entry : trainer.gradients().entries()) all.push_back(entry.tensor.flatten().clone());
    gradients.push_back(at::cat(all));
  }
  EXPECT_LT(test::relative_error(gradients[1], gradients[0]), 1e-12);
}

TEST_F(DomainTraining, AFrozenEncoderTakesNoGradient) {
  const Batch batch;
  TrainerOptions options = on_resnet(options_of(all_techniques(), "supervised", at::kFloat));
  options.network.options["freeze"] = "stage4";
  Trainer trainer(options);
  const at::Tensor before = state_of(trainer, "model/backbone.", "weight");
  for (int i = 0; i < 2; ++i) trainer.step(batch.host, {});
  EXPECT_TRUE(at::equal(state_of(trainer, "model/backbone.", "weight"), before));
}

TEST_F(DomainTraining, BadDomainsAreRefusedByFieldAndChangeNothing) {
  Trainer trainer(options_of(all_techniques()));
  const at::Tensor before = test::all_state(trainer);
  for (const int64_t bad : {int64_t{2}, int64_t{-1}}) {
    const Batch good({0, 1, 0, 1});
    std::vector<int64_t> numbers = {0, bad, 0, 1};
    HostBatch wrong = good.host;
    wrong.domain = at::from_blob(numbers.data(), {4}, at::kLong);
    const Error e = test::caught([&] { trainer.step(wrong, {}); });
    EXPECT_EQ(e.field(), "batch.domain");
    EXPECT_NE(std::string(e.what()).find("element 1"), std::string::npos) << e.what();
  }
  const Batch good;
  HostBatch wrong = good.host;
  wrong.domain = at::zeros({3}, at::kLong);
  EXPECT_EQ(test::caught([&] { trainer.step(wrong, {}); }).field(), "batch.domain");
  wrong.domain = at::zeros({4}, at::kDouble);
  EXPECT_EQ(test::caught([&] { trainer.step(wrong, {}); }).field(), "batch.domain");
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
  const at::Tensor image = at::zeros({1, 3, 32, 32}, at::kFloat);
  EXPECT_EQ(test::caught([&] { trainer.predict(image, {}, nullptr, at::full({1}, 2, at::kLong)); }).field(), "domain");
}

TEST_F(DomainTraining, AFailedStepLeavesNoDomainsStatisticsBehind) {
  Trainer trainer(options_of(all_techniques(), "supervised", at::kFloat));
  Batch batch;
  trainer.step(batch.host, {});
  const at::Tensor before = test::all_state(trainer);
  batch.labels[0][1][1].fill_(3e38f);  // depth of sample 1: the sum over pixels overflows
  EXPECT_EQ(test::caught([&] { trainer.step(batch.host, {}); }).status(), JTR_STATUS_NON_FINITE);
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
}

/// Predictions as a domain's norms make them; -1: the mixture's.
at::Tensor predicted(const Trainer& trainer, const at::Tensor& images, const std::vector<int64_t>& domains) {
  const TaskSet& tasks = trainer.tasks();
  const at::Tensor out = at::empty({images.size(0), tasks.channels(), images.size(2), images.size(3)}, at::kFloat);
  StepRequest::Numbered wanted;
  for (size_t t = 0; t < tasks.size(); ++t) wanted.emplace_back(t, tasks.prediction(out, t));
  trainer.predict(images, wanted, nullptr, at::tensor(domains, at::kLong));
  return out;
}

TEST_F(DomainTraining, NormsOfADomainAreThoseOfANetworkThatSawItAlone) {
  for (const bool resnet : {false, true}) {
    for (const char* method : {"supervised", "consistency"}) {
      TrainerOptions together = options_of({technique("norms")}, method, at::kFloat);
      // Too little for any weight to move.
      together.optimizer = Variant::of("sgd", {{"learning_rate", 1e-300}});
      if (resnet) together = on_resnet(together);
      TrainerOptions alone = together;
      alone.domains.clear();
      alone.domain_techniques.clear();
      Trainer both(together), city(alone), country(alone);
      for (uint64_t i = 0; i < 3; ++i) {
        const Batch batch({0, 1, 1, 0}, 10 + i);
        both.step(batch.host, {});
        city.step(batch.of(0), {});
        country.step(batch.of(1), {});
      }
      for (const char* what : {"running_mean", "running_var", "num_batches_tracked"}) {
        EXPECT_TRUE(at::equal(state_of(both, "domains/city/model/", what), state_of(city, "model/", what))) << what;
        EXPECT_TRUE(at::equal(state_of(both, "domains/country/model/", what), state_of(country, "model/", what)));
      }
      const Batch other({0, 1, 0, 1}, 20);
      const at::Tensor images = other.images[0].contiguous();
      const at::Tensor mixed = predicted(both, images, {0, 1, 0, 1});
      const at::Tensor by_city = test::predict(city, images), by_country = test::predict(country, images);
      for (int64_t b = 0; b < 4; ++b) {
        EXPECT_LT(test::relative_error(mixed[b], b % 2 == 0 ? by_city[b] : by_country[b]), 1e-5) << b;
      }
      EXPECT_GT(test::relative_error(by_city, by_country), 1e-3);
      EXPECT_TRUE(at::equal(predicted(both, images, {1, 1, 1, 1}), by_country));
    }
  }
}

TEST_F(DomainTraining, LossesOfADomainAreThoseOfANetworkThatSeesItAlone) {
  TrainerOptions together = options_of({technique("norms")}, "jtr");
  TrainerOptions alone = together;
  alone.domains.clear();
  alone.domain_techniques.clear();
  const Batch batch;
  Trainer both(together), city(alone);
  StepRequest request, request_of_one;
  request.loss = at::zeros({4}, at::kDouble);
  request_of_one.loss = at::zeros({2}, at::kDouble);
  // JTR's noise is of each sample: none.
  HostBatch whole = batch.host, some = batch.of(0);
  whole.noise = at::ones({4, both.needs().noise_slots, both.tasks().noise_channels(), 64, 64}, at::kDouble);
  some.noise = at::ones({2, both.needs().noise_slots, both.tasks().noise_channels(), 64, 64}, at::kDouble);
  both.step(whole, request);
  city.step(some, request_of_one);
  EXPECT_LT(test::relative_error(request.loss.index_select(0, at::tensor({int64_t{0}, int64_t{3}}, at::kLong)),
                                 request_of_one.loss),
            1e-12);
}

TEST_F(DomainTraining, TheNetworksOwnNormsAreTheMixtureBySamplesSeen) {
  TrainerOptions options = options_of({technique("norms")});
  options.ema_decay = 0.9;
  Trainer trainer(options);
  const Batch first({0, 0, 0, 0}, 1);
  trainer.step(first.host, {});
  // Of one domain that was seen the mixture is its own, and a domain that was not predicts by the mixture.
  EXPECT_TRUE(
      at::equal(state_of(trainer, "model/", "running_var"), state_of(trainer, "domains/city/model/", "running_var")));
  const at::Tensor images = first.images[0].contiguous();
  EXPECT_TRUE(at::equal(predicted(trainer, images, {1, 1, 1, 1}), test::predict(trainer, images)));
  for (uint64_t i = 0; i < 2; ++i) trainer.step(Batch({0, 1, 1, 1}, 5 + i).host, {});
  for (const std::string prefix : {"", "ema/"}) {
    const at::Tensor counts = state_of(trainer, prefix + "domains/samples");
    EXPECT_TRUE(at::equal(counts, at::tensor({6.0, 6.0}, at::kDouble)));
    const auto of = [&](const std::string& part, const char* what) { return state_of(trainer, prefix + part, what); };
    const at::Tensor m0 = of("domains/city/model/", "running_mean"), m1 = of("domains/country/model/", "running_mean");
    const at::Tensor v0 = of("domains/city/model/", "running_var"), v1 = of("domains/country/model/", "running_var");
    EXPECT_LT(test::relative_error(of("model/", "running_mean"), (m0 + m1) / 2), 1e-14);
    // E[x^2] - E[x]^2 of the mixture.
    const at::Tensor second = (v0 + m0.square() + v1 + m1.square()) / 2;
    EXPECT_LT(test::relative_error(of("model/", "running_var"), second - ((m0 + m1) / 2).square()), 1e-12);
  }
}

TEST_F(DomainTraining, NormsWeightsAreOfADomainAndTheNetworksOwnAreTheirMean) {
  for (const bool resnet : {false, true}) {
    TrainerOptions options = options_of({technique("norms", {{"weights", true}})});
    options.optimizer = Variant::of("sgd", {{"learning_rate", 0.05}, {"momentum", 0}});
    options.ema_decay = 0.5;
    if (resnet) options = on_resnet(options);
    Trainer trainer(options);
    for (uint64_t i = 0; i < 2; ++i) trainer.step(Batch({0, 1, 1, 1}, 3 + i).host, {});
    const at::Tensor country = state_of(trainer, "domains/country/model/", "weight");
    EXPECT_GT(test::relative_error(state_of(trainer, "domains/city/model/", "weight"), country), 1e-6);
    // The samples of a domain alone train its weights.
    const Batch alone({0, 0, 0, 0}, 9);
    trainer.step(alone.host, {});
    EXPECT_TRUE(at::equal(state_of(trainer, "domains/country/model/", "weight"), country));
    for (const std::string start : {"", "ema/"}) {
      // 6 samples of each were seen.
      for (const TensorEntry& entry : trainer.state().entries()) {
        const std::string prefix = start + "domains/city/";
        if (entry.name.rfind(prefix, 0) != 0 || entry.name.find("running_var") != std::string::npos) continue;
        const std::string name = entry.name.substr(prefix.size());
        if (name.find(".num_batches") != std::string::npos) continue;
        const at::Tensor mean = (entry.tensor + trainer.state().find(start + "domains/country/" + name).tensor) / 2;
        EXPECT_LT(test::relative_error(trainer.state().find(start + name).tensor, mean), 1e-12) << start << name;
      }
    }
    // As a domain the network predicts like one that has that domain's norms for its own.
    TrainerOptions plain = options;
    plain.domains.clear();
    plain.domain_techniques.clear();
    plain.ema_decay = 0;
    Trainer city(plain);
    for (const TensorEntry& entry : city.state().entries()) {
      const bool own = has(trainer, "ema/domains/city/" + entry.name);
      at::Tensor to = entry.tensor;
      to.copy_(trainer.state().find((own ? "ema/domains/city/" : "ema/") + entry.name).tensor);
    }
    const at::Tensor images = alone.images[0].contiguous();
    EXPECT_LT(test::relative_error(predicted(trainer, images, {0, 0, 0, 0}), test::predict(city, images)), 1e-6);
    EXPECT_GT(test::relative_error(predicted(trainer, images, {1, 1, 1, 1}), test::predict(city, images)), 1e-6);
  }
}

TEST_F(DomainTraining, AFailedStepLeavesNoDomainsWeightsBehind) {
  TrainerOptions options = options_of({technique("norms", {{"weights", true}})}, "supervised", at::kFloat);
  Trainer trainer(options);
  trainer.step(Batch({0, 0, 0, 0}, 3).host, {});
  const at::Tensor before = test::all_state(trainer);
  Batch batch;
  batch.labels[0][1][1].fill_(3e38f);
  EXPECT_EQ(test::caught([&] { trainer.step(batch.host, {}); }).status(), JTR_STATUS_NON_FINITE);
  EXPECT_TRUE(at::equal(test::all_state(trainer), before));
}

TEST_F(DomainTraining, NormsWeightsKeepTheRatesOfTheirParts) {
  const Batch batch;
  TrainerOptions options = on_resnet(options_of({technique("norms", {{"weights", true}})}));
  options.network.options["freeze"] = "stage4";
  Trainer trainer(options);
  const at::Tensor before = state_of(trainer, "domains/city/model/backbone.", "weight");
  const at::Tensor decoder = state_of(trainer, "domains/city/model/decoder.", "weight");
  for (int i = 0; i < 2; ++i) trainer.step(batch.host, {});
  EXPECT_TRUE(at::equal(state_of(trainer, "domains/city/model/backbone.", "weight"), before));
  EXPECT_FALSE(at::equal(state_of(trainer, "domains/city/model/decoder.", "weight"), decoder));
}

TEST_F(DomainTraining, ATaskThatCountsNothingOnADomainIsOneWithoutLabelsThere) {
  const Batch batch({0, 1, 1, 0}, 1, 64, std::vector<uint8_t>(8, 1));
  TrainerOptions options = options_of({});
  options.domain_weights = {"country:depth=0"};
  HostBatch without = batch.host;
  without.labelled = batch.host.labelled.clone();
  for (const int64_t sample : {1, 2}) without.labelled[sample][1] = 0;
  Trainer weighted(options), plain(options_of({}));
  const StepResult a = weighted.step(batch.host, {}), b = plain.step(without, {});
  EXPECT_NEAR(a.loss, b.loss, 1e-12);
  EXPECT_LT(test::relative_error(gradients_of(weighted), gradients_of(plain)), 1e-12);
  // Between, the loss is that much of the task's.
  options.domain_weights = {"country:depth=0.5"};
  Trainer half(options), all(options_of({}));
  EXPECT_NEAR(half.step(batch.host, {}).loss, (b.loss + all.step(batch.host, {}).loss) / 2, 1e-12);
}

TEST_F(DomainTraining, WhatAMethodAddsCountsByTheDomain) {
  const Batch batch;
  for (const char* method : {"jtr", "consistency", "mtpsl"}) {
    const auto gradients = [&](const std::vector<std::string>& weights) {
      TrainerOptions options = options_of({}, method);
      options.domain_weights = weights;
      Trainer trainer(options);
      const StepResult done = trainer.step(batch.host, {});
      const double sum_of_tasks = term(trainer, done, "supervised");
      if (weights.size() == 2 && weights[0].back() == '0') {
        EXPECT_NEAR(done.loss, sum_of_tasks, 1e-12) << method;
      }
      return std::make_pair(done.loss, gradients_of(trainer, "model/"));
    };
    const std::string name = method;
    const auto none = gradients({"city:" + name + "=0", "country:" + name + "=0"});
    // Linear in each domain's weight.
    const auto city = gradients({"country:" + name + "=0"}), country = gradients({"city:" + name + "=0"});
    const auto both = gradients({}), some = gradients({"city:" + name + "=0.25", "country:" + name + "=3"});
    EXPECT_LT(test::relative_error(city.second + country.second - none.second, both.second), 1e-10) << method;
    const at::Tensor expected = none.second + 0.25 * (city.second - none.second) + 3 * (country.second - none.second);
    EXPECT_LT(test::relative_error(some.second, expected), 1e-10) << method;
    EXPECT_NEAR(some.first, none.first + 0.25 * (city.first - none.first) + 3 * (country.first - none.first), 1e-10);
    EXPECT_GT(test::relative_error(both.second, none.second), 1e-6) << method;
  }
}

TEST_F(DomainTraining, WeightsOfDomainsAreStateAndCountFromTheNextStep) {
  const Batch batch({0, 1, 1, 0}, 1, 64, std::vector<uint8_t>(8, 1));
  TrainerOptions options = options_of({});
  options.domain_weights = {"country:depth=1"};
  Trainer written(options);
  const TensorEntry& entry = written.state().find("domain_weights/weights");
  EXPECT_EQ(entry.sizes, (std::vector<int64_t>{2, 3}));  // segmentation, depth, supervised
  at::Tensor weights = entry.tensor;
  weights[1][1] = 0.5;
  options.domain_weights = {"country:depth=0.5"};
  Trainer said(options);
  EXPECT_EQ(written.step(batch.host, {}).loss, said.step(batch.host, {}).loss);
  written.save(path("weights.safetensors"), {});
  Trainer loaded(options);
  loaded.load(path("weights.safetensors"));
  EXPECT_EQ(loaded.state().find("domain_weights/weights").tensor[1][1].item<double>(), 0.5);
}

TEST_F(DomainTraining, BadWeightsOfDomainsAreRefused) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"country=1", "must be DOMAIN:TERM=WEIGHT"},    {"county:depth=1", "no domain 'county'"},
      {"country:dept=1", "no task or method 'dept'"}, {"country:depth=-1", "a number of 0 or more"},
      {"country:depth=x", "a number of 0 or more"},   {"city:depth=2", "twice"},
  };
  for (const auto& [text, message] : wrong) {
    TrainerOptions options = options_of({});
    options.domain_weights = {"city:depth=1", text};
    const Error e = test::caught([&] { Trainer trainer(options); });
    EXPECT_EQ(e.field(), "domain_weights[1]");
    EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
  }
}

TEST_F(DomainTraining, ADomainBeginsWithTheNormsThatTheNetworkHas) {
  // As from weights that were imported: what was learnt before is not lost on any domain.
  TrainerOptions options = options_of({technique("norms")});
  options.optimizer = Variant::of("sgd", {{"learning_rate", 1e-300}});
  Trainer trainer(options), fresh(options);
  for (const TensorEntry& entry : trainer.state().entries()) {
    if (entry.name.rfind("model/", 0) == 0 && entry.name.find("running_mean") != std::string::npos) {
      entry.tensor.view(entry.tensor.sizes()).fill_(0.25);
    }
  }
  const Batch batch;
  trainer.step(batch.host, {});
  fresh.step(batch.host, {});
  EXPECT_LT(test::relative_error(state_of(trainer, "domains/country/model/", "running_mean"),
                                 state_of(fresh, "domains/country/model/", "running_mean") + 0.9 * 0.25),
            1e-12);
}

TEST_F(DomainTraining, TheTeacherPredictsEachSampleByItsDomainsNorms) {
  TrainerOptions options = options_of({technique("norms")}, "teacher");
  options.method = Variant::of("teacher", {{"mirror", true}});
  options.ema_decay = 0.5;
  Trainer trainer(options);
  for (uint64_t i = 0; i < 3; ++i) trainer.step(Batch({0, 1, 1, 0}, i).host, {});
  trainer.save(path("teacher.safetensors"), {});
  const Batch city({0, 0, 0, 0}, 9), both({0, 1, 0, 0}, 9);
  /// What is taught after the average's statistics of a domain were changed.
  const auto taught = [&](const Batch& batch, const std::string& spoilt) {
    trainer.load(path("teacher.safetensors"));
    for (const TensorEntry& entry : trainer.state().entries()) {
      if (entry.name.rfind("ema/" + spoilt, 0) != 0 || entry.name.find("running_var") == std::string::npos) continue;
      at::Tensor values = entry.tensor;
      values.mul_(9);
    }
    return term(trainer, trainer.step(batch.host, {}), "teacher.agreement");
  };
  const double plain = taught(city, "nothing");
  EXPECT_NE(taught(city, "domains/city/model/"), plain);
  EXPECT_EQ(taught(city, "domains/country/model/"), plain);
  EXPECT_EQ(taught(city, "model/"), plain);
  EXPECT_NE(taught(both, "domains/country/model/"), taught(both, "nothing"));
}

/// How often the classifier is right in the last steps of a run.
double accuracy(double weight) {
  TrainerOptions options =
      options_of({technique("adversarial", {{"weight", weight}, {"hidden", 16}})}, "supervised", at::kFloat);
  options.network = Variant::of("segnet", {{"width", 4}});
  options.optimizer = Variant::of("adam", {{"learning_rate", 2e-3}});
  Trainer trainer(options);
  constexpr int kSteps = 200, kLast = 100;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const Batch batch({0, 1, 0, 1, 0, 1, 0, 1}, 100 + static_cast<uint64_t>(i), 32, std::vector<uint8_t>(16, 1));
    const StepResult done = trainer.step(batch.host, {});
    if (i >= kSteps - kLast) sum += term(trainer, done, "adversarial.accuracy");
  }
  return sum / kLast;
}

TEST_F(DomainTraining, ReversalTakesTheClassifierDownToChance) {
  // Every batch is new. Below chance is where the features move on before the classifier has followed.
  EXPECT_GT(accuracy(0), 0.95);
  EXPECT_LT(accuracy(1), 0.6);
}

}  // namespace
}  // namespace jtr
