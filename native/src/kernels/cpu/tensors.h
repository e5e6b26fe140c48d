// The kernels of norm_relu.h, norm_add_relu.h, one_hot.h, adam.h, exponential_noise.h and joint_*.h for tensors in host
// memory.
#pragma once

#include "kernels/adam.h"
#include "kernels/device/layout.h"
#include "kernels/joint_stacks.h"
#include "kernels/norm_add_relu.h"
#include "kernels/norm_relu.h"

namespace jtr::kernels::on_cpu {

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps);
at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s);
std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s);
NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx);
NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s);
at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r);
at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width);
at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code);
at::Tensor one_hot_of_max(const at::Tensor& x);
void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& factors);
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first);
double squared_norm(const at::Tensor& flat);
void joint_stacks(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                  const device::Shape& shape, at::Tensor& out);
void joint_stacks_backward(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                           const at::Tensor& d, const device::Shape& shape, at::Tensor& grad);
void joint_reconstruction(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                          const ReconstructionTargets& targets, const at::Tensor& stacks, const device::Shape& shape,
                          double scale, at::Tensor& loss, at::Tensor& dr);

}  // namespace jtr::kernels::on_cpu
