// The stacks of Joint-Task Regularization (Nishi et al., CVPR 2024), built in one pass: [2N, C, H, W] of which the
// first N are the encoded labels, completed by encoded predictions where a sample is not labelled, and the others the
// encoded predictions. With p and y a task's prediction and label at a pixel, e its noise and m the mask:
//
//   m = product over the labelled tasks of [y is valid]
//   classes         m softmax(p), or m onehot(argmax(p - log e)), with the gradient of softmax(p - log e); label:
//   onehot(y) positive value  Phi(m p) and Phi(y), Phi the CDF of a normal distribution direction       (m p + 1) / 2
//   and (y + 1) / 2 plain value     m p and y, 0 where y is not finite
//
// Labels are multiplied by m where StackNoise::mask_labels asks for it.
#pragma once

#include <ATen/ATen.h>

#include "kernels/device/joint_channels.h"

namespace jtr::kernels {

using device::ChannelGroup;
using device::ChannelGroups;
using device::Encoding;
using device::kNoNoise;
using device::ReconstructionTargets;
using device::StackNoise;

/// One view of a batch, float or double.
struct JointView {
  at::Tensor prediction;  // [N, C, H, W]
  at::Tensor label;       // [N, L, H, W]
  at::Tensor labelled;    // bool [N, K]
  at::Tensor noise;       // [N, slots, S, H, W]
};

/// The stacks, in the given layout.
at::Tensor joint_stacks(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                        at::MemoryFormat format);

/// Adds to `grad` [N, C, H, W] the gradient of the predictions of tasks that are not labelled, from the stacks'
/// gradient `d`. A hard sample has its soft one's gradient.
void joint_stacks_backward(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                           const at::Tensor& d, at::Tensor& grad);

}  // namespace jtr::kernels
