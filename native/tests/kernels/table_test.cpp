// ATen's formulas against the kernels of the CPU, and a device that has only some kernels.
#include "kernels/table.h"

#include "kernels/aten.h"
#include "kernels/available.h"
#include "kernels/exponential_noise.h"
#include "kernels/gradient_norm.h"
#include "kernels/joint_fixture.h"
#include "kernels/one_hot.h"
#include "methods/joint_space.h"
#include "support.h"

namespace jtr {
namespace {

using kernels::NormGradients;
using kernels::NormStatistics;

struct Case {
  at::ScalarType dtype;
  at::MemoryFormat format;
  bool per_sample;
};

class Formulas : public testing::TestWithParam<Case> {
 protected:
  at::Tensor maps(int64_t height, int64_t width, uint64_t seed) const {
    return test::normal({3, 5, height, width}, seed).to(GetParam().dtype).contiguous(GetParam().format);
  }
  void expect_same(const at::Tensor& by_aten, const at::Tensor& kernel, const char* what) const {
    ASSERT_EQ(by_aten.sizes(), kernel.sizes()) << what;
    EXPECT_EQ(by_aten.scalar_type(), kernel.scalar_type()) << what;
    // bfloat16 keeps 8 bits; the others differ by the order of sums.
    const double bound = GetParam().dtype == at::kDouble ? 1e-11 : GetParam().dtype == at::kFloat ? 2e-5 : 2e-2;
    EXPECT_LT(test::relative_error(by_aten, kernel), bound) << what;
  }
};

TEST_P(Formulas, OfNormReluAndPoolAreWhatTheKernelsCompute) {
  const at::ScalarType weights = GetParam().dtype == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor x = maps(7, 10, 1), dy = maps(7, 10, 2), dp = maps(3, 5, 3);
  const at::Tensor gamma = test::uniform({5}, 0.5, 1.5, 4).to(weights), beta = test::uniform({5}, -1, 1, 5).to(weights);
  const NormStatistics s = kernels::norm_statistics(x, GetParam().per_sample, 1e-5);
  const NormStatistics plain = kernels::by_aten::norm_statistics(x, GetParam().per_sample, 1e-5);
  expect_same(plain.mean + 1, s.mean + 1, "mean");
  expect_same(plain.var, s.var, "var");
  expect_same(plain.invstd, s.invstd, "invstd");
  expect_same(kernels::by_aten::norm_relu(x, gamma, beta, s), kernels::norm_relu(x, gamma, beta, s), "norm_relu");
  for (const kernels::NormedMap& r : {kernels::NormedMap{dy, {}, {}, {}}, kernels::NormedMap{dy, beta, gamma, s}}) {
    const kernels::NormedMap map{x, gamma, beta, s};
    expect_same(kernels::by_aten::norm_add_relu(map, r), kernels::norm_add_relu(map, r), "norm_add_relu");
  }
  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, s);
  const auto [plain_p, plain_code] = kernels::by_aten::norm_relu_pool(x, gamma, beta, s);
  expect_same(plain_p, p, "pooled");
  // Where windows are all zero, or equal after rounding, either place will do.
  EXPECT_GT(plain_code.eq(code).logical_or(p.le(0)).to(at::kDouble).mean().item<double>(), 0.98);

