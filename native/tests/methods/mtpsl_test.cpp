// MTPSL beyond the golden file: its weights' gradients, micro-batches, ramp-up, noise, its two optimisers.
#include "methods/method_fixture.h"
#include "training/trainer.h"

namespace jtr {
namespace {

using test::LossTerms;
using test::MethodFixture;

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map(2)};
const std::vector<uint8_t> kLabelled = {0, 1, 1, 0, 1, 0, 0, 0};

TEST(Mtpsl, WeightGradientsAgreeWithFiniteDifferences) {
  MethodFixture f("mtpsl", {test::depth(), test::map(2), test::normals()}, {1, 0, 0, 0, 1, 1});
  f.compute();
  const at::Tensor all = f.weight_gradients();
  std::vector<double> expected, actual;
  int64_t offset = 0;
  for (const OwnNetwork& own : f.made->networks()) {
    for (const NamedTensor& tensor : own.store->parameter_list()) {
      if (tensor.name.find("bias") != std::string::npos) continue;
      const int64_t at = tensor.offset + tensor.elements / 2;
      actual.push_back(all[offset + at].item<double>());
      expected.push_back(f.difference(own.store->flat_parameters()[at], test::kNetworkStep));
    }
    offset += own.store->flat_parameters().numel();
  }
  test::expect_gradients_agree(actual, expected);
}

TEST(Mtpsl, MicroBatchesChangeNothingButRounding) {
  MethodFixture whole("mtpsl", kTasks, kLabelled, 32, 64, 100), split("mtpsl", kTasks, kLabelled, 32, 64, 2);
  const LossTerms a = whole.compute(), b = split.compute();
  EXPECT_LT(test::relative_error(a.loss, b.loss), 1e-12);
  EXPECT_LT(test::relative_error(whole.grad[1], split.grad[1]), 1e-9);
  EXPECT_LT(test::relative_error(whole.weight_gradients(), split.weight_gradients()), 1e-9);
}

TEST(Mtpsl, ItsWeightRisesFromZeroDuringTheRampUp) {
  MethodFixture f("mtpsl", kTasks, kLabelled, 32, 64, 0, 10);
  const std::pair<int64_t, double> ramp[] = {{0, 0}, {5, 0.5}, {10, 1}, {50, 1}};
  for (const auto& [step, share] : ramp) {
    f.batch.step = step;
    f.zero_gradients();
    const LossTerms terms = f.compute();
    EXPECT_LT(test::relative_error(terms.loss + 1, 2 * share * terms.dist + 1), 1e-14);
    EXPECT_EQ(f.grad[1].norm().item<double>() > 0, step > 0);
  }
}

TEST(Mtpsl, EachPairOfASegmentationTaskHasANoiseSlotOfItsOwn) {
  // Sample 0 has two labelled tasks, so two pairs whose source is segmentation; its third slot is not read.
  MethodFixture f("mtpsl", kTasks, kLabelled);
  ASSERT_EQ(f.batch.noise.size(1), 3);
  const double before = f.compute().dist[0].item<double>();
  f.batch.noise[0][2].fill_(0.5);
  EXPECT_EQ(f.compute().dist[0].item<double>(), before);
  for (int64_t slot = 0; slot < 2; ++slot) {
    MethodFixture changed("mtpsl", kTasks, kLabelled);
    changed.batch.noise[0][slot].copy_(changed.batch.noise[0][slot].flip({0}));
    EXPECT_NE(changed.compute().dist[0].item<double>(), before);
  }
}

TEST(Mtpsl, TheFilmWeightsHaveARateOfTheirOwn) {
  TrainerOptions options = test::trainer_options(kTasks, "mtpsl");
  options.optimizer = Variant::of("adam", {{"learning_rate", 1e-12}});
  options.method = Variant::of("mtpsl", {{"film_optimizer", {{"name", "adam"}, {"learning_rate", 1e-2}}}});
  Trainer trainer(options);
  const at::Tensor before = test::all_state(trainer);
  const test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 32, 1);
  test::step(trainer, batch.host);
  int64_t at = 0;
  double film = 0, others = 0;
  for (const TensorEntry& entry : trainer.state().entries()) {
    const int64_t count = entry.tensor.numel();
    const double change =
        (entry.tensor.flatten().to(at::kDouble) - before.narrow(0, at, count)).abs().max().item<double>();
    at += count;
    if (entry.name.find("gamma") != std::string::npos || entry.name.find("beta") != std::string::npos) {
      film = std::max(film, change);
    } else if (entry.name.find("running") == std::string::npos && entry.name.find("batches") == std::string::npos) {
      others = std::max(others, change);
    }
  }
  EXPECT_NEAR(film, 1e-2, 1e-6);  // Adam's first step is the rate
  EXPECT_LT(others, 1e-10);
}

}  // namespace
}  // namespace jtr
