// The CUDA kernels of norm_relu.h, one_hot.h, adam.h and exponential_noise.h, against the CPU's: every precision, both
// layouts, odd sizes, several orders of threads.
#include "emulated/tests/on_device.h"

namespace jtr {
namespace {

using emulated::to_device;
using emulated::to_host;
using kernels::NormGradients;
using kernels::NormStatistics;
using test::checked_once;
using test::drawn;
using test::on_cpu;
using test::on_cuda;
using test::on_device;

using Parameter = std::tuple<at::ScalarType, at::MemoryFormat, std::vector<int64_t>>;

class EmulatedNormRelu : public testing::TestWithParam<Parameter> {
 protected:
  at::ScalarType dtype = std::get<0>(GetParam());
  at::MemoryFormat format = std::get<1>(GetParam());
  std::vector<int64_t> sizes = std::get<2>(GetParam());

  at::Tensor maps(double low, double high, uint64_t seed) const { return drawn(sizes, low, high, seed, dtype, format); }
  at::Tensor pooled_maps(uint64_t seed) const {
    return drawn({sizes[0], sizes[1], sizes[2] / 2, sizes[3] / 2}, -1, 1, seed, dtype, format);
  }
  at::Tensor weights(double low, double high, uint64_t seed) const {
    return drawn({sizes[1]}, low, high, seed, test::weights_of(dtype));
  }

