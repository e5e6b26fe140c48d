#include "kernels/adam.h"

#include "support.h"

namespace jtr {
namespace {

class AdamKernel : public testing::TestWithParam<std::tuple<at::ScalarType, int64_t>> {};

TEST_P(AdamKernel, AgreesWithTheFormulaWrittenInAten) {
  const auto [dtype, count] = GetParam();
  const kernels::AdamFactors f = {0.9, 0.999, 1e-8, 1e-3 / (1 - 0.9 * 0.9), std::sqrt(1 - 0.999 * 0.999)};
  at::Tensor p = test::uniform({count}, -1, 1, 1).to(dtype), g = test::uniform({count}, -1, 1, 2).to(dtype);
  at::Tensor m = test::uniform({count}, -1, 1, 3).to(dtype), v = test::uniform({count}, 0, 1, 4).to(dtype);
  const at::Tensor m1 = f.beta1 * m + (1 - f.beta1) * g, v1 = f.beta2 * v + (1 - f.beta2) * g * g;
  const at::Tensor p1 = p - f.step_size * m1 / (v1.sqrt() / f.sqrt_correction2 + f.epsilon);
  kernels::adam(p, g, m, v, f);
  const double bound = dtype == at::kDouble ? 1e-15 : 1e-6;  // a few roundings
  EXPECT_LT(test::relative_error(m, m1), bound);
  EXPECT_LT(test::relative_error(v, v1), bound);
  EXPECT_LT(test::relative_error(p, p1), bound);
}

INSTANTIATE_TEST_SUITE_P(PrecisionsAndOddSizes, AdamKernel,
                         testing::Combine(testing::Values(at::kFloat, at::kDouble),
                                          testing::Values<int64_t>(1, 7, 1023, 70001)));

}  // namespace
}  // namespace jtr
