// Direct and perceptual maps against their formulas, sample by sample and pair by pair.
#include "methods/method_fixture.h"
#include "methods/pair_networks.h"

namespace jtr {
namespace {

using test::LossTerms;
using test::MethodFixture;

constexpr double kWeight = 0.7;  // of MethodFixture
const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals()};
const std::vector<uint8_t> kLabelled = {1, 0, 0, 0, 1, 1, 0, 0, 0};

/// Maps with the weights of a fixture's method: the same seed gives the same.
PairNetworks same_maps(const MethodFixture& f) {
  return PairNetworks({&f.tasks, f.made.network.get(), 3, at::kDouble, at::Device(at::kCPU)}, MethodFixture::kWidth);
}

/// Calls body(sample, s, t) for each unlabelled s and labelled t.
template <typename Body>
void for_each_pair(const MethodFixture& f, Body&& body) {
  const int64_t k = static_cast<int64_t>(f.tasks.size());
  for (int64_t b = 0; b < f.batch.samples; ++b) {
    for (int64_t s = 0; s < k; ++s) {
      for (int64_t t = 0; t < k; ++t) {
        if (!f.w[static_cast<size_t>(b * k + s)] && f.w[static_cast<size_t>(b * k + t)]) body(b, s, t);
      }
    }
  }
}

TEST(DirectMap, IsTheTargetsOwnLossOfTheMappedPrediction) {
  MethodFixture f("direct_map", kTasks, kLabelled);
  const PairNetworks maps = same_maps(f);
  at::Tensor expected = at::zeros({3}, at::kDouble);
  for_each_pair(f, [&](int64_t b, int64_t s, int64_t t) {
    const at::Tensor p = f.tasks.prediction(f.batch.predictions[1].narrow(0, b, 1), s);
    const at::Tensor mapped = maps.map(s, t, map_input_of_prediction(f.tasks[s], p), false);
    const at::Tensor label = f.tasks.label(f.batch.labels[1].narrow(0, b, 1), t);
    expected.narrow(0, b, 1).add_(f.tasks[t].supervised_loss(mapped, label));
  });
  const LossTerms terms = f.compute();
  EXPECT_LT(test::relative_error(terms.dist, expected), 1e-12);
  EXPECT_LT(test::relative_error(terms.loss, kWeight * expected), 1e-12);
  EXPECT_EQ(expected[2].item<double>(), 0);  // nothing to map to
}

TEST(PerceptualMap, ComparesPredictionAndLabelInTheSourcesDomain) {
  MethodFixture f("perceptual_map", kTasks, kLabelled);
  const PairNetworks maps = same_maps(f);
  at::Tensor perceptual = at::zeros({3}, at::kDouble), learning = at::zeros({3}, at::kDouble);
  for_each_pair(f, [&](int64_t b, int64_t s, int64_t t) {
    const at::Tensor p = f.batch.predictions[1].narrow(0, b, 1);
    const at::Tensor label = f.tasks.label(f.batch.labels[1].narrow(0, b, 1), t);
    const at::Tensor of_label = maps.map(t, s, map_input_of_label(f.tasks[t], label), false);
    const at::Tensor of_prediction =
        maps.map(t, s, map_input_of_prediction(f.tasks[t], f.tasks.prediction(p, t)), false);
    perceptual.narrow(0, b, 1).add_(
        f.tasks[s].agreement_loss(of_prediction, f.tasks[s].prediction_as_target(of_label)));
    learning.narrow(0, b, 1).add_(
        f.tasks[s].agreement_loss(of_label, f.tasks[s].prediction_as_target(f.tasks.prediction(p, s))));
  });
  const LossTerms terms = f.compute();
  EXPECT_LT(test::relative_error(terms.dist, perceptual), 1e-12);
  EXPECT_LT(test::relative_error(terms.recon, learning), 1e-12);
  EXPECT_LT(test::relative_error(terms.loss, kWeight * (perceptual + learning)), 1e-12);
}

TEST(PerceptualMap, GivesAGradientToLabelledTasksAlone) {
  MethodFixture f("perceptual_map", kTasks, kLabelled);
  f.compute();
  auto norm = [&](int64_t b, size_t t) { return f.tasks.prediction(f.grad[1], t)[b].norm().item<double>(); };
  EXPECT_GT(norm(0, 0), 0);
  EXPECT_EQ(norm(0, 1) + norm(0, 2), 0);
  EXPECT_EQ(norm(1, 0), 0);
  EXPECT_GT(norm(1, 1), 0);
  EXPECT_GT(norm(1, 2), 0);
}

TEST(DirectMap, WeightGradientsAgreeWithFiniteDifferences) {
  MethodFixture f("direct_map", {test::depth(), test::map()}, {1, 0, 0, 1});
  f.compute();
  std::vector<double> expected, actual;
  const at::Tensor all = f.weight_gradients();
  int64_t offset = 0;
  for (const OwnNetwork& own : f.made->networks()) {
    for (const NamedTensor& tensor : own.store->parameter_list()) {
      if (tensor.name.find("weight") == std::string::npos) continue;
      const int64_t at = tensor.offset + tensor.elements / 2;
      actual.push_back(all[offset + at].item<double>());
      expected.push_back(f.difference(own.store->flat_parameters()[at], test::kNetworkStep));
    }
    offset += own.store->flat_parameters().numel();
  }
  test::expect_gradients_agree(actual, expected);
}

TEST(PerceptualMap, ItsMapsLearnFromTheirOwnLossAlone) {
  // One unlabelled and one labelled task; the map from depth to the map task is the one in use.
  MethodFixture f("perceptual_map", {test::map(), test::depth()}, {0, 1});
  f.compute();
  const std::vector<OwnNetwork> networks = f.made->networks();
  ASSERT_EQ(networks.size(), 2u);
  EXPECT_EQ(networks[0].prefix, "map.map.depth/");
  EXPECT_EQ(networks[0].store->flat_gradients().norm().item<double>(), 0);
  const at::Tensor gradient = networks[1].store->flat_gradients().clone();
  std::vector<double> expected, actual;
  for (const NamedTensor& tensor : networks[1].store->parameter_list()) {
    if (tensor.name.find("weight") == std::string::npos) continue;
    const int64_t at = tensor.offset + tensor.elements / 2;
    at::Tensor element = networks[1].store->flat_parameters()[at];
    const double original = element.item<double>();
    double recon[2];
    for (int side = 0; side < 2; ++side) {
      element.fill_(original + (side == 0 ? test::kNetworkStep : -test::kNetworkStep));
      recon[side] = f.compute().recon.mean().item<double>();
    }
    element.fill_(original);
    expected.push_back(kWeight * (recon[0] - recon[1]) / (2 * test::kNetworkStep));
    actual.push_back(gradient[at].item<double>());
  }
  test::expect_gradients_agree(actual, expected);
}

}  // namespace
}  // namespace jtr
