// Domain techniques by hand, and their gradients against finite differences.
#include <cmath>

#include "domains/domain.h"
#include "domains/features.h"
#include "support.h"

namespace jtr {
namespace {

Variant technique(const std::string& name, Json options = Json::object()) {
  Variant made = Variant::of(name, std::move(options));
  made.path = "domain_techniques[0]";
  return made;
}

DomainTechniques::Setting setting(int64_t channels, std::vector<std::string> domains = {"city", "country"},
                                  std::vector<std::string> networks = {"model/"}) {
  return {std::move(domains), std::move(networks), channels, 7, at::kDouble, at::Device(at::kCPU)};
}

/// All samples, of one process.
Share all_of(const at::Tensor& features) {
  Share share;
  share.whole = share.pool = features.size(0);
  return share;
}

/// A technique and features that it is asked about.
struct Asked {
  Asked(const Variant& variant, at::Tensor features, std::vector<int64_t> numbers, std::vector<std::string> names = {})
      : techniques({variant}, names.empty() ? setting(features.size(1)) : setting(features.size(1), std::move(names))),
        features(std::move(features)),
        numbers(std::move(numbers)) {}

  DomainTechniques::Result compute(int64_t step = 0) const {
    return techniques.compute({features}, at::tensor(numbers, at::kLong), step, all_of(features));
  }
  double loss(int64_t step = 0) const { return compute(step).loss.mean().item<double>(); }
  double term(int64_t i = 0) const { return compute().terms[static_cast<size_t>(i)].mean().item<double>(); }

  /// The change of `value` with a number.
  template <typename Value>
  static double slope(at::Tensor number, const Value& value) {
    constexpr double kStep = 1e-6;
    const double before = number.item<double>();
    number.fill_(before + kStep);
    const double plus = value();
    number.fill_(before - kStep);
    const double minus = value();
    number.fill_(before);
    return (plus - minus) / (2 * kStep);
  }

  void check_features(double tolerance = 1e-8) {
    const at::Tensor gradient = compute().d_features[0].flatten();
    ASSERT_GT(gradient.abs().max().item<double>(), 1e-5);
    for (int64_t i = 0; i < features.numel(); ++i) {
      EXPECT_NEAR(gradient[i].item<double>(), slope(features.view(-1)[i], [&] { return loss(); }), tolerance) << i;
    }
  }

