// Norm + ReLU (+ pool) and unpool against ATen's own operations, forward and backward, odd sizes included.
#include "kernels/norm_relu.h"

#include <torch/csrc/autograd/autograd.h>

#include "support.h"

namespace jtr {
namespace {

struct Shape {
  int64_t n, c, h, w;
};

using Parameter = std::tuple<at::ScalarType, bool, at::MemoryFormat, Shape>;

class NormReluKernel : public testing::TestWithParam<Parameter> {
 protected:
  NormReluKernel() {
    const auto& [dtype, per_sample, format, s] = GetParam();
    x = (test::uniform({s.n, s.c, s.h, s.w}, -1, 3, 1) + test::uniform({1, s.c, 1, 1}, -5, 5, 2))
            .to(dtype)
            .contiguous(format);
    gamma = test::uniform({s.c}, -1.5, 1.5, 3).to(dtype);
    beta = test::uniform({s.c}, -0.5, 0.5, 4).to(dtype);
    x.requires_grad_(true);
    gamma.requires_grad_(true);
    beta.requires_grad_(true);
    statistics = kernels::norm_statistics(x.detach(), per_sample, 1e-5);
    const at::Tensor normalized = per_sample ? at::instance_norm(x, gamma, beta, {}, {}, true, 0.1, 1e-5, false)
                                             : at::batch_norm(x, gamma, beta, {}, {}, true, 0.1, 1e-5, false);
    expected = normalized.relu();
    // A few roundings; in float32 the sums over a plane add some.
    bound = dtype == at::kDouble ? 1e-12 : 2e-5;
  }

  at::MemoryFormat layout() const { return std::get<2>(GetParam()); }

  void expect_gradients(const kernels::NormGradients& actual, const at::Tensor& out, const at::Tensor& d) {
    const auto g = torch::autograd::grad({out}, {x, gamma, beta}, {d});
    EXPECT_LT(test::relative_error(actual.x, g[0]), bound);
    EXPECT_LT(test::relative_error(actual.gamma, g[1]), bound);
    EXPECT_LT(test::relative_error(actual.beta, g[2]), bound);
  }

  at::Tensor x, gamma, beta, expected;
  kernels::NormStatistics statistics;
  double bound = 0;
};

TEST_P(NormReluKernel, AgreesWithAtenForwardAndBackward) {
  const at::Tensor y = kernels::norm_relu(x.detach(), gamma.detach(), beta.detach(), statistics);
  EXPECT_LT(test::relative_error(y, expected.detach()), bound);
  const at::Tensor d = test::uniform(y.sizes(), -1, 1, 5).to(y.scalar_type()).contiguous(layout());
  expect_gradients(kernels::norm_relu_backward(d, x.detach(), gamma.detach(), beta.detach(), statistics), expected, d);
}

TEST_P(NormReluKernel, PoolsAsAtenForwardAndBackward) {
  if (x.size(2) < 2 || x.size(3) < 2) return;  // nothing to pool
  const auto [p, code] = kernels::norm_relu_pool(x.detach(), gamma.detach(), beta.detach(), statistics);
  const auto [pooled, index] = at::max_pool2d_with_indices(expected, 2, 2);
  EXPECT_LT(test::relative_error(p, pooled.detach()), bound);
  // The place that ATen keeps is row * width + column in the plane. Where rounding could swap two near-equal values
  // (float32), only the share of equal places is compared.
  const at::Tensor row = at::arange(p.size(2), at::kLong).view({-1, 1}) * 2,
                   column = at::arange(p.size(3), at::kLong) * 2;
  const at::Tensor places =
      (row + code.to(at::kLong).div(2, "floor")) * x.size(3) + column + code.to(at::kLong).remainder(2);
  const double same = places.eq(index).to(at::kDouble).mean().item<double>();
  EXPECT_GE(same, x.scalar_type() == at::kDouble ? 1.0 : 0.999);
  const at::Tensor d = test::uniform(p.sizes(), -1, 1, 6).to(p.scalar_type()).contiguous(layout());
  expect_gradients(kernels::norm_relu_pool_backward(d, p, code, x.detach(), gamma.detach(), beta.detach(), statistics),
                   pooled, d);
}

TEST_P(NormReluKernel, UnpoolsAsAtenForwardAndBackward) {
  if (x.size(2) < 2 || x.size(3) < 2) return;
  const auto [p, code] = kernels::norm_relu_pool(x.detach(), gamma.detach(), beta.detach(), statistics);
  const auto [pooled, index] =
      at::max_pool2d_with_indices(kernels::norm_relu(x.detach(), gamma.detach(), beta.detach(), statistics), 2, 2);
  at::Tensor values = test::uniform(p.sizes(), -1, 1, 7).to(p.scalar_type()).contiguous(layout()).requires_grad_(true);
  const at::Tensor reference = at::max_unpool2d(values, index, {x.size(2), x.size(3)});
  EXPECT_TRUE(at::equal(kernels::unpool(values.detach(), code, x.size(2), x.size(3)), reference.detach()));
  const at::Tensor d = test::uniform(x.sizes(), -1, 1, 8).to(x.scalar_type()).contiguous(layout());
  EXPECT_TRUE(at::equal(kernels::unpool_backward(d, code), torch::autograd::grad({reference}, {values}, {d})[0]));
}

INSTANTIATE_TEST_SUITE_P(Shapes, NormReluKernel,
                         testing::Combine(testing::Values(at::kFloat, at::kDouble), testing::Bool(),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(Shape{3, 5, 8, 12}, Shape{2, 3, 7, 5}, Shape{1, 4, 2, 2},
                                                          Shape{4, 2, 1, 3}, Shape{2, 2, 67, 129},
                                                          Shape{5, 33, 4, 6})));

TEST(NormRelu, KeepsTheFirstOfEqualMaximaAndTheirZeros) {
  // Everything below zero: the window's maxima are all zero, and the first place counts, as in ATen.
  const at::Tensor x = at::arange(16, at::kDouble).view({1, 1, 4, 4});
  const kernels::NormStatistics s{at::zeros({1, 1}, at::kDouble), at::ones({1, 1}, at::kDouble),
                                  at::ones({1, 1}, at::kDouble)};
  const auto [p, code] = kernels::norm_relu_pool(x, at::ones({1}, at::kDouble), at::full({1}, -100.0, at::kDouble), s);
  EXPECT_EQ(p.abs().sum().item<double>(), 0);
  EXPECT_EQ(code.sum().item<int64_t>(), 0);
}

TEST(NormRelu, StatisticsSurviveALargeMean) {
  const at::Tensor x = (test::uniform({2, 1, 50, 50}, -1, 1, 1) + 1e4).to(at::kFloat);
  const kernels::NormStatistics s = kernels::norm_statistics(x, false, 0);
  const at::Tensor wide = x.to(at::kDouble);
  EXPECT_NEAR(s.mean.item<double>(), wide.mean().item<double>(), 1e-3);  // one float32 step at 1e4
  EXPECT_NEAR(s.var.item<double>(), wide.var(false).item<double>(), 1e-6);
}

}  // namespace
}  // namespace jtr
