// The kernels of a device: one table a device, with all operations. An operation that a device has no kernel for is
// computed by ATen's formula (aten.h), on every device.
//
// Each operation's formula and shapes stand in its own header: norm_relu.h, norm_add_relu.h, one_hot.h, adam.h,
// exponential_noise.h, gradient_norm.h, joint_stacks.h, joint_reconstruction.h.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

#include "kernels/adam.h"
#include "kernels/device/layout.h"
#include "kernels/joint_stacks.h"
#include "kernels/norm_add_relu.h"
#include "kernels/norm_relu.h"

namespace jtr::kernels {

struct KernelTable {
  NormStatistics (*norm_statistics)(const at::Tensor& x, bool per_sample, double eps) = nullptr;
  at::Tensor (*norm_relu)(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                          const NormStatistics& s) = nullptr;
  std::tuple<at::Tensor, at::Tensor> (*norm_relu_pool)(const at::Tensor& x, const at::Tensor& gamma,
                                                       const at::Tensor& beta, const NormStatistics& s) = nullptr;
  NormGradients (*norm_relu_backward)(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                      const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) = nullptr;
  NormGradients (*norm_relu_pool_backward)(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                           const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                           const NormStatistics& s) = nullptr;
  at::Tensor (*norm_add_relu)(const NormedMap& x, const NormedMap& r) = nullptr;
  at::Tensor (*unpool)(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) = nullptr;
  at::Tensor (*unpool_backward)(const at::Tensor& d, const at::Tensor& code) = nullptr;
  at::Tensor (*one_hot_of_max)(const at::Tensor& x) = nullptr;
  void (*adam)(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& factors) = nullptr;
  void (*exponential_noise)(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first) = nullptr;
  double (*squared_norm)(const at::Tensor& flat) = nullptr;

  // Of a packed view (joint_inputs.h), with tensors that lie like `shape`. They belong together: where a device lacks
  // one of them, joint_task computes by the tasks' own operations, as has_joint_space() tells.
  void (*joint_stacks)(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                       const device::Shape& shape, at::Tensor& out) = nullptr;
  void (*joint_stacks_backward)(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                                const at::Tensor& d, const device::Shape& shape, at::Tensor& grad) = nullptr;
  void (*joint_reconstruction)(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                               const ReconstructionTargets& targets, const at::Tensor& stacks,
                               const device::Shape& shape, double scale, at::Tensor& loss, at::Tensor& dr) = nullptr;

  bool has_joint_space() const {
    return joint_stacks != nullptr && joint_stacks_backward != nullptr && joint_reconstruction != nullptr;
  }
};

/// The table of a device's kind; an empty one where there are no kernels for it, or they are switched off.
const KernelTable& table(at::Device device);

/// Gives a device's kind its table while the library is loaded: static const KernelsOf registered(at::kCPU, {...});
struct KernelsOf {
  KernelsOf(at::DeviceType type, const KernelTable& kernels);
};

}  // namespace jtr::kernels
