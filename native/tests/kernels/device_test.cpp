// What the CUDA kernels compute for each index, run in a loop on the CPU, against the CPU's own kernels: index
// arithmetic in both layouts, odd sizes, batch and per-sample statistics.
#include <gtest/gtest.h>

#include "kernels/adam.h"
#include "kernels/device/norm_relu.h"
#include "kernels/norm_relu.h"
#include "kernels/one_hot.h"
#include "support.h"

namespace jtr {
namespace {

using kernels::device::Coefficients;
using kernels::device::NormView;
using kernels::device::Shape;
using kernels::device::Sums;

struct Size {
  int64_t n, c, h, w;
};

using Parameter = std::tuple<bool, at::MemoryFormat, Size>;

/// In double, so that differences are errors and not rounding.
class DeviceCode : public testing::TestWithParam<Parameter> {
 protected:
  DeviceCode() {
    const auto& [per_sample, format, s] = GetParam();
    const bool last = format == at::MemoryFormat::ChannelsLast;
    x = (test::uniform({s.n, s.c, s.h, s.w}, -1, 3, 1) + test::uniform({1, s.c, 1, 1}, -5, 5, 2))
            .to(at::kDouble)
            .contiguous(format);
    gamma = test::uniform({s.c}, -1.5, 1.5, 3).to(at::kDouble);
    beta = test::uniform({s.c}, -0.5, 0.5, 4).to(at::kDouble);
    statistics = kernels::norm_statistics(x, per_sample, 1e-5);
    groups = per_sample ? s.n : 1;
    shape = {s.n, s.c, s.h, s.w, last};
    pooled = {s.n, s.c, s.h / 2, s.w / 2, last};
    norm = {data(gamma), data(beta), data(statistics.mean), data(statistics.invstd), groups};
  }

  static double* data(const at::Tensor& tensor) { return tensor.data_ptr<double>(); }

  /// Sums of `terms` over the given pixels, for group g and channel c.
  template <typename Terms>
  Sums sum(int64_t g, int64_t c, int64_t pixels, const Terms& terms) const {
    Sums sums{0, 0};
    for (int64_t n = groups == 1 ? 0 : g; n < (groups == 1 ? shape.samples : g + 1); ++n) {
      for (int64_t pixel = 0; pixel < pixels; ++pixel) sums = sums + terms(n, c, pixel);
    }
    return sums;
  }

  int64_t pixels_of_group() const { return shape.plane() * (groups == 1 ? shape.samples : 1); }

  template <typename Terms>
  std::vector<Coefficients<double>> coefficients(int64_t pixels, const Terms& terms, const at::Tensor& d_gamma,
                                                 const at::Tensor& d_beta) const {
    std::vector<Coefficients<double>> result;
    for (int64_t i = 0; i < groups * shape.channels; ++i) {
      const int64_t c = i % shape.channels;
      const Sums sums = sum(i / shape.channels, c, pixels, terms);
      data(d_gamma)[c] += sums.second * norm.invstd[i];
      data(d_beta)[c] += sums.first;
      result.push_back(kernels::device::coefficients(sums, norm.gamma[c], norm.mean[i], norm.invstd[i],
                                                     static_cast<double>(pixels_of_group())));
    }
    return result;
  }

