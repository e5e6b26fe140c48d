// The layers against the same by ATen's own operations, in double: whole batches and one image at a time, both
// layouts, statistics of the batch and of each sample.
#include "networks/layers.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "processor.h"
#include "support.h"

namespace jtr {
namespace {

constexpr double kTolerance = 1e-11;  // relative L2: rounding of sums over a few hundred elements in double

/// Relative L2 of maps and gradients that are rounded to 8 bits, 2^-9 at most, where the formula's are not: a weight's
/// gradient is the sum of some that are each rounded.
constexpr double kShortTolerance = 1.0 / 128;

using Case = std::tuple<NormMode, bool /* one image at a time */, bool /* channels last */>;

at::Tensor leaf(const std::vector<int64_t>& sizes, uint64_t seed) {
  return test::normal(sizes, seed).requires_grad_(true);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).norm().item<double>() / std::max(b.norm().item<double>(), 1e-300);
}

/// The weights of two layers and an output convolution, and the running statistics of their norms.
struct Weights {
  at::Tensor w0 = leaf({5, 3, 3, 3}, 1), b0 = leaf({5}, 2), g0 = leaf({5}, 3), s0 = leaf({5}, 4);
  at::Tensor w1 = leaf({5, 5, 3, 3}, 5), b1 = leaf({5}, 6), g1 = leaf({5}, 7), s1 = leaf({5}, 8);
  at::Tensor w2 = leaf({4, 5, 3, 3}, 9), b2 = leaf({4}, 10), g2 = leaf({4}, 11), s2 = leaf({4}, 12);
  at::Tensor w3 = leaf({7, 4, 1, 1}, 13), b3 = leaf({7}, 14);
  /// The same values in float, leaves of their own.
  Weights in_float() const {
    Weights f = *this;
    for (at::Tensor* w :
         {&f.w0, &f.b0, &f.g0, &f.s0, &f.w1, &f.b1, &f.g1, &f.s1, &f.w2, &f.b2, &f.g2, &f.s2, &f.w3, &f.b3}) {
      *w = w->detach().to(at::kFloat).requires_grad_(true);
    }
    return f;
  }
  std::vector<at::Tensor> all() const { return {w0, b0, g0, s0, w1, b1, g1, s1, w2, b2, g2, s2, w3, b3}; }

  Norm norm(NormMode mode, const at::Tensor& gamma, const at::Tensor& beta) const {
    const int64_t c = gamma.size(0);
    const auto options = gamma.options().requires_grad(false);
    return {mode, gamma, beta, at::zeros({c}, options), at::ones({c}, options), at::zeros({}, options)};
  }
};

at::Tensor plain_norm_relu(const at::Tensor& x, const Norm& n) {
  if (n.mode == NormMode::kPerSample)
    return at::instance_norm(x, n.gamma, n.beta, {}, {}, true, 0.1, 1e-5, false).relu();
  return at::batch_norm(x, n.gamma, n.beta, n.running_mean, n.running_var, n.mode == NormMode::kBatch, 0.1, 1e-5, false)
      .relu();
}

class Layers : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { set_chunk_bytes(std::get<1>(GetParam()) ? 1 : 0); }
  void TearDown() override { set_chunk_bytes(0); }
  void expect_bfloat16_stays_near();
  NormMode mode() const { return std::get<0>(GetParam()); }
  at::MemoryFormat format() const {
    return std::get<2>(GetParam()) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  }
};

