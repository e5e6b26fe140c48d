// The kernels of the joint space against the same formulas by ATen and autograd, and against finite differences.
#include <ATen/Parallel.h>

#include "kernels/device/joint_math.h"
#include "kernels/joint_fixture.h"
#include "kernels/joint_reconstruction.h"

namespace jtr {
namespace {

using Parameter = std::tuple<at::ScalarType, at::MemoryFormat, test::JointCase>;

class JointKernels : public testing::TestWithParam<Parameter> {
 protected:
  JointKernels()
      : f(std::get<2>(GetParam()), std::get<0>(GetParam())),
        format(std::get<1>(GetParam())),
        // Values of order 1 after a few roundings; float32's error function and exponential are good to a few of them.
        bound(std::get<0>(GetParam()) == at::kDouble ? 1e-12 : 2e-6) {}

  std::unique_ptr<JointSpace> by_kernels(bool corrected = false) const {
    return make_joint_space({&f.tasks, corrected, format}, at::kCPU);
  }
  std::unique_ptr<JointSpace> by_aten(bool corrected = false) const {
    return make_plain_joint_space({&f.tasks, corrected, format});
  }

  test::JointFixture f;
  at::MemoryFormat format;
  double bound;
};

TEST_P(JointKernels, KnowEveryKindOfTask) { EXPECT_TRUE(f.tasks.channel_groups().has_value()); }

TEST_P(JointKernels, BuildTheStacksThatAtenBuilds) {
  for (const StackNoise& use : test::stack_uses()) {
    const at::Tensor actual = by_kernels()->stacks(f.view, use), expected = by_aten()->stacks(f.view, use);
    EXPECT_EQ(actual.scalar_type(), expected.scalar_type());
    EXPECT_TRUE(actual.is_contiguous(format));
    ASSERT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LT(test::largest_difference(actual, expected), bound) << use.completion << " " << use.prediction;
  }
}

TEST_P(JointKernels, GiveThePredictionsTheGradientThatAutogradGives) {
  const at::Tensor d = f.random_stacks(-1, 1, 7, format);
  for (const StackNoise& use : test::stack_uses()) {
    at::Tensor actual = test::uniform(f.view.prediction.sizes(), -1, 1, 8).to(d.scalar_type()),
               expected = actual.clone();
    const at::Tensor before = actual.clone();
    by_kernels()->stacks_backward(f.view, use, d, actual);
    by_aten()->stacks_backward(f.view, use, d, expected);
    EXPECT_LT(test::largest_difference(actual, expected), bound) << use.completion << " " << use.prediction;
    EXPECT_GT(test::largest_difference(actual, before), 1e-3);
    // The last sample is labelled for every task.
    EXPECT_TRUE(at::equal(actual[-1], before[-1]));
  }
}

TEST_P(JointKernels, GiveTheReconstructionLossAndItsGradientThatAutogradGives) {
  const at::Tensor r = f.random_stacks(-3, 3, 9, format);
  for (const bool corrected : {false, true}) {
    const at::Tensor stacks = by_aten()->stacks(f.view, {kCompletion2, kernels::kNoNoise, corrected});
    const Reconstruction actual = by_kernels(corrected)->reconstruction(f.view, r, stacks, 0.7);
    const Reconstruction expected = by_aten(corrected)->reconstruction(f.view, r, stacks, 0.7);
    ASSERT_EQ(actual.grad.sizes(), r.sizes());
    // Sums over the pixels: relative to them.
    EXPECT_LT(test::relative_error(actual.loss, expected.loss), bound) << corrected;
    EXPECT_LT(test::relative_error(actual.grad, expected.grad), bound) << corrected;
  }
}

TEST_P(JointKernels, GiveTheSameForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const at::Tensor r = f.random_stacks(-3, 3, 9, format);
  std::vector<Reconstruction> results;
  std::vector<at::Tensor> stacks;
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    stacks.push_back(by_kernels()->stacks(f.view, test::stack_uses()[0]));
    results.push_back(by_kernels()->reconstruction(f.view, r, stacks.back(), 1));
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(stacks[0], stacks[1]));
  EXPECT_TRUE(at::equal(results[0].loss, results[1].loss));
  EXPECT_TRUE(at::equal(results[0].grad, results[1].grad));
}

INSTANTIATE_TEST_SUITE_P(Cases, JointKernels,
                         testing::Combine(testing::Values(at::kDouble, at::kFloat),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::ValuesIn(test::joint_cases())),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == at::kDouble ? "Double" : "Float") +
                                  (std::get<1>(info.param) == at::MemoryFormat::Contiguous ? "First" : "Last") +
                                  std::get<2>(info.param).name;
                         });

