// The reconstruction loss of both joint stacks (Nishi et al., CVPR 2024), with its gradient, in one pass.
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
