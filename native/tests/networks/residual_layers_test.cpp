// Strided and dilated convolutions, residual sums and frozen norms against the same by ATen's own operations and
// against finite differences, in double: whole batches and one image at a time, both layouts.
#include <torch/csrc/autograd/autograd.h>

#include "networks/layers.h"
#include "support.h"

namespace jtr {
namespace {

constexpr double kTolerance = 1e-11;  // relative L2: rounding of sums over a few hundred elements in double

using Case = std::tuple<NormMode, bool /* one image at a time */, bool /* channels last */>;

at::Tensor leaf(at::IntArrayRef sizes, uint64_t seed) { return test::normal(sizes, seed).requires_grad_(true); }

class ResidualLayers : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { set_chunk_bytes(std::get<1>(GetParam()) ? 1 : 0); }
  void TearDown() override { set_chunk_bytes(0); }
  NormMode mode() const { return std::get<0>(GetParam()); }
  at::MemoryFormat format() const {
    return std::get<2>(GetParam()) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  }
  Norm norm(const at::Tensor& gamma, const at::Tensor& beta, uint64_t seed) const {
    const int64_t c = gamma.size(0);
    return {
        mode(), gamma, beta, test::normal({c}, seed), test::uniform({c}, 0.5, 2, seed + 1), at::zeros({}, at::kDouble)};
  }
  at::Tensor plain(const at::Tensor& x, const Norm& n) const {
    return at::batch_norm(x, n.gamma, n.beta, n.running_mean, n.running_var, mode() == NormMode::kBatch, 0.1, 1e-5,
                          false);
  }
};

/// Two blocks: one whose shortcut is strided and has a norm, one that adds its input; a dilated and a strided window.
struct Blocks {
  std::vector<at::Tensor> weights = {leaf({5, 3, 3, 3}, 1),  leaf({5}, 2),  leaf({5}, 3),   // strided
                                     leaf({5, 5, 3, 3}, 4),  leaf({5}, 5),  leaf({5}, 6),   // dilated
                                     leaf({5, 3, 1, 1}, 7),  leaf({5}, 8),  leaf({5}, 9),   // shortcut
                                     leaf({5, 5, 3, 3}, 10), leaf({5}, 11), leaf({5}, 12),  // second block
                                     leaf({2, 5, 1, 1}, 13), leaf({2}, 14)};
  at::Tensor x = leaf({3, 3, 9, 12}, 20);
};

TEST_P(ResidualLayers, AreTheirFormulas) {
  const Blocks b;
  const auto& w = b.weights;
  const auto norms = [&] {
    return std::vector<Norm>{norm(w[1], w[2], 30), norm(w[4], w[5], 32), norm(w[7], w[8], 34), norm(w[10], w[11], 36)};
  };
  const std::vector<Norm> n = norms(), m = norms();
  const at::Tensor x = b.x.contiguous(format());
  const RawMap first = convolve(convolve(x, {w[0], {}, false, 2, 1}, n[0]), {w[3], {}, false, 1, 2}, n[1]);
  const at::Tensor y = activate_sum(first, convolve(x, {w[6], {}, false, 2, 1}, n[2]));
  const at::Tensor z = activate_sum(convolve(y, {w[9], {}}, n[3]), y);
  const at::Tensor got = convolve_out(z, {w[12], w[13]});

  const at::Tensor p1 = at::conv2d(at::relu(plain(at::conv2d(b.x, w[0], {}, 2, 1), m[0])), w[3], {}, 1, 2, 2);
  const at::Tensor q = at::relu(plain(p1, m[1]) + plain(at::conv2d(b.x, w[6], {}, 2), m[2]));
  const at::Tensor want = at::conv2d(at::relu(plain(at::conv2d(q, w[9], {}, 1, 1), m[3]) + q), w[12], w[13]);
  EXPECT_LT(test::relative_error(got, want), kTolerance);
  for (size_t i = 0; i < n.size(); ++i) {
    EXPECT_LT(test::relative_error(n[i].running_mean, m[i].running_mean), kTolerance) << i;
    EXPECT_LT(test::relative_error(n[i].running_var, m[i].running_var), kTolerance) << i;
    EXPECT_EQ(n[i].batches.item<double>(), mode() == NormMode::kBatch ? 1 : 0) << i;
  }

  std::vector<at::Tensor> inputs = w;
  inputs.push_back(b.x);
  const at::Tensor d = test::normal(want.sizes(), 40);
  const auto own = torch::autograd::grad({got}, inputs, {d.contiguous(got.suggest_memory_format())});
  const auto aten = torch::autograd::grad({want}, inputs, {d});
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_LT(test::relative_error(own[i], aten[i]), kTolerance) << i;
}

TEST_P(ResidualLayers, HaveTheGradientsOfFiniteDifferences) {
  const Blocks b;
  const auto loss = [&](const std::vector<at::Tensor>& w, const at::Tensor& image) {
    const at::Tensor x = image.contiguous(format());
    const RawMap first = convolve(convolve(x, {w[0], {}, false, 2, 1}, norm(w[1], w[2], 30)), {w[3], {}, false, 1, 2},
                                  norm(w[4], w[5], 32));
    const at::Tensor y = activate_sum(first, convolve(x, {w[6], {}, false, 2, 1}, norm(w[7], w[8], 34)));
    const at::Tensor z = activate_sum(convolve(y, {w[9], {}}, norm(w[10], w[11], 36)), y);
    return convolve_out(z, {w[12], w[13]}).square().sum();
  };
  std::vector<at::Tensor> inputs = b.weights;
  inputs.push_back(b.x);
  const auto gradient = torch::autograd::grad({loss(b.weights, b.x)}, inputs);
  constexpr double kStep = 1e-6;
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor direction = test::normal(inputs[i].sizes(), 50 + i);
    const auto moved = [&](double by) {
      std::vector<at::Tensor> w = b.weights;
      at::Tensor x = b.x;
      (i < w.size() ? w[i] : x) = inputs[i] + by * direction;
      return loss(w, x).item<double>();
    };
    const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
    EXPECT_NEAR((gradient[i] * direction).sum().item<double>(), expected, 1e-6 * std::max(1.0, std::abs(expected)))
        << i;
  }
}