  at::Tensor x, gamma, beta;
  kernels::NormStatistics statistics;
  int64_t groups = 1;
  Shape shape{}, pooled{};
  NormView<double> norm{};
};

constexpr double kBound = 1e-12;

TEST_P(DeviceCode, FindsEveryValueOnceInBothLayouts) {
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const kernels::device::Place p = kernels::device::place_of(shape, i);
    ASSERT_EQ(shape.offset(p.n, p.c, p.pixel), i);
    ASSERT_EQ(data(x)[i], x[p.n][p.c][p.pixel / shape.width][p.pixel % shape.width].item<double>());
  }
}

TEST_P(DeviceCode, ComputesStatistics) {
  const at::Tensor mean = at::empty_like(statistics.mean), var = at::empty_like(mean), invstd = at::empty_like(mean);
  for (int64_t i = 0; i < groups * shape.channels; ++i) {
    const int64_t c = i % shape.channels;
    const Sums sums = sum(i / shape.channels, c, shape.plane(), [&](int64_t n, int64_t channel, int64_t pixel) {
      return kernels::device::moment_terms(data(x), shape, n, channel, pixel);
    });
    kernels::device::finish_moments(sums, data(x), shape, c, pixels_of_group(), 1e-5, data(mean) + i, data(var) + i,
                                    data(invstd) + i);
  }
  EXPECT_LT(test::relative_error(mean, statistics.mean), kBound);
  EXPECT_LT(test::relative_error(var, statistics.var), kBound);
  EXPECT_LT(test::relative_error(invstd, statistics.invstd), kBound);
}

TEST_P(DeviceCode, NormalisesForwardAndBackward) {
  const at::Tensor y = at::empty_like(x), dx = at::empty_like(x);
  const at::Tensor d = test::uniform(x.sizes(), -1, 1, 5).to(at::kDouble).contiguous(std::get<1>(GetParam()));
  for (int64_t i = 0; i < shape.elements(); ++i) kernels::device::norm_relu_at(i, data(x), shape, norm, data(y));
  EXPECT_LT(test::relative_error(y, kernels::norm_relu(x, gamma, beta, statistics)), kBound);

  const at::Tensor d_gamma = at::zeros_like(gamma), d_beta = at::zeros_like(beta);
  const auto k = coefficients(
      shape.plane(),
      [&](int64_t n, int64_t c, int64_t pixel) {
        return kernels::device::gradient_terms(data(d), data(x), shape, norm, n, c, pixel);
      },
      d_gamma, d_beta);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    kernels::device::gradient_at(i, data(d), data(x), shape, norm, k.data(), data(dx));
  }
  const kernels::NormGradients expected = kernels::norm_relu_backward(d, x, gamma, beta, statistics);
  EXPECT_LT(test::relative_error(dx, expected.x), kBound);
  EXPECT_LT(test::relative_error(d_gamma, expected.gamma), kBound);
  EXPECT_LT(test::relative_error(d_beta, expected.beta), kBound);
}

TEST_P(DeviceCode, PoolsAndUnpoolsForwardAndBackward) {
  if (pooled.elements() == 0) return;  // nothing to pool
  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, statistics);
  const at::Tensor own_p = at::empty_like(p), own_code = at::empty_like(code), dx = at::empty_like(x);
  for (int64_t i = 0; i < pooled.elements(); ++i) {
    kernels::device::norm_relu_pool_at(i, data(x), shape, pooled, norm, data(own_p), own_code.data_ptr<uint8_t>());
  }
  EXPECT_LT(test::relative_error(own_p, p), kBound);
  EXPECT_TRUE(own_code.equal(code));

  const at::Tensor d = test::uniform(p.sizes(), -1, 1, 6).to(at::kDouble).contiguous(std::get<1>(GetParam()));
  const uint8_t* codes = code.data_ptr<uint8_t>();
  const at::Tensor d_gamma = at::zeros_like(gamma), d_beta = at::zeros_like(beta);
  const auto k = coefficients(
      pooled.plane(),
      [&](int64_t n, int64_t c, int64_t pixel) {
        return kernels::device::gradient_terms_pool(data(d), data(p), codes, data(x), shape, pooled, norm, n, c, pixel);
      },
      d_gamma, d_beta);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    kernels::device::gradient_pool_at(i, data(d), data(p), codes, data(x), shape, pooled, norm, k.data(), data(dx));
  }
  const kernels::NormGradients expected = kernels::norm_relu_pool_backward(d, p, code, x, gamma, beta, statistics);
  EXPECT_LT(test::relative_error(dx, expected.x), kBound);
  EXPECT_LT(test::relative_error(d_gamma, expected.gamma), kBound);
  EXPECT_LT(test::relative_error(d_beta, expected.beta), kBound);

  const at::Tensor large = at::empty_like(x), small = at::empty_like(p);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    kernels::device::unpool_at(i, data(p), codes, pooled, shape, data(large));
  }
  EXPECT_TRUE(large.equal(kernels::unpool(p, code, shape.height, shape.width)));
  for (int64_t i = 0; i < pooled.elements(); ++i) {
    kernels::device::unpool_backward_at(i, data(x), codes, pooled, shape, data(small));
  }
  EXPECT_TRUE(small.equal(kernels::unpool_backward(x, code)));
}

