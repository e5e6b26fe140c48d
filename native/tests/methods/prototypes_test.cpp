// The method "prototypes": its term by hand, sample by sample, and what it refuses.
#include <cmath>

#include "finite_differences.h"
#include "methods/method_fixture.h"
#include "mixed.h"

namespace jtr {
namespace {

/// The method with affinities of three samples.
struct Affinities {
  explicit Affinities(std::vector<uint8_t> w, const Json& options = Json::object())
      : tasks({test::depth(), test::map()}), made(tasks, "prototypes", options, 2, 3) {
    context.tasks = &tasks;
    context.samples = static_cast<int64_t>(w.size() / 2);
    context.labelled_host = std::move(w);
    context.labelled = upload_labelled(test::labelled_matrix(context.labelled_host, 2), at::kCPU);
    context.affinities = test::uniform({context.samples, 2, 2}, -1, 1, 4);
    context.affinities_gradient = at::zeros_like(context.affinities);
  }
  at::Tensor loss() { return made->compute(context).loss; }

  TaskSet tasks;
  test::MadeMethod made;
  MethodContext context;
};

TEST(Prototypes, TermIsACrossEntropyOfLabelledTasks) {
  Affinities f({1, 1, 0, 1, 0, 0}, {{"weight", 0.5}, {"temperature", 2}});
  f.context.affinities[0].copy_(at::tensor({1.0, 0.2, -0.4, 0.6}, at::kDouble).view({2, 2}));
  f.context.affinities[1].copy_(f.context.affinities[0]);
  const double first = std::log(1 + std::exp((0.2 - 1.0) / 2)), second = std::log(1 + std::exp((-0.4 - 0.6) / 2));
  const MethodLoss found = f.made->compute(f.context);
  EXPECT_NEAR(found.loss[0].item<double>(), 0.5 * (first + second) / 2, 1e-12);
  EXPECT_NEAR(found.loss[1].item<double>(), 0.5 * second, 1e-12);
  EXPECT_EQ(found.loss[2].item<double>(), 0);
  ASSERT_EQ(found.terms.size(), 3U);
  // The share from others is that of the network, without the temperature.
  EXPECT_NEAR(found.terms[1][0].item<double>(), 1 / (1 + std::exp(0.8)), 1e-12);
  EXPECT_NEAR(found.terms[2][0].item<double>(), 1 / (1 + std::exp(1.0)), 1e-12);
  // Of the mean over three samples: -(1 - p) / (2 tasks * temperature).
  const double p = std::exp(-first);
  EXPECT_NEAR(f.context.affinities_gradient[0][0][0].item<double>(), -0.5 * (1 - p) / (2 * 2 * 3), 1e-12);
  EXPECT_EQ(f.context.affinities_gradient[2].norm().item<double>(), 0);
}

TEST(Prototypes, ALabelCountsByItsWeight) {
  Affinities f({1, 1}), half({1, 1});
  half.context.label_weight = at::tensor({0.5, 0.5}, at::kDouble).view({1, 2});
  EXPECT_NEAR(half.loss()[0].item<double>(), f.loss()[0].item<double>() / 2, 1e-12);
}

TEST(Prototypes, ABatchGivesWhatItsSamplesGiveOneByOne) {
  const std::vector<uint8_t> w = {1, 1, 0, 1, 1, 0};
  Affinities all(w);
  const at::Tensor together = all.loss();
  for (int64_t b = 0; b < 3; ++b) {
    Affinities one({w[2 * b], w[2 * b + 1]});
    one.context.affinities.copy_(all.context.affinities.narrow(0, b, 1));
    EXPECT_NEAR(one.loss()[0].item<double>(), together[b].item<double>(), 1e-12);
    EXPECT_LT(
        test::relative_error(one.context.affinities_gradient / 3, all.context.affinities_gradient.narrow(0, b, 1)),
        1e-12);
  }
}

TEST(Prototypes, RefusesOneTaskAndANetworkForEach) {
  const Error one = test::caught([] { Trainer trainer(test::trainer_options({test::depth()}, "prototypes")); });
  EXPECT_EQ(one.field(), "tasks");
  TrainerOptions options = test::trainer_options({test::depth(), test::map()}, "single_task");
  options.beside = {Variant::of("prototypes")};
  const Error apart = test::caught([&] { Trainer trainer(options); });
  EXPECT_EQ(apart.field(), "beside");
  EXPECT_NE(std::string(apart.what()).find("'prototypes' needs one network"), std::string::npos) << apart.what();
}

TEST(Prototypes, StandsBesideOtherMethodsAverageAndBalancing) {
  const std::vector<Variant> specs = test::mixed_tasks();
  for (const char* balancing : {"equal", "pcgrad"}) {
    TrainerOptions options = test::trainer_options(specs, "jtr");
    options.beside = {Variant::of("prototypes", {{"dimension", 3}}), Variant::of("teacher")};
    options.ema_decay = 0.9;
    options.balancing = Variant::of(balancing);
    Trainer trainer(options);
    const test::MixedBatch batch(specs, {1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1}, trainer.needs().views);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(std::isfinite(test::step(trainer, batch.host).loss)) << balancing;
      // Prototypes learn by the term alone until something is written.
      double norm = 0;
      for (const TensorEntry& entry : trainer.gradients().entries()) {
        if (entry.name == "model/prototypes.vectors") norm = entry.tensor.norm().item<double>();
      }
      EXPECT_GT(norm, 0) << balancing << " " << i;
    }
    bool averaged = false;
    for (const TensorEntry& entry : trainer.state().entries()) averaged |= entry.name == "ema/model/prototypes.vectors";
    EXPECT_TRUE(averaged);
  }
}

TEST(Prototypes, FollowTheOrderOfSamplesWhereDomainsHaveNormsOfTheirOwn) {
  const std::vector<Variant> specs = {test::depth(), test::map()};
  TrainerOptions options = test::trainer_options(specs, "prototypes");
  options.domains = {"a", "b"};
  options.domain_techniques = {Variant::of("norms")};
  Trainer trainer(options);
  // Samples 0 and 2 are of one domain and alike: so is what is said of them.
  test::OwnedBatch batch = test::random_batch(specs, {1, 1, 1, 1, 1, 1}, 32, 32, 1);
  for (int64_t v = 0; v < batch.images.size(0); ++v) batch.images[v][2].copy_(batch.images[v][0]);
  at::Tensor domain = at::tensor({0, 1, 0}, at::kLong);
  batch.host.domain = domain;
  StepRequest request;
  const auto& names = trainer.term_names();
  const size_t own = static_cast<size_t>(std::find(names.begin(), names.end(), "prototypes.own") - names.begin());
  at::Tensor out = at::empty({3}, at::kFloat);
  request.terms.emplace_back(own, out);
  test::step(trainer, batch.host, request);
  EXPECT_EQ(out[0].item<float>(), out[2].item<float>());
  EXPECT_NE(out[0].item<float>(), out[1].item<float>());
}

}  // namespace
}  // namespace jtr