// CNTK pads a strided 3x3 window by 1, 1, 0, 0 (top, left, bottom, right) and the stem by 3, 3, 2, 2: on even sizes
// that is what symmetric padding gives.
TEST(StridedConvolutions, OfEvenSizesReadNoPaddingAtTheEnd) {
  const at::Tensor x = test::normal({2, 3, 8, 14}, 1);
  for (const int64_t kernel : {3, 7}) {
    const at::Tensor w = test::normal({4, 3, kernel, kernel}, 2);
    const int64_t before = kernel / 2, after = before - 1;
    const at::Tensor want = at::conv2d(at::constant_pad_nd(x, {before, after, before, after}), w, {}, 2);
    EXPECT_LT(test::relative_error(convolve_out(x, {w, {}, false, 2, 1}), want), 1e-14) << kernel;
  }
  const at::Tensor padded = at::constant_pad_nd(x, {1, 0, 1, 0}, -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(at::equal(at::max_pool2d(x, 3, 2, 1), at::max_pool2d(padded, 3, 2)));
}

INSTANTIATE_TEST_SUITE_P(Modes, ResidualLayers,
                         ::testing::Combine(::testing::Values(NormMode::kBatch, NormMode::kRunning), ::testing::Bool(),
                                            ::testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == NormMode::kBatch ? "Batch" : "Frozen") +
                                  (std::get<1>(info.param) ? "OneByOne" : "Whole") +
                                  (std::get<2>(info.param) ? "ChannelsLast" : "ChannelsFirst");
                         });

}  // namespace
}  // namespace jtr