TEST_P(DeviceCode, MarksTheLargestChannel) {
  const at::Tensor rounded = x.round(), out = at::empty_like(x);  // rounded: equals occur
  for (int64_t i = 0; i < shape.samples * shape.plane(); ++i) {
    kernels::device::one_hot_at<double, double>(i, data(rounded), shape, data(out));
  }
  EXPECT_TRUE(out.equal(kernels::one_hot_of_max(rounded)));
}

TEST(ReductionGrid, AddsUpEveryPixelOfEveryRowOnceWithMoreRowsThanAGridHasInY) {
  // FiLM at width 64 with 150 pairs of tasks has 76,800 channels.
  for (const auto& [samples, rows, pixels] : {std::tuple<int64_t, int64_t, int64_t>{1, 76800, 12},
                                              {70000, 2, 1},
                                              {3, 5, 4096},
                                              {2, 3, 4097},
                                              {2, 7, 12289}}) {
    const int64_t blocks = kernels::device::reduction_blocks(samples, rows, pixels);
    EXPECT_LE(blocks, kernels::device::kMostBlocksInX);
    int64_t n = 0, row = 0, pixel = 0;  // where the next block must go on
    for (int64_t block = 0; block < blocks; ++block) {
      const kernels::device::ReductionPart part = kernels::device::reduction_part(block, rows, pixels);
      ASSERT_EQ(part.n, n);
      ASSERT_EQ(part.row, row);
      ASSERT_EQ(part.first, pixel);
      ASSERT_GT(part.end, part.first);
      ASSERT_LE(part.end - part.first, kernels::device::kPixelsOfBlock);
      // The place of its sum: [N, rows, blocks of pixels].
      const int64_t of_row = kernels::device::pixel_blocks(pixels);
      ASSERT_EQ((n * rows + row) * of_row + part.first / kernels::device::kPixelsOfBlock, block);
      pixel = part.end;
      if (pixel < pixels) continue;
      pixel = 0;
      if (++row == rows) row = 0, ++n;
    }
    EXPECT_EQ(n, samples);
    EXPECT_EQ(row, 0);
    EXPECT_EQ(pixel, 0);
  }
}

TEST(DeviceCode, UpdatesAsAdamDoes) {
  at::Tensor p = test::uniform({37}, -1, 1, 1).to(at::kDouble), m = test::uniform({37}, -1, 1, 2).to(at::kDouble);
  at::Tensor v = test::uniform({37}, 0, 1, 3).to(at::kDouble);
  const at::Tensor g = test::uniform({37}, -1, 1, 4).to(at::kDouble);
  const at::Tensor own_p = p.clone(), own_m = m.clone(), own_v = v.clone();
  kernels::adam(p, g, m, v, {0.9, 0.999, 1e-8, 1e-3, 0.3});
  for (int64_t i = 0; i < 37; ++i) {
    kernels::device::adam_at<double>(i, own_p.data_ptr<double>(), g.data_ptr<double>(), own_m.data_ptr<double>(),
                                     own_v.data_ptr<double>(), 0.9, 0.999, 1 - 0.9, 1 - 0.999, 1e-8, 1e-3, 0.3);
  }
  EXPECT_LT(test::relative_error(own_p, p), kBound);
  EXPECT_LT(test::relative_error(own_m, m), kBound);
  EXPECT_LT(test::relative_error(own_v, v), kBound);
}

INSTANTIATE_TEST_SUITE_P(Kernels, DeviceCode,
                         testing::Combine(testing::Bool(),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(Size{2, 3, 4, 6}, Size{3, 5, 5, 7}, Size{1, 33, 3, 2},
                                                          Size{2, 1, 1, 9}, Size{1, 4, 8, 8})));

}  // namespace
}  // namespace jtr
