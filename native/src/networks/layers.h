// The layers between a network's convolutions, with their gradients: fused kernels on the CPU, ATen elsewhere.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace jtr {

/// Which statistics a norm uses.
enum class NormMode {
  kBatch,      // of the batch, and the running ones are updated (training)
  kRunning,    // the running ones (evaluation; without gradient)
  kPerSample,  // of each sample by itself (the auto-encoder's)
};

/// A norm over [N, C, H, W]: eps 1e-5, momentum 0.1.
struct Norm {
  NormMode mode;
  at::Tensor gamma, beta;                         // [C]
  at::Tensor running_mean, running_var, batches;  // undefined for kPerSample
};

/// max(norm(x), 0).
at::Tensor norm_relu(const at::Tensor& x, const Norm& norm);

/// 2x2 max pool of max(norm(x), 0), and the places of its maxima for unpool(). H and W are even.
std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const Norm& norm);

/// Puts each value of y [N, C, h, w] at its window's place, zeros elsewhere: [N, C, 2h, 2w].
at::Tensor unpool(const at::Tensor& y, const at::Tensor& places);

}  // namespace jtr
