// Norm + ReLU (+ pool) and unpool against ATen's own operations, forward and backward, odd sizes included.
#include "kernels/norm_relu.h"

#include <torch/csrc/autograd/autograd.h>

#include "kernels/norm_add_relu.h"
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
    // ATen's side of maps in bfloat16 is in double, from the same rounded values; weights are never in less than float.
    const bool is_short = dtype == at::kBFloat16;
    in = (test::uniform({s.n, s.c, s.h, s.w}, -1, 3, 1) + test::uniform({1, s.c, 1, 1}, -5, 5, 2))
             .to(dtype)
             .contiguous(format);
    const at::ScalarType weights = is_short ? at::kFloat : dtype;
    x = (is_short ? in.to(at::kDouble) : in.detach().clone()).requires_grad_(true);
    gamma = test::uniform({s.c}, -1.5, 1.5, 3).to(weights).to(x.scalar_type()).requires_grad_(true);
    beta = test::uniform({s.c}, -0.5, 0.5, 4).to(weights).to(x.scalar_type()).requires_grad_(true);
    scale = gamma.detach().to(weights);
    shift = beta.detach().to(weights);
    statistics = kernels::norm_statistics(in, per_sample, 1e-5);
    const at::Tensor normalized = per_sample ? at::instance_norm(x, gamma, beta, {}, {}, true, 0.1, 1e-5, false)
                                             : at::batch_norm(x, gamma, beta, {}, {}, true, 0.1, 1e-5, false);
    expected = normalized.relu();
    // A few roundings; in float32 the sums over a plane add some.
    sum_bound = dtype == at::kDouble ? 1e-12 : 2e-5;
    // A map in bfloat16 is rounded once, to 8 bits.
    bound = is_short ? 1.0 / 256 : sum_bound;
  }

  at::MemoryFormat layout() const { return std::get<2>(GetParam()); }

  void expect_gradients(const kernels::NormGradients& actual, const at::Tensor& out, const at::Tensor& d) {
    const auto g = torch::autograd::grad({out}, {x, gamma, beta}, {d}, true);
    EXPECT_LT(test::relative_error(actual.x, g[0]), bound);
    EXPECT_LT(test::relative_error(actual.gamma, g[1]), sum_bound);
    EXPECT_LT(test::relative_error(actual.beta, g[2]), sum_bound);
  }

  /// Random numbers in [-1, 1] as a map of the case, and as ATen's side gets them.
  std::pair<at::Tensor, at::Tensor> random_map(at::IntArrayRef sizes, uint64_t seed) const {
    const at::Tensor map = test::uniform(sizes, -1, 1, seed).to(in.scalar_type()).contiguous(layout());
    return {map, map.clone().to(x.scalar_type())};
  }

  at::Tensor in, scale, shift;          // what the kernels get
  at::Tensor x, gamma, beta, expected;  // ATen's side
  kernels::NormStatistics statistics;
  double bound = 0, sum_bound = 0;
};

TEST_P(NormReluKernel, AgreesWithAtenForwardAndBackward) {
  const at::Tensor y = kernels::norm_relu(in, scale, shift, statistics);
  EXPECT_EQ(y.scalar_type(), in.scalar_type());
  EXPECT_LT(test::relative_error(y, expected.detach()), bound);
  const auto [d, wide] = random_map(y.sizes(), 5);
  expect_gradients(kernels::norm_relu_backward(d, in, scale, shift, statistics), expected, wide);
  const kernels::NormGradients in_place = kernels::norm_relu_backward(d, in, scale, shift, statistics, d);
  EXPECT_TRUE(in_place.x.is_same(d));
  expect_gradients(in_place, expected, wide);
}

TEST_P(NormReluKernel, PoolsAsAtenForwardAndBackward) {
  if (x.size(2) < 2 || x.size(3) < 2) return;  // nothing to pool
  const auto [p, code] = kernels::norm_relu_pool(in, scale, shift, statistics);
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
  const auto [d, wide] = random_map(p.sizes(), 6);
  expect_gradients(kernels::norm_relu_pool_backward(d, p, code, in, scale, shift, statistics), pooled, wide);
}