  void expect_same(const at::Tensor& device, const at::Tensor& cpu, const char* what) const {
    ASSERT_EQ(device.sizes(), cpu.sizes()) << what;
    EXPECT_EQ(device.scalar_type(), cpu.scalar_type()) << what;
    EXPECT_LT(test::error_of(device, cpu), test::bound_of(dtype)) << what;
  }
  void expect_same(const NormGradients& device, const NormGradients& cpu, const char* what) const {
    expect_same(device.x, cpu.x, what);
    expect_same(device.gamma, cpu.gamma, what);
    expect_same(device.beta, cpu.beta, what);
  }
};

TEST_P(EmulatedNormRelu, AgreesWithTheCpuInEveryOrderOfThreads) {
  const at::Tensor x = maps(-1, 3, 1), dy = maps(-1, 1, 2), dp = pooled_maps(3);
  const at::Tensor gamma = weights(-1.5, 1.5, 4), beta = weights(-0.5, 0.5, 5);
  const at::Tensor gx = to_device(x), gdy = to_device(dy), gdp = to_device(dp), ggamma = to_device(gamma),
                   gbeta = to_device(beta);
  for (const bool per_sample : {false, true}) {
    const NormStatistics s = on_cpu().norm_statistics(x, per_sample, 1e-5);
    const NormStatistics gs{to_device(s.mean), to_device(s.var), to_device(s.invstd)};
    const at::Tensor y = on_cpu().norm_relu(x, gamma, beta, s);
    const auto [p, code] = on_cpu().norm_relu_pool(x, gamma, beta, s);
    const at::Tensor gp = to_device(p), gcode = to_device(code);
    const NormGradients through_norm = on_cpu().norm_relu_backward(dy, x, gamma, beta, s, {});
    const NormGradients through_pool = on_cpu().norm_relu_pool_backward(dp, p, code, x, gamma, beta, s);
    for (const unsigned order : test::kOrders) {
      SCOPED_TRACE(testing::Message() << "order " << order << ", statistics of "
                                      << (per_sample ? "samples" : "the batch"));
      const uint64_t launches = emulated::counts().launches;
      const NormStatistics own = checked_once(order, [&] { return on_cuda().norm_statistics(gx, per_sample, 1e-5); });
      EXPECT_EQ(emulated::counts().launches, launches + 2);
      expect_same(own.mean, s.mean, "mean");
      expect_same(own.var, s.var, "var");
      expect_same(own.invstd, s.invstd, "invstd");
      expect_same(checked_once(order, [&] { return on_cuda().norm_relu(gx, ggamma, gbeta, gs); }), y, "norm_relu");
      const auto [op, ocode] = checked_once(order, [&] { return on_cuda().norm_relu_pool(gx, ggamma, gbeta, gs); });
      expect_same(op, p, "norm_relu_pool");
      EXPECT_TRUE(to_host(ocode).equal(code));
      expect_same(checked_once(order, [&] { return on_cuda().norm_relu_backward(gdy, gx, ggamma, gbeta, gs, {}); }),
                  through_norm, "norm_relu_backward");
      const at::Tensor given = to_device(dy);
      const NormGradients in_place =
          checked_once(order, [&] { return on_cuda().norm_relu_backward(given, gx, ggamma, gbeta, gs, given); });
      EXPECT_TRUE(in_place.x.is_same(given));
      expect_same(in_place, through_norm, "norm_relu_backward in place");
      expect_same(
          checked_once(order, [&] { return on_cuda().norm_relu_pool_backward(gdp, gp, gcode, gx, ggamma, gbeta, gs); }),
          through_pool, "norm_relu_pool_backward");
    }
  }
}

TEST_P(EmulatedNormRelu, UnpoolsAndPicksTheLargestToTheBit) {
  const at::Tensor x = maps(-1, 3, 1), dp = pooled_maps(2);
  const at::Tensor code =
      at::empty(dp.sizes(), at::kByte).random_(0, 4, test::emulated_generator(3)).contiguous(format);
  const at::Tensor gx = to_device(x), gdp = to_device(dp), gcode = to_device(code);
  // The CPU has no kernel of this one for bfloat16; ones and zeros lose nothing.
  const at::Tensor largest = on_cpu().one_hot_of_max(x.to(test::weights_of(dtype))).to(dtype);
  for (const unsigned order : test::kOrders) {
    EXPECT_TRUE(to_host(checked_once(order, [&] {
                  return on_cuda().unpool(gdp, gcode, sizes[2], sizes[3]);
                })).equal(on_cpu().unpool(dp, code, sizes[2], sizes[3])));
    EXPECT_TRUE(to_host(checked_once(order, [&] {
                  return on_cuda().unpool_backward(gx, gcode);
                })).equal(on_cpu().unpool_backward(x, code)));
    EXPECT_TRUE(to_host(checked_once(order, [&] { return on_cuda().one_hot_of_max(gx); })).equal(largest));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EmulatedNormRelu,
    testing::Combine(testing::Values(at::kDouble, at::kFloat, at::kBFloat16),
                     testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                     // One window; odd sides; more than a warp of channels; more pixels than a block adds up.
                     testing::Values(std::vector<int64_t>{1, 4, 2, 2}, std::vector<int64_t>{2, 3, 7, 5},
                                     std::vector<int64_t>{3, 33, 4, 6}, std::vector<int64_t>{2, 2, 67, 129})),
    [](const auto& info) {
      std::string name = test::name_of(std::get<0>(info.param), std::get<1>(info.param));
      for (const int64_t size : std::get<2>(info.param)) name += "_" + std::to_string(size);
      return name;
    });

/// Of ./build.sh test-cuda-emulated alone: 17 million threads.
TEST(EmulatedLong, ReductionsTakeMoreChannelsThanAGridHasInY) {
  const at::Tensor x = drawn({1, 65600, 1, 2}, -1, 3, 1), gx = to_device(x);
  const NormStatistics s = on_cpu().norm_statistics(x, true, 1e-5);
  const NormStatistics own = test::unchecked_on_device(0, [&] { return on_cuda().norm_statistics(gx, true, 1e-5); });
  EXPECT_LT(test::error_of(own.mean, s.mean), 1e-12);
  EXPECT_LT(test::error_of(own.invstd, s.invstd), 1e-12);
}

/// The noise is the same to the last bit on every device, in any order of threads, though nvcc contracts.
TEST(EmulatedNoise, IsTheCpusToTheLastBit) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    for (const int64_t count : {1, 3, 4, 1003, 20000}) {
      for (const int64_t first : {0, 5, 8}) {
        at::Tensor cpu = at::empty({count}, dtype), device = to_device(cpu);
        on_cpu().exponential_noise(cpu, 7, 3, first);
        for (const unsigned order : test::kOrders) {
          checked_once(order, [&] {
            on_cuda().exponential_noise(device, 7, 3, first);
            return 0;
          });
          EXPECT_TRUE(to_host(device).equal(cpu)) << count << " values from " << first << " in order " << order;
        }
      }
    }
  }
}

TEST(EmulatedAdam, AgreesWithTheCpu) {
  const kernels::AdamFactors factors{0.9, 0.999, 1e-8, 1e-2, 0.1};
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    for (const int64_t count : {1, 255, 5001}) {
      const at::Tensor g = drawn({count}, -1, 1, 1, dtype);
      at::Tensor p = drawn({count}, -1, 1, 2, dtype), m = drawn({count}, -1, 1, 3, dtype),
                 v = drawn({count}, 0, 1, 4, dtype);
      at::Tensor gp = to_device(p), gm = to_device(m), gv = to_device(v);
      const at::Tensor gg = to_device(g);
      on_cpu().adam(p, g, m, v, factors);
      on_device(2, [&] {
        on_cuda().adam(gp, gg, gm, gv, factors);
        return 0;
      });
      EXPECT_LT(test::error_of(gp, p), test::bound_of(dtype));
      EXPECT_LT(test::error_of(gm, m), test::bound_of(dtype));
      EXPECT_LT(test::error_of(gv, v), test::bound_of(dtype));
    }
  }
}

TEST(EmulatedKernels, GiveBackNothingForNothing) {
  at::Tensor none = to_device(at::empty({0}, at::kFloat));
  on_device(0, [&] {
    on_cuda().exponential_noise(none, 7, 3, 0);
    return 0;
  });
  EXPECT_EQ(none.numel(), 0);
}

}  // namespace
}  // namespace jtr