// Convolution, convolution, pool, unpool + convolution, output convolution; one image gets no gradient at the end.
TEST_P(Layers, AreTheirFormulas) {
  const Weights w;
  const at::Tensor x = leaf({3, 3, 6, 10}, 20);
  const int64_t tracked = 2;
  const std::vector<Norm> ours = {w.norm(mode(), w.g0, w.s0), w.norm(mode(), w.g1, w.s1), w.norm(mode(), w.g2, w.s2)};
  const std::vector<Norm> plain = {w.norm(mode(), w.g0, w.s0), w.norm(mode(), w.g1, w.s1), w.norm(mode(), w.g2, w.s2)};

  const RawMap first = convolve(x.contiguous(format()), {w.w0, w.b0}, ours[0]);
  const RawMap second = convolve(first, {w.w1, w.b1}, ours[1]);
  const auto [pooled, places] = activate_and_pool(second);
  const RawMap third = unpool_convolve(pooled, places, {w.w2, w.b2}, ours[2]);
  const at::Tensor y = convolve_out(third, {w.w3, w.b3}, tracked);

  const at::Tensor p1 = plain_norm_relu(at::conv2d(x, w.w0, w.b0, 1, 1), plain[0]);
  const at::Tensor p2 = plain_norm_relu(at::conv2d(p1, w.w1, w.b1, 1, 1), plain[1]);
  const auto [q, indices] = at::max_pool2d_with_indices(p2, 2, 2);
  const at::Tensor u = at::max_unpool2d(q, indices, {6, 10});
  const at::Tensor p3 = plain_norm_relu(at::conv2d(u, w.w2, w.b2, 1, 1), plain[2]);
  const at::Tensor expected = at::conv2d(p3, w.w3, w.b3);

  EXPECT_LT(difference(y.contiguous(), expected), kTolerance);
  EXPECT_LT(difference(activate(third).contiguous(), p3), kTolerance);
  if (mode() == NormMode::kBatch) {
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_LT(difference(ours[i].running_mean, plain[i].running_mean), kTolerance) << "norm " << i;
      EXPECT_LT(difference(ours[i].running_var, plain[i].running_var), kTolerance) << "norm " << i;
      EXPECT_EQ(ours[i].batches.item<double>(), 1) << "norm " << i;
    }
  }

  const at::Tensor d = test::normal(expected.sizes(), 30);
  d.narrow(0, tracked, 1).zero_();
  std::vector<at::Tensor> inputs = w.all();
  inputs.push_back(x);
  const auto got = torch::autograd::grad({y}, inputs, {d.contiguous(y.suggest_memory_format())});
  const auto want = torch::autograd::grad({expected}, inputs, {d});
  for (size_t i = 0; i < inputs.size(); ++i) {
    // The bias of a convolution before a norm has no gradient but rounding.
    const bool before_norm = i == 1 || i == 5 || i == 9;
    if (before_norm) {
      EXPECT_LT(got[i].norm().item<double>(), 1e-10) << "input " << i;
    } else {
      EXPECT_LT(difference(got[i], want[i]), kTolerance) << "input " << i;
    }
  }
}

/// Rounds to bfloat16 what passes, in both directions.
struct Rounded : torch::autograd::Function<Rounded> {
  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor& x) { return rounded(x); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, torch::autograd::variable_list d) {
    return {rounded(d[0])};
  }
  static at::Tensor rounded(const at::Tensor& x) { return x.to(at::kBFloat16).to(x.scalar_type()); }
};

/// The same layers with maps in bfloat16 between weights in float, against their formulas in double with the same
/// values rounded. Without that, a ReLU that rounding turns over makes a tenth of some weights' gradients (places of
/// maxima are given for the same reason); with it, what remains is each result's own last rounding.
void Layers::expect_bfloat16_stays_near() {
  Weights exact;
  exact.w3 = leaf({7, 4, 3, 3}, 13);  // see convolve_out() on 1x1 windows
  const Weights w = exact.in_float();
  const at::Tensor x = leaf({3, 3, 6, 10}, 20);
  const at::Tensor code = test::uniform({3, 5, 6, 10}, 0, 4, 31).to(at::kByte);
  const Norm n0 = w.norm(mode(), w.g0, w.s0), n1 = w.norm(mode(), w.g1, w.s1), n2 = w.norm(mode(), w.g2, w.s2);
  const at::Tensor in = x.detach().to(at::kFloat).requires_grad_(true);

  const RawMap first = convolve(in.to(at::kBFloat16).contiguous(format()), {w.w0, w.b0}, n0);
  const RawMap second = convolve(first, {w.w1, w.b1}, n1);
  const RawMap third = unpool_convolve(activate(second), code.contiguous(format()), {w.w2, w.b2}, n2);
  const at::Tensor y = convolve_out(third, {w.w3, w.b3}, 3);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_EQ(third.mean.scalar_type(), at::kFloat);

  const auto round = [](const at::Tensor& map) { return Rounded::apply(map); };
  const auto convolved = [&](const at::Tensor& map, const at::Tensor& weight, const at::Tensor& bias) {
    return round(at::conv2d(map, round(weight), round(bias), 1, 1));
  };
  const auto normalized = [&](const at::Tensor& map, const at::Tensor& gamma, const at::Tensor& beta) {
    return round(plain_norm_relu(map, exact.norm(mode(), gamma, beta)));
  };
  const at::Tensor p1 = normalized(convolved(round(x), exact.w0, exact.b0), exact.g0, exact.s0);
  const at::Tensor p2 = normalized(convolved(p1, exact.w1, exact.b1), exact.g1, exact.s1);
  const at::Tensor place = code.to(at::kLong);
  const at::Tensor index = (2 * at::arange(6, at::kLong).view({-1, 1}) + place.div(2, "floor")) * 20 +
                           2 * at::arange(10, at::kLong) + place.remainder(2);
  const at::Tensor u = at::max_unpool2d(p2, index, {12, 20});
  const at::Tensor p3 = normalized(convolved(u, exact.w2, exact.b2), exact.g2, exact.s2);
  const at::Tensor expected = convolved(p3, exact.w3, exact.b3);
  EXPECT_LT(difference(y.detach().to(at::kDouble), expected.detach()), kShortTolerance);

  const at::Tensor d = Rounded::rounded(test::normal(expected.sizes(), 30));
  std::vector<at::Tensor> ours = w.all(), plain = exact.all();
  ours.push_back(in);
  plain.push_back(x);
  const auto got = torch::autograd::grad({y}, ours, {d.to(at::kBFloat16).contiguous(y.suggest_memory_format())});
  const auto want = torch::autograd::grad({expected}, plain, {d});
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(got[i].scalar_type(), at::kFloat) << "input " << i;
    if (i == 1 || i == 5 || i == 9) continue;  // a bias before a norm has no gradient but rounding
    EXPECT_LT(difference(got[i].to(at::kDouble), want[i]), kShortTolerance) << "input " << i;
  }
}

