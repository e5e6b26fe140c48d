// The norm of flat memory against ATen's, and its independence of threads.
#include "kernels/gradient_norm.h"

#include <ATen/Parallel.h>

#include <limits>

#include "kernels/aten.h"
#include "support.h"

namespace jtr {
namespace {

TEST(SquaredNorm, AgreesWithATensInEitherPrecisionAndAnySize) {
  for (const int64_t count : {int64_t{1}, int64_t{7}, int64_t{8}, int64_t{32768}, int64_t{100003}}) {
    const at::Tensor x = test::uniform({count}, -3, 3, 5);
    const double expected = x.pow(2).sum().item<double>();
    EXPECT_NEAR(kernels::squared_norm(x), expected, 1e-12 * expected);  // another order of additions
    const at::Tensor f = x.to(at::kFloat);
    const double expected_f = f.to(at::kDouble).pow(2).sum().item<double>();
    EXPECT_NEAR(kernels::squared_norm(f), expected_f, 1e-12 * expected_f);
  }
}

TEST(SquaredNorm, IsTheSameForAnyNumberOfThreads) {
  const at::Tensor x = test::uniform({300001}, -1, 1, 6).to(at::kFloat);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const double one = kernels::squared_norm(x);
  at::set_num_threads(3);
  const double three = kernels::squared_norm(x);
  at::set_num_threads(threads);
  EXPECT_EQ(one, three);
}

TEST(SquaredNorm, OfAnotherDeviceIsAddedUpInDoubleToo) {
  // What a GPU computes, on the CPU. In float, 4e64 is infinite, and 2^24 ones and one are 2^24.
  EXPECT_NEAR(kernels::by_aten::squared_norm(at::full({40000}, 1e30f, at::kFloat)), 4e64,
              1e-6 * 4e64);                      // 1e30 as a float
  const int64_t count = (int64_t{1} << 23) + 5;  // more than a part
  const at::Tensor x = test::uniform({count}, -3, 3, 5).to(at::kFloat);
  const double expected = kernels::squared_norm(x);
  EXPECT_NEAR(kernels::by_aten::squared_norm(x), expected, 1e-12 * expected);  // another order of additions
  const at::Tensor wide = x.to(at::kDouble), before = wide.clone();
  EXPECT_NEAR(kernels::by_aten::squared_norm(wide), expected, 1e-12 * expected);
  EXPECT_TRUE(wide.equal(before));
  EXPECT_EQ(kernels::by_aten::squared_norm(at::empty({0})), 0);
}

TEST(SquaredNorm, SeesWhatIsNotFiniteAndDoesNotOverflowWhereFloatsDo) {
  at::Tensor x = at::full({40000}, 1e30f, at::kFloat);
  EXPECT_NEAR(kernels::squared_norm(x), 4e64, 1e-6 * 4e64);  // 1e30 as a float
  x[39999] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(kernels::squared_norm(x)));
}

}  // namespace
}  // namespace jtr