  const auto expect_gradients = [&](const NormGradients& by_aten, const NormGradients& kernel, const char* what) {
    expect_same(by_aten.x, kernel.x, what);
    expect_same(by_aten.gamma, kernel.gamma, what);
    expect_same(by_aten.beta, kernel.beta, what);
  };
  expect_gradients(kernels::by_aten::norm_relu_backward(dy, x, gamma, beta, s, {}),
                   kernels::norm_relu_backward(dy, x, gamma, beta, s), "norm_relu_backward");
  expect_gradients(kernels::by_aten::norm_relu_pool_backward(dp, p, code, x, gamma, beta, s),
                   kernels::norm_relu_pool_backward(dp, p, code, x, gamma, beta, s), "norm_relu_pool_backward");
  at::Tensor given = at::empty_like(x);
  const NormGradients into = kernels::by_aten::norm_relu_backward(dy, x, gamma, beta, s, given);
  EXPECT_TRUE(into.x.is_same(given));
  EXPECT_TRUE(at::equal(kernels::by_aten::unpool(dp, code, 7, 10), kernels::unpool(dp, code, 7, 10)));
  EXPECT_TRUE(at::equal(kernels::by_aten::unpool_backward(dy, code), kernels::unpool_backward(dy, code)));
}

INSTANTIATE_TEST_SUITE_P(Kernels, Formulas,
                         testing::Values(Case{at::kDouble, at::MemoryFormat::Contiguous, false},
                                         Case{at::kDouble, at::MemoryFormat::Contiguous, true},
                                         Case{at::kDouble, at::MemoryFormat::ChannelsLast, false},
                                         Case{at::kDouble, at::MemoryFormat::ChannelsLast, true},
                                         Case{at::kFloat, at::MemoryFormat::Contiguous, false},
                                         Case{at::kFloat, at::MemoryFormat::ChannelsLast, true},
                                         Case{at::kBFloat16, at::MemoryFormat::Contiguous, true},
                                         Case{at::kBFloat16, at::MemoryFormat::ChannelsLast, false}));

TEST(Formulas, OfPointwiseOperationsAreWhatTheKernelsCompute) {
  const at::Tensor x = test::normal({2, 4, 3, 5}, 1);
  EXPECT_TRUE(at::equal(kernels::by_aten::one_hot_of_max(x), kernels::one_hot_of_max(x)));
  at::Tensor a = at::empty({1, 7, 3}, at::kFloat), b = at::empty_like(a);
  for (const int64_t first : {0, 6}) {
    kernels::by_aten::exponential_noise(a, 5, 2, first);
    kernels::exponential_noise(b, 5, 2, first);
    EXPECT_TRUE(at::equal(a, b)) << first;  // to the last bit, by whatever instructions
  }
  EXPECT_NEAR(kernels::by_aten::squared_norm(x.flatten()), kernels::squared_norm(x.flatten()), 1e-12);
  const kernels::AdamFactors factors{0.9, 0.999, 1e-8, 1e-2, 0.1};
  at::Tensor p = test::normal({50}, 2), m = test::normal({50}, 3), v = test::uniform({50}, 0, 1, 4);
  const at::Tensor g = test::normal({50}, 5);
  at::Tensor p2 = p.clone(), m2 = m.clone(), v2 = v.clone();
  kernels::by_aten::adam(p, g, m, v, factors);
  kernels::adam(p2, g, m2, v2, factors);
  EXPECT_LT(test::relative_error(p, p2), 1e-14);
}

TEST(KernelTable, OfTheCpuHasEveryOperation) {
  const kernels::KernelTable& cpu = kernels::table(at::kCPU);
  // A table is function pointers and nothing else.
  const auto* entries = reinterpret_cast<void* const*>(&cpu);
  for (size_t i = 0; i < sizeof cpu / sizeof(void*); ++i) EXPECT_NE(entries[i], nullptr) << "entry " << i;
}

TEST(KernelTable, NeedsEveryKernelOfTheJointSpace) {
  kernels::KernelTable some = kernels::table(at::kCPU);
  EXPECT_TRUE(some.has_joint_space());
  some.joint_stacks_backward = nullptr;
  EXPECT_FALSE(some.has_joint_space());
  some = kernels::table(at::kCPU);
  some.joint_reconstruction = nullptr;
  EXPECT_FALSE(some.has_joint_space());
}

// A device with a part of the joint space's kernels: joint_task computes by the tasks' own operations there.
TEST(KernelTable, WithAPartOfTheJointSpaceGivesThePlainOne) {
  test::JointFixture f(test::joint_cases().front(), at::kDouble);
  const kernels::KernelTable whole = kernels::table(at::kCPU);
  const JointSpaceOptions options{&f.tasks, false, at::MemoryFormat::Contiguous};
  const StackNoise noise{kCompletion1, kPrediction1, true};
  const at::Tensor expected = make_joint_space(options, at::kCPU)->stacks(f.view, noise);
  kernels::KernelTable some = whole;
  some.joint_stacks_backward = nullptr;
  kernels::KernelsOf(at::kCPU, some);
  const std::unique_ptr<JointSpace> space = make_joint_space(options, at::kCPU);
  at::Tensor grad = at::zeros_like(f.view.prediction);
  const at::Tensor stacks = space->stacks(f.view, noise);
  EXPECT_NO_THROW(space->stacks_backward(f.view, noise, at::ones_like(stacks), grad));
  kernels::KernelsOf(at::kCPU, whole);
  EXPECT_LT(test::largest_difference(stacks, expected), 1e-12);
}

TEST(KernelTable, IsEmptyWhereADeviceHasNoneOrKernelsAreOff) {
  EXPECT_EQ(kernels::table(at::Device(at::kMeta)).norm_relu, nullptr);
  EXPECT_FALSE(kernels::available(at::Device(at::kMeta)));
  kernels::enable(false);
  EXPECT_EQ(kernels::table(at::kCPU).norm_relu, nullptr);
  const at::Tensor x = test::normal({1, 3, 2, 2}, 1);
  const at::Tensor off = kernels::one_hot_of_max(x);
  kernels::enable(true);
  EXPECT_TRUE(at::equal(off, kernels::one_hot_of_max(x)));
}

}  // namespace
}  // namespace jtr
