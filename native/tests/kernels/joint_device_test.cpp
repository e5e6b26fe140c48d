// What the CUDA kernels of the joint space compute for each index, run in a loop on the CPU, against the CPU's own
// kernels: every label pattern, both layouts.
#include "kernels/device/joint_reconstruction.h"
#include "kernels/joint_fixture.h"
#include "kernels/joint_reconstruction.h"

namespace jtr {
namespace {

using kernels::device::Shape;
using kernels::device::Sums;

using Parameter = std::tuple<at::MemoryFormat, test::JointCase>;

/// In double, so that differences are errors and not rounding.
class JointDeviceCode : public testing::TestWithParam<Parameter> {
 protected:
  JointDeviceCode()
      : format(std::get<0>(GetParam())),
        f(std::get<1>(GetParam()), at::kDouble),
        groups(*f.tasks.channel_groups()),
        in(kernels::inputs_of<double>(f.view)),
        shape(kernels::stacks_shape(f.view.prediction, format)) {}

  static double* data(const at::Tensor& tensor) { return tensor.data_ptr<double>(); }

  at::MemoryFormat format;
  test::JointFixture f;
  kernels::ChannelGroups groups;
  kernels::device::JointInputs<double> in;
  Shape shape;
};

constexpr double kBound = 1e-12;

TEST_P(JointDeviceCode, BuildsTheStacks) {
  for (const StackNoise& use : test::stack_uses()) {
    const at::Tensor out = f.random_stacks(5, 6, 1, format);  // no value of a stack
    for (int64_t i = 0; i < in.samples * in.pixels; ++i) {
      kernels::device::stacks_at(i, groups, in, use, shape, data(out));
    }
    EXPECT_LT(test::largest_difference(out, kernels::joint_stacks(groups, f.view, use, format)), kBound);
  }
}

TEST_P(JointDeviceCode, GivesThePredictionsTheirGradient) {
  const at::Tensor d = f.random_stacks(-1, 1, 2, format);
  for (const StackNoise& use : test::stack_uses()) {
    at::Tensor expected = test::uniform(f.view.prediction.sizes(), -1, 1, 3), grad = expected.clone();
    kernels::joint_stacks_backward(groups, f.view, use, d, expected);
    for (int64_t i = 0; i < in.samples * in.pixels; ++i) {
      kernels::device::stacks_backward_at(i, groups, in, use, shape, data(d), data(grad));
    }
    EXPECT_LT(test::largest_difference(grad, expected), kBound);
  }
}

TEST_P(JointDeviceCode, GivesTheReconstructionLossAndItsGradient) {
  const at::Tensor r = f.random_stacks(-3, 3, 4, format);
  for (const bool corrected : {false, true}) {
    const at::Tensor stacks =
        kernels::joint_stacks(groups, f.view, {kCompletion2, kernels::kNoNoise, corrected}, format);
    const kernels::ReconstructionTargets targets = {corrected, kCompletionTarget2, kPredictionTarget2};
    at::Tensor expected;
    const at::Tensor loss = kernels::joint_reconstruction(groups, f.view, r, targets, stacks, 0.3, expected);
    const at::Tensor dr = f.random_stacks(5, 6, 5, format);
    std::vector<double> factors(static_cast<size_t>(in.samples * 2 * groups.count));
    for (int64_t n = 0; n < in.samples; ++n) {
      double total = 0;
      for (int64_t term = 0; term < 2 * groups.count; ++term) {
        const int32_t k = static_cast<int32_t>(term % groups.count);
        Sums sums{0, 0};
        for (int64_t pixel = 0; pixel < in.pixels; ++pixel) {
          sums = sums + kernels::device::reconstruction_at(n, term / groups.count, k, pixel, groups, in, targets, shape,
                                                           data(r), data(stacks), data(dr));
        }
        total += kernels::device::reconstruction_loss(groups.group[k], sums);
        factors[n * 2 * groups.count + term] = kernels::device::reconstruction_factor(sums, 0.3);
      }
      EXPECT_NEAR(total, loss[n].item<double>(), kBound * std::max(1.0, std::abs(total)));
    }
    for (int64_t i = 0; i < shape.elements(); ++i) {
      const kernels::device::Place p = kernels::device::place_of(shape, i);
      const int64_t term = p.n / in.samples * groups.count + kernels::device::group_of(groups, p.c);
      data(dr)[i] *= factors[p.n % in.samples * 2 * groups.count + term];
    }
    EXPECT_LT(test::largest_difference(dr, expected), kBound);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, JointDeviceCode,
                         testing::Combine(testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::ValuesIn(test::joint_cases())),
                         [](const auto& info) {
                           return (std::get<0>(info.param) == at::MemoryFormat::Contiguous ? "First" : "Last") +
                                  std::get<1>(info.param).name;
                         });

}  // namespace
}  // namespace jtr
