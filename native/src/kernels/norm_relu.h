// Norm, ReLU and 2x2 max pool in one pass over memory forward, and one backward.
//
//   z = gamma (x - mean) / sqrt(var + eps) + beta,  y = max(z, 0),  p = 2x2 max pool of y
//
// x [N, C, H, W]. Statistics per group and channel: one group for the whole batch (batch norm) or one per sample
// (instance norm), biased variance. The pool keeps the place of its maximum as a byte, 2 * row + column within the
// window, the first of equals; a last odd row or column is left out, as in ATen.
//
// Tensors are contiguous, channels first or channels last; all of a call lie alike.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace jtr::kernels {

struct NormStatistics {
  at::Tensor mean;        // [groups, C]
  at::Tensor var;         // [groups, C], biased
  at::Tensor invstd;      // [groups, C], 1 / sqrt(var + eps)
  bool constant = false;  // for gradients: none goes through the statistics, as with running ones
};

/// Statistics of x: of the batch (groups = 1) or of each sample (groups = N).
NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps);

/// y.
at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                     const NormStatistics& statistics);

/// p and its code, uint8 [N, C, H/2, W/2].
std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& statistics);

struct NormGradients {
  at::Tensor x, gamma, beta;
};

/// Gradients of norm_relu for the gradient dy of y, through the statistics too. The gradient of x is written to `dx`,
/// which may be dy itself, or to a new tensor where that is undefined.
NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& statistics, const at::Tensor& dx = {});

/// Gradients of norm_relu_pool for the gradient dp of p.
NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& statistics);

/// Max unpool: each value of y [N, C, h, w] at the place of its window that the code names, zeros elsewhere; [N, C, H,
/// W].
at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width);

/// Gradient of unpool: the values of d [N, C, H, W] at those places.
at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code);

}  // namespace jtr::kernels