  DomainTechniques techniques;
  at::Tensor features;
  std::vector<int64_t> numbers;
};

TEST(Ramp, IsThePapersFormula) {
  Ramp ramp;
  EXPECT_EQ(ramp.factor(0), 1);
  ramp.steps = 100;
  EXPECT_EQ(ramp.factor(0), 0);
  EXPECT_NEAR(ramp.factor(10), 2 / (1 + std::exp(-1.0)) - 1, 1e-15);
  EXPECT_NEAR(ramp.factor(50), 2 / (1 + std::exp(-5.0)) - 1, 1e-15);
  EXPECT_EQ(ramp.factor(100), 1);
  EXPECT_EQ(ramp.factor(1000), 1);
}

TEST(Adversarial, TurnsTheGradientOfTheFeaturesRoundAndNotItsOwn) {
  for (const double weight : {1.0, 0.3}) {
    Asked a(technique("adversarial", {{"weight", weight}, {"hidden", 6}}), test::normal({5, 4, 2, 3}, 1),
            {0, 1, 2, 1, 0}, {"a", "b", "c"});
    const auto own = a.techniques.parameters();
    ASSERT_EQ(own.size(), 1u);
    EXPECT_EQ(own[0].prefix, "adversarial/");
    own[0].store->zero_gradients();
    const DomainTechniques::Result result = a.compute();
    EXPECT_NEAR(result.loss.mean().item<double>(), -weight * result.terms[0].mean().item<double>(), 1e-14);
    // The loss that is told is -weight times the classifier's: its gradient is the features'.
    const at::Tensor gradient = own[0].store->flat_gradients().clone();
    a.check_features();
    at::Tensor weights = own[0].store->flat_parameters();
    for (int64_t i = 0; i < weights.numel(); ++i) {
      const double expected = Asked::slope(weights[i], [&] { return a.term(); });
      EXPECT_NEAR(gradient[i].item<double>(), expected, 1e-8) << i;
    }
  }
}

TEST(Adversarial, ByHand) {
  // Two units of which the first reads channel 0; the domain's scores are (0, h0) and (0, 0).
  Asked a(technique("adversarial", {{"hidden", 2}}), at::zeros({2, 1, 1, 2}, at::kDouble), {0, 1});
  a.features.copy_(at::tensor({1.0, 3.0, 4.0, 6.0}, at::kDouble).view({2, 1, 1, 2}));  // means 2 and 5
  ParameterStore& store = *a.techniques.parameters()[0].store;
  at::Tensor weights = store.flat_parameters();
  weights.zero_();
  weights[0] = 1.0;  // hidden.weight [2, 1]
  weights[6] = 1.0;  // domain.weight [2, 2]: of domain 1 and the first unit
  ASSERT_EQ(store.parameter_list()[2].name, "domain.weight");
  ASSERT_EQ(store.parameter_list()[2].offset, 4);
  const DomainTechniques::Result result = a.compute();
  EXPECT_NEAR(result.terms[0][0].item<double>(), std::log(1 + std::exp(2.0)), 1e-14);
  EXPECT_NEAR(result.terms[0][1].item<double>(), std::log(1 + std::exp(-5.0)), 1e-14);
  EXPECT_EQ(result.terms[1][0].item<double>(), 0);  // the second domain scores higher for both
  EXPECT_EQ(result.terms[1][1].item<double>(), 1);
  // d loss / d mean of sample 0 = sigmoid(2), turned round, over two places and two samples.
  EXPECT_NEAR(result.d_features[0][0][0][0][0].item<double>(), -1 / (1 + std::exp(-2.0)) / 4, 1e-14);
}

TEST(Adversarial, WithoutAWeightIsNotHeeded) {
  Asked a(technique("adversarial", {{"weight", 0}}), test::normal({4, 3, 2, 2}, 1), {0, 1, 0, 1});
  ParameterStore& store = *a.techniques.parameters()[0].store;
  store.zero_gradients();
  const DomainTechniques::Result result = a.compute();
  EXPECT_EQ(result.d_features[0].abs().max().item<double>(), 0);
  EXPECT_EQ(result.loss.abs().max().item<double>(), 0);
  EXPECT_GT(store.flat_gradients().abs().max().item<double>(), 1e-4);
}

TEST(Adversarial, GrowsWithItsRamp) {
  Asked a(technique("adversarial", {{"ramp_steps", 10}}), test::normal({4, 3, 2, 2}, 1), {0, 1, 0, 1});
  EXPECT_EQ(a.loss(0), 0);
  EXPECT_NEAR(a.loss(4), a.loss(10) * (2 / (1 + std::exp(-4.0)) - 1), 1e-14);
}

TEST(Coral, ByHand) {
  // Rows (0, 0) and (2, 2) of one domain: the covariance is 2 everywhere. (0, 0) and (0, 4): 0, 0, 0 and 8.
  Asked a(technique("coral", {{"weight", 3}}), at::zeros({2, 2, 1, 2}, at::kDouble), {0, 1});
  a.features.copy_(at::tensor({0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 4.0}, at::kDouble).view({2, 2, 1, 2}));
  const double distance = (4 + 4 + 4 + 36) / (4.0 * 2 * 2);
  EXPECT_NEAR(a.term(), distance, 1e-14);
  EXPECT_NEAR(a.loss(), 3 * distance, 1e-14);
}

TEST(Coral, OfTooFewRowsIsNothing) {
  Asked one(technique("coral", {{"rows", "images"}}), test::normal({3, 4, 2, 2}, 1), {0, 1, 1});
  EXPECT_EQ(one.loss(), 0);
  EXPECT_EQ(one.compute().d_features[0].abs().max().item<double>(), 0);
}

TEST(Mmd, ByHand) {
  // One row each, at a distance of 5, and kernels of deviations 2 and 5.
  Asked a(technique("mmd", {{"bandwidths", {2, 5}}}), at::zeros({2, 2, 1, 1}, at::kDouble), {1, 0});
  a.features.copy_(at::tensor({0.0, 0.0, 3.0, 4.0}, at::kDouble).view({2, 2, 1, 1}));
  const double kernel = (std::exp(-25.0 / 8) + std::exp(-25.0 / 50)) / 2;
  EXPECT_NEAR(a.term(), 2 - 2 * kernel, 1e-14);
}

TEST(Mmd, WithoutBandwidthsHasThoseOfTheMedianDistance) {
  // Squared distances 1, 9 and 4: the median is 4, and the bandwidths are sqrt(4 f / 2) for f = 1/4 to 4.
  const at::Tensor features = at::tensor({0.0, 1.0, 3.0}, at::kDouble).view({3, 1, 1, 1});
  Json fixed = Json::array();
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) fixed.push_back(std::sqrt(4 * factor / 2));
  const Asked by_median(technique("mmd"), features.clone(), {0, 0, 1});
  const Asked by_hand(technique("mmd", {{"bandwidths", fixed}}), features.clone(), {0, 0, 1});
  EXPECT_NEAR(by_median.loss(), by_hand.loss(), 1e-14);
  EXPECT_LT(test::relative_error(by_median.compute().d_features[0], by_hand.compute().d_features[0]), 1e-13);
}

TEST(Mmd, OfTheSameRowsIsNothing) {
  const at::Tensor one = test::normal({2, 3, 1, 1}, 1);
  EXPECT_NEAR(Asked(technique("mmd"), at::cat({one, one}), {0, 0, 1, 1}).loss(), 0, 1e-14);
  EXPECT_EQ(Asked(technique("mmd"), at::ones({4, 3, 2, 2}, at::kDouble), {0, 0, 1, 1}).loss(), 0);
}

class Alignment : public testing::TestWithParam<const char*> {
 protected:
  static Variant made(Json options) {
    if (std::string(GetParam()) == "mmd") options["bandwidths"] = {0.7, 2};
    return technique(GetParam(), std::move(options));
  }
};

TEST_P(Alignment, HasTheGradientOfFiniteDifferences) {
  for (const char* rows : {"images", "places"}) {
    Asked a(made({{"rows", rows}, {"weight", 2}}), test::normal({6, 3, 2, 2}, 1), {2, 0, 1, 0, 2, 1}, {"a", "b", "c"});
    a.check_features();
  }
}

TEST_P(Alignment, OfABatchOfOneDomainIsNothing) {
  const Asked a(made({}), test::normal({3, 4, 2, 2}, 1), {1, 1, 1});
  EXPECT_EQ(a.loss(), 0);
  EXPECT_EQ(a.compute().d_features[0].abs().max().item<double>(), 0);
}

TEST_P(Alignment, OfThreeDomainsIsTheMeanOfThePairs) {
  const at::Tensor features = test::normal({6, 3, 2, 2}, 1);
  const std::vector<int64_t> numbers = {0, 1, 2, 0, 1, 2};
  double mean = 0;
  for (const int64_t left_out : {0, 1, 2}) {
    std::vector<int64_t> places, own;
    for (int64_t b = 0; b < 6; ++b) {
      if (numbers[static_cast<size_t>(b)] == left_out) continue;
      places.push_back(b);
      own.push_back(numbers[static_cast<size_t>(b)]);
    }
    mean += Asked(made({}), features.index_select(0, at::tensor(places, at::kLong)), own, {"a", "b", "c"}).loss() / 3;
  }
  EXPECT_NEAR(Asked(made({}), features, numbers, {"a", "b", "c"}).loss(), mean, 1e-13);
}

TEST_P(Alignment, DoesNotHangOnTheOrderOfSamples) {
  const at::Tensor features = test::normal({4, 3, 2, 2}, 1), turned = features.flip(0);
  EXPECT_NEAR(Asked(made({}), features, {0, 1, 1, 0}).loss(), Asked(made({}), turned, {0, 1, 1, 0}).loss(), 1e-13);
}

TEST_P(Alignment, GrowsWithItsRamp) {
  const Asked a(made({{"ramp_steps", 10}}), test::normal({4, 3, 2, 2}, 1), {0, 1, 0, 1});
  EXPECT_EQ(a.loss(0), 0);
  EXPECT_NEAR(a.loss(3), a.loss(10) * (2 / (1 + std::exp(-3.0)) - 1), 1e-14);
}

INSTANTIATE_TEST_SUITE_P(Techniques, Alignment, testing::Values("coral", "mmd"),
                         [](const auto& info) { return info.param; });

TEST(DomainTechniques, AreMadeForEachNetworkByItself) {
  const DomainTechniques both({technique("adversarial", {{"hidden", 3}}), technique("coral")},
                              setting(2, {"a", "b"}, {"model.seg/", "model.depth/"}));
  const auto own = both.parameters();
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0].prefix, "adversarial.seg/");
  EXPECT_EQ(own[1].prefix, "adversarial.depth/");
  EXPECT_FALSE(at::equal(own[0].store->flat_parameters(), own[1].store->flat_parameters()));
  EXPECT_EQ(both.terms(), (std::vector<std::string>{"adversarial.loss", "adversarial.accuracy", "coral.loss"}));
  const at::Tensor one = test::normal({4, 2, 2, 2}, 1), other = test::normal({4, 2, 2, 2}, 2);
  const std::vector<int64_t> numbers = {0, 1, 0, 1};
  const auto result = both.compute({one, other}, at::tensor(numbers, at::kLong), 0, all_of(one));
  // Losses add up; terms are means.
  double coral = 0;
  for (const at::Tensor& x : {one, other}) coral += Asked(technique("coral"), x, numbers).loss();
  EXPECT_NEAR(result.terms[2].mean().item<double>(), coral / 2, 1e-13);
  EXPECT_NEAR(result.loss.mean().item<double>(), coral - 2 * result.terms[0].mean().item<double>(), 1e-13);
  EXPECT_EQ(result.d_features.size(), 2u);
}