TEST_P(Layers, InBFloat16StayNearTheirFormulas) { expect_bfloat16_stays_near(); }

/// Without oneDNN, as on a processor without AVX-512, for whose bfloat16 it has nothing.
struct OneDnnOff {
  OneDnnOff() { at::globalContext().setUserEnabledMkldnn(false); }
  ~OneDnnOff() { at::globalContext().setUserEnabledMkldnn(true); }
};

TEST_P(Layers, InBFloat16StayNearTheirFormulasOnEveryProcessor) {
  const OneDnnOff off;
  EXPECT_FALSE(has_bfloat16_convolutions());
  expect_bfloat16_stays_near();
}

// ATen's loops, where oneDNN does not convolve bfloat16, add up in bfloat16: at 64 channels a gradient is a tenth off.
TEST(Convolutions, OfBFloat16AreRoundedOnceOnEveryProcessor) {
  const OneDnnOff off;
  const at::Tensor x = test::normal({2, 64, 16, 16}, 1).to(at::kBFloat16).requires_grad_(true);
  const at::Tensor w = (test::normal({8, 64, 3, 3}, 2) / 24).to(at::kBFloat16).to(at::kFloat).requires_grad_(true);
  const at::Tensor b = test::normal({8}, 3).to(at::kBFloat16).to(at::kFloat).requires_grad_(true);
  const at::Tensor d = test::normal({2, 8, 16, 16}, 4).to(at::kBFloat16);
  const Norm norm{NormMode::kPerSample, at::ones({8}), at::zeros({8}), {}, {}, {}};
  for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const at::Tensor y = convolve(x.contiguous(format), {w, b}, norm).x;
    const auto got = torch::autograd::grad({y}, {x, w, b}, {d.contiguous(format)});
    const at::Tensor wide = x.detach().to(at::kDouble).requires_grad_(true);
    const at::Tensor ww = w.detach().to(at::kDouble).requires_grad_(true);
    const at::Tensor wb = b.detach().to(at::kDouble).requires_grad_(true);
    const at::Tensor expected = at::conv2d(wide, ww, wb, 1, 1);
    const auto want = torch::autograd::grad({expected}, {wide, ww, wb}, {d.to(at::kDouble)});
    // Rounded to 8 bits once: 2^-9 at most, and less in the mean.
    constexpr double kOnce = 1.0 / 512;
    EXPECT_LT(difference(y.detach().to(at::kDouble), expected.detach()), kOnce);
    EXPECT_LT(difference(got[0].to(at::kDouble), want[0]), kOnce);
    // Weights have their gradients in float32.
    EXPECT_LT(difference(got[1].to(at::kDouble), want[1]), 1e-5);
    EXPECT_LT(difference(got[2].to(at::kDouble), want[2]), 1e-5);
  }
}

TEST_P(Layers, GiveNoGradientToFrozenWeights) {
  const Weights w;
  const at::Tensor x = leaf({3, 3, 4, 4}, 21);
  const Norm n0 = w.norm(mode(), w.g0.detach(), w.s0.detach()), n1 = w.norm(mode(), w.g1.detach(), w.s1.detach());
  const RawMap raw = convolve(convolve(x.contiguous(format()), {w.w0.detach(), w.b0.detach()}, n0),
                              {w.w1.detach(), w.b1.detach()}, n1);
  const at::Tensor y = activate(raw);
  const at::Tensor d = test::normal(y.sizes(), 30).contiguous(format());
  const Norm m0 = w.norm(mode(), w.g0, w.s0), m1 = w.norm(mode(), w.g1, w.s1);
  const at::Tensor expected =
      plain_norm_relu(at::conv2d(plain_norm_relu(at::conv2d(x, w.w0, w.b0, 1, 1), m0), w.w1, w.b1, 1, 1), m1);
  EXPECT_LT(
      difference(torch::autograd::grad({y}, {x}, {d})[0], torch::autograd::grad({expected}, {x}, {d.contiguous()})[0]),
      kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Modes, Layers,
                         ::testing::Combine(::testing::Values(NormMode::kBatch, NormMode::kPerSample),
                                            ::testing::Bool(), ::testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == NormMode::kBatch ? "Batch" : "PerSample") +
                                  (std::get<1>(info.param) ? "OneByOne" : "Whole") +
                                  (std::get<2>(info.param) ? "ChannelsLast" : "ChannelsFirst");
                         });

}  // namespace
}  // namespace jtr
