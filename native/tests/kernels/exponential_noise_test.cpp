#include "kernels/exponential_noise.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace jtr {
namespace {

TEST(Philox, MatchesTheKnownAnswerOfItsAuthors) {
  // Random123's kat_vectors, philox4x32-10: zero counter and key, then all bits set.
  const PhiloxBlock zero = philox(0, static_cast<RandomUse>(0), 0, 0);
  EXPECT_EQ(zero.value[0], 0x6627e8d5u);
  EXPECT_EQ(zero.value[1], 0xe169c58du);
  EXPECT_EQ(zero.value[2], 0xbc57ac4cu);
  EXPECT_EQ(zero.value[3], 0x9b00dbd8u);
  const PhiloxBlock ones = philox(~uint64_t{0}, static_cast<RandomUse>(~0u), ~0u, ~uint64_t{0});
  EXPECT_EQ(ones.value[0], 0x408f276du);
  EXPECT_EQ(ones.value[1], 0x41c83b0eu);
  EXPECT_EQ(ones.value[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.value[3], 0x6d5451fdu);
}

TEST(ExponentialNoise, ItsLogarithmIsExactToAFewRoundings) {
  for (uint32_t i = 0; i < (1u << 24); i += 97) {
    const float u = open_uniform(i << 8);
    const double expected = -std::log(static_cast<double>(u));
    // Relative: the smallest values matter most, their logarithm is taken again.
    ASSERT_NEAR(kernels::negative_log(u), expected, 4e-7 * expected + 1e-12) << u;
  }
}

TEST(ExponentialNoise, HasTheMomentsOfAnExponentialDistribution) {
  at::Tensor noise = at::empty({100003}, at::kDouble);  // not a multiple of a block
  kernels::exponential_noise(noise, 11, 3);
  // Standard error of the mean is 1 / sqrt(1e5) = 0.003, of the variance about 0.009; four of them.
  EXPECT_NEAR(noise.mean().item<double>(), 1, 0.013);
  EXPECT_NEAR(noise.var().item<double>(), 1, 0.036);
  EXPECT_GT(noise.min().item<double>(), 0);
  EXPECT_NEAR(noise.gt(1).to(at::kDouble).mean().item<double>(), std::exp(-1.0), 0.006);
}

TEST(ExponentialNoise, IsTheSameForAnyNumberOfThreadsAndEitherPrecision) {
  const int threads = at::get_num_threads();
  at::Tensor one = at::empty({4, 5, 3, 33, 7}, at::kFloat), two = at::empty_like(one);
  at::Tensor wide = at::empty({4, 5, 3, 33, 7}, at::kDouble);
  at::set_num_threads(1);
  kernels::exponential_noise(one, 5, 9);
  at::set_num_threads(2);
  kernels::exponential_noise(two, 5, 9);
  kernels::exponential_noise(wide, 5, 9);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one, two));
  EXPECT_TRUE(at::equal(one, wide.to(at::kFloat)));
}

TEST(ExponentialNoise, OfAPartIsThatPartOfTheWhole) {
  at::Tensor whole = at::empty({3000}, at::kDouble);
  kernels::exponential_noise(whole, 5, 9);
  for (const int64_t first : {1, 4, 255, 1026}) {
    for (const int64_t count : {1, 3, 700}) {
      at::Tensor part = at::empty({count}, at::kDouble);
      kernels::exponential_noise(part, 5, 9, first);
      EXPECT_TRUE(at::equal(part, whole.narrow(0, first, count))) << count << " from " << first;
    }
  }
}

TEST(ExponentialNoise, DiffersBetweenStepsAndSeeds) {
  at::Tensor a = at::empty({1000}, at::kFloat), b = at::empty_like(a), c = at::empty_like(a);
  kernels::exponential_noise(a, 1, 0);
  kernels::exponential_noise(b, 1, 1);
  kernels::exponential_noise(c, 2, 0);
  EXPECT_EQ(a.eq(b).sum().item<int64_t>(), 0);
  EXPECT_EQ(a.eq(c).sum().item<int64_t>(), 0);
}

}  // namespace
}  // namespace jtr