TEST(DomainTechniques, OfOneDomainAreNone) {
  for (const std::vector<std::string>& domains : {std::vector<std::string>{}, std::vector<std::string>{"city"}}) {
    const DomainTechniques none({technique("adversarial"), technique("norms")}, setting(2, domains));
    EXPECT_TRUE(none.empty());
    EXPECT_TRUE(none.terms().empty());
    EXPECT_FALSE(none.read_features());
    EXPECT_FALSE(none.separate_norms());
  }
}

TEST(DomainTechniques, SayWhatIsWrong) {
  const auto field = [](std::vector<Variant> options, std::vector<std::string> domains) {
    return test::caught([&] { DomainTechniques(options, setting(2, std::move(domains))); }).field();
  };
  EXPECT_EQ(field({}, {"a", "b", "a"}), "domains[2]");
  EXPECT_EQ(field({}, {"a", ""}), "domains[1]");
  EXPECT_EQ(field({technique("coral"), technique("coral")}, {"a", "b"}), "domain_techniques");
  EXPECT_EQ(field({technique("mmd", {{"bandwidths", {1, 0}}})}, {"a", "b"}), "domain_techniques[0].bandwidths[1]");
  EXPECT_EQ(field({technique("coral", {{"rows", "pixels"}})}, {"a", "b"}), "domain_techniques[0].rows");
  EXPECT_EQ(field({technique("dann")}, {"a", "b"}), "domain_techniques[0].name");
}

}  // namespace
}  // namespace jtr