TEST_P(NormReluKernel, AddsAMapAsItIsAndBehindItsNorm) {
  const auto [r, wide] = random_map(in.sizes(), 9);
  const bool per_sample = std::get<1>(GetParam());
  const auto normalized = [per_sample](const at::Tensor& map, const at::Tensor& g, const at::Tensor& b) {
    return per_sample ? at::instance_norm(map, g, b, {}, {}, true, 0.1, 1e-5, false)
                      : at::batch_norm(map, g, b, {}, {}, true, 0.1, 1e-5, false);
  };
  const at::Tensor z = normalized(x, gamma, beta);
  const kernels::NormedMap map{in, scale, shift, statistics};
  const at::Tensor plain = kernels::norm_add_relu(map, {r, {}, {}, {}});
  EXPECT_EQ(plain.scalar_type(), in.scalar_type());
  EXPECT_LT(test::relative_error(plain, (z + wide).relu().detach()), bound);
  const kernels::NormedMap other{r, shift, scale, kernels::norm_statistics(r, per_sample, 1e-5)};
  const at::Tensor want = (z + normalized(wide, beta, gamma)).relu();
  EXPECT_LT(test::relative_error(kernels::norm_add_relu(map, other), want.detach()), bound);

  const auto [d, wide_map] = random_map(in.sizes(), 10);
  // libtorch 1.13's instance norm of one sample misreads a gradient that lies channels last.
  const at::Tensor wide_d = wide_map.contiguous();
  expect_gradients(kernels::norm_backward(d, map), z, wide_d);
  kernels::NormStatistics constant = statistics;
  constant.constant = true;
  const auto shaped = [this](const at::Tensor& s) { return s.to(x.scalar_type()).view({-1, x.size(1), 1, 1}); };
  const at::Tensor affine = (x - shaped(statistics.mean)) * shaped(statistics.invstd) * shaped(gamma) + shaped(beta);
  expect_gradients(kernels::norm_backward(d, {in, scale, shift, constant}), affine, wide_d);
  expect_gradients(kernels::norm_relu_backward(d, in, scale, shift, constant), affine.relu(), wide_d);
}

TEST_P(NormReluKernel, UnpoolsAsAtenForwardAndBackward) {
  if (x.size(2) < 2 || x.size(3) < 2) return;
  const at::Tensor code = std::get<1>(kernels::norm_relu_pool(in, scale, shift, statistics));
  // The places that the code names, as ATen counts them.
  const at::Tensor place = code.contiguous().to(at::kLong);
  const at::Tensor row = at::arange(code.size(2), at::kLong).view({-1, 1}) * 2 + place.div(2, "floor"),
                   column = at::arange(code.size(3), at::kLong) * 2 + place.remainder(2);
  const at::Tensor index = row * x.size(3) + column;
  auto [values, wide_values] = random_map(code.sizes(), 7);
  wide_values.requires_grad_(true);
  const at::Tensor reference = at::max_unpool2d(wide_values, index, {x.size(2), x.size(3)});
  const at::Tensor out = kernels::unpool(values, code, x.size(2), x.size(3));
  EXPECT_EQ(out.scalar_type(), in.scalar_type());
  EXPECT_TRUE(at::equal(out.to(x.scalar_type()), reference.detach()));
  const auto [d, wide] = random_map(x.sizes(), 8);
  EXPECT_TRUE(at::equal(kernels::unpool_backward(d, code).to(x.scalar_type()),
                        torch::autograd::grad({reference}, {wide_values}, {wide})[0]));
}

INSTANTIATE_TEST_SUITE_P(Shapes, NormReluKernel,
                         testing::Combine(testing::Values(at::kFloat, at::kDouble, at::kBFloat16), testing::Bool(),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(Shape{3, 5, 8, 12}, Shape{2, 3, 7, 5}, Shape{1, 4, 2, 2},
                                                          Shape{4, 2, 1, 3}, Shape{2, 2, 67, 129}, Shape{5, 33, 4, 6},
                                                          Shape{2, 150, 4, 34})));

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
