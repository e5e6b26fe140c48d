// Straight-through Gumbel-softmax (Jang et al. 2017), tau = 1.
#pragma once

#include <ATen/ATen.h>

namespace jtr {

/// A class along dimension 1 of logits [B, C, H, W] or [B, C], drawn by exponential noise of the same shape: one-hot
/// forward, the soft sample's gradient backward.
at::Tensor straight_through_gumbel(const at::Tensor& logits, const at::Tensor& noise);

}  // namespace jtr