TEST(JointKernelsInDouble, HaveTheGradientThatFiniteDifferencesGive) {
  test::JointFixture f(test::joint_cases()[0], at::kDouble);
  constexpr double kStep = 1e-6;
  for (const bool corrected : {false, true}) {
    const auto space = make_joint_space({&f.tasks, corrected, at::MemoryFormat::Contiguous}, at::kCPU);
    const at::Tensor stacks = space->stacks(f.view, {kCompletion2, kernels::kNoNoise, corrected});
    at::Tensor r = f.random_stacks(-2, 2, 11, at::MemoryFormat::Contiguous);
    const at::Tensor gradient = space->reconstruction(f.view, r, stacks, 1).grad.flatten();
    const auto loss = [&] { return space->reconstruction(f.view, r, stacks, 1).loss.sum().item<double>(); };
    for (int64_t i = 5; i < r.numel(); i += 997) {
      at::Tensor element = r.view(-1)[i];
      const double original = element.item<double>();
      element.fill_(original + kStep);
      const double plus = loss();
      element.fill_(original - kStep);
      const double minus = loss();
      element.fill_(original);
      // Differences of a sum of order 100 in double: about 1e-8 of noise.
      EXPECT_NEAR(gradient[i].item<double>(), (plus - minus) / (2 * kStep), 1e-7) << i;
    }
    // The stacks' gradient, at values that are not classes; a hard sample has no derivative.
    const StackNoise use = test::stack_uses()[corrected ? 1 : 0];
    const at::Tensor d = f.random_stacks(-1, 1, 12, at::MemoryFormat::Contiguous);
    at::Tensor grad = at::zeros_like(f.view.prediction);
    space->stacks_backward(f.view, use, d, grad);
    const auto dot = [&] { return (space->stacks(f.view, use) * d).sum().item<double>(); };
    for (int64_t c = f.tasks.channel_offset(1); c < f.tasks.channels(); ++c) {
      at::Tensor element = f.view.prediction[0][c][3][4];  // sample 0 has no label
      const double original = element.item<double>();
      element.fill_(original + kStep);
      const double plus = dot();
      element.fill_(original - kStep);
      const double minus = dot();
      element.fill_(original);
      EXPECT_NEAR(grad[0][c][3][4].item<double>(), (plus - minus) / (2 * kStep), 1e-8) << c;
    }
  }
}

TEST(JointKernelsInDouble, AddNothingForAVectorWithoutLengthAndASampleWithoutAValidPixel) {
  test::JointFixture f({"", {test::normals()}, 3, 5}, at::kDouble);
  f.view.label.zero_();  // sample 1 is labelled, and has no valid pixel
  const auto space = make_joint_space({&f.tasks, false, at::MemoryFormat::Contiguous}, at::kCPU);
  const auto plain = make_plain_joint_space({&f.tasks, false, at::MemoryFormat::Contiguous});
  at::Tensor r = f.random_stacks(-1, 1, 13, at::MemoryFormat::Contiguous);
  r[0].zero_();
  const Reconstruction actual = space->reconstruction(f.view, r, {}, 1),
                       expected = plain->reconstruction(f.view, r, {}, 1);
  EXPECT_TRUE(actual.grad.isfinite().all().item<bool>());
  EXPECT_LT(test::relative_error(actual.grad, expected.grad), 1e-12);
  EXPECT_LT(test::relative_error(actual.loss, expected.loss), 1e-12);
  EXPECT_EQ(actual.grad[1].abs().sum().item<double>() + actual.grad[3].abs().sum().item<double>(), 0);
}

TEST(JointMath, OfFloatIsExactToAFewRoundings) {
  // Against the standard library in double: relative for the exponential, absolute where the result is added to 1.
  for (double x = -80; x <= 0; x += 0.0067) {
    const float v = static_cast<float>(x);
    ASSERT_NEAR(kernels::device::exp_of(v) / std::exp(static_cast<double>(v)), 1, 3e-7) << v;
    for (const float w : {v / 10, -v / 10}) {
      ASSERT_NEAR(kernels::device::erf_of(w), std::erf(static_cast<double>(w)), 2e-7) << w;
    }
    const double u = std::abs(x) / 80;
    ASSERT_NEAR(kernels::device::log1p_of(static_cast<float>(u)), std::log1p(static_cast<float>(u)), 2e-7) << u;
  }
  EXPECT_EQ(kernels::device::exp_of(0.0f), 1);
  EXPECT_EQ(kernels::device::erf_of(0.0f), 0);
  EXPECT_LT(kernels::device::exp_of(-1e30f), 1e-37);
  EXPECT_TRUE(std::isnan(kernels::device::exp_of(std::nanf(""))));
}

TEST(TaskSet, WithMoreTasksThanTheKernelsTakeGoesWithoutThem) {
  std::vector<Variant> specs;
  for (int i = 0; i <= kernels::device::kMostGroups; ++i) specs.push_back(test::task("map", std::to_string(i)));
  const TaskSet tasks(specs);
  EXPECT_FALSE(tasks.channel_groups().has_value());
  // The formulas by ATen serve instead.
  const JointView view = {
      test::uniform({1, tasks.channels(), 2, 2}, 0, 1, 1), test::uniform({1, tasks.channels(), 2, 2}, 0, 1, 2),
      at::ones({1, tasks.channels()}, at::kBool), at::empty({1, kNoiseSlots, 0, 2, 2}, at::kDouble)};
  const auto space = make_joint_space({&tasks, false, at::MemoryFormat::Contiguous}, at::kCPU);
  const at::Tensor stacks = space->stacks(view, test::stack_uses()[0]);
  EXPECT_TRUE(at::equal(stacks[0], view.label[0]));
  EXPECT_TRUE(at::equal(stacks[1], view.prediction[0]));
}

}  // namespace
}  // namespace jtr
