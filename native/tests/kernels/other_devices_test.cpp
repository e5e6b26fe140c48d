// Kernels of the CPU that are given a tensor which is not in host memory, as on a GPU in a library without CUDA
// kernels: they compute otherwise or say so, and follow no pointer. (ATen's "meta" device has tensors without memory.)
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/adam.h"
#include "kernels/exponential_noise.h"
#include "kernels/joint_reconstruction.h"
#include "kernels/norm_add_relu.h"
#include "kernels/norm_relu.h"
#include "kernels/one_hot.h"

namespace jtr {
namespace {

at::Tensor elsewhere(at::IntArrayRef sizes, at::ScalarType dtype = at::kFloat) {
  return at::empty(sizes, at::TensorOptions(dtype).device(at::kMeta));
}

TEST(OtherDevices, ExponentialNoiseIsDrawnOnTheHostAndBrought) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    at::Tensor out = elsewhere({1003}, dtype);
    kernels::exponential_noise(out, 7, 3);
    EXPECT_TRUE(out.is_meta());
    at::Tensor nothing = elsewhere({0}, dtype);
    kernels::exponential_noise(nothing, 7, 3);
  }
}

TEST(OtherDevices, AdamAndOneHotComputeByAten) {
  at::Tensor p = elsewhere({7}), g = elsewhere({7}), m = elsewhere({7}), v = elsewhere({7});
  kernels::adam(p, g, m, v, {0.9, 0.999, 1e-8, 1e-3, 0.3});
  EXPECT_TRUE(kernels::one_hot_of_max(elsewhere({2, 3, 4, 5})).is_meta());
}

TEST(OtherDevices, AreComputedByAtensFormulasOrSaySo) {
  for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const at::Tensor x = elsewhere({2, 3, 4, 6}).contiguous(format), c = elsewhere({3}), p = elsewhere({2, 3, 2, 3});
    const at::Tensor code = elsewhere({2, 3, 2, 3}, at::kByte);
    const kernels::NormStatistics s{elsewhere({1, 3}), elsewhere({1, 3}), elsewhere({1, 3})};
    const auto there = [](const at::Tensor& y, at::IntArrayRef sizes) { return y.is_meta() && y.sizes() == sizes; };
    EXPECT_TRUE(there(kernels::norm_statistics(x, false, 1e-5).invstd, {1, 3}));
    EXPECT_TRUE(there(kernels::norm_relu(x, c, c, s), {2, 3, 4, 6}));
    EXPECT_TRUE(there(kernels::norm_add_relu({x, c, c, s}, {x, {}, {}, {}}), {2, 3, 4, 6}));
    EXPECT_TRUE(there(kernels::norm_backward(x, {x, c, c, s}).gamma, {3}));
    EXPECT_TRUE(there(std::get<1>(kernels::norm_relu_pool(x, c, c, s)), {2, 3, 2, 3}));
    EXPECT_TRUE(there(kernels::norm_relu_backward(x, x, c, c, s).gamma, {3}));
    EXPECT_TRUE(there(kernels::norm_relu_pool_backward(p, p, code, x, c, c, s).x, {2, 3, 4, 6}));
    EXPECT_TRUE(there(kernels::unpool(p.contiguous(format), code, 4, 6), {2, 3, 4, 6}));
    EXPECT_TRUE(there(kernels::unpool_backward(x, code), {2, 3, 2, 3}));
    kernels::ChannelGroups groups{};
    groups.count = 1;
    groups.group[0] = {kernels::Encoding::kPlain, 0, 1, 3, 3};
    const kernels::JointView view{elsewhere({2, 3, 4, 6}), elsewhere({2, 3, 4, 6}), elsewhere({2, 1}, at::kBool),
                                  elsewhere({2, 0, 0, 4, 6})};
    const kernels::StackNoise noise{0, 0, false};
    const at::Tensor stacks = elsewhere({4, 3, 4, 6}).contiguous(format);
    at::Tensor out = elsewhere({2, 3, 4, 6});
    EXPECT_THROW(kernels::joint_stacks(groups, view, noise, format), c10::Error);
    EXPECT_THROW(kernels::joint_stacks_backward(groups, view, noise, stacks, out), c10::Error);
    EXPECT_THROW(kernels::joint_reconstruction(groups, view, stacks, {true, 0, 0}, stacks, 1, out), c10::Error);
  }
}

}  // namespace
}  // namespace jtr
