// The reconstruction loss of both joint stacks (Nishi et al., CVPR 2024), with its gradient, in one pass. Of each task
// and stack, with r the auto-encoder's output, t the target and m the mask of joint_stacks.h:
//
//   classes         sum of m BCE(r, t) / n        binary cross entropy of each channel's logit
//   positive value  sum of m |s(r) - t| / n       s a sigmoid that is kept a little inside (0, 1)
//   direction       1 - sum of m r . t / |r| / n
//   plain value     sum of m |r - t| / n
//
// summed over pixels and channels. n, at least 1: with the stacks as targets the valid pixels (of a plain value, times
// its channels); as published the pixels with a class, of values and directions the targets that are not 0.
#pragma once

#include <ATen/ATen.h>

#include "kernels/joint_stacks.h"

namespace jtr::kernels {

/// The loss of each sample, [N], of the auto-encoder's output r [2N, C, H, W]. Writes `scale` times its gradient to
/// `dr`, which lies like r. `stacks` may be undefined unless they are the targets; they must lie like r.
at::Tensor joint_reconstruction(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                                const ReconstructionTargets& targets, const at::Tensor& stacks, double scale,
                                at::Tensor& dr);

}  // namespace jtr::kernels
