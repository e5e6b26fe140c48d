// A network's convolutions, and what stands between them, with their gradients.
//
// A convolution's output is kept raw: its norm and ReLU are applied where it is read, again in the backward pass, so
// that one map a layer is stored instead of two or three (or what a convolution reads is kept beside it, where that is
// wanted). On the CPU a layer runs over as many images at a time as
// stay near the cores, from reading the raw map to the next layer's raw map and its statistics; elsewhere ATen's own
// operations do the same.
//
// Maps are in the weights' format, or in bfloat16: convolutions then run in it where libtorch's add up in float, else
// in float (processor.h); norms compute in float, and weights and all their gradients stay as they are.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace jtr {

class Communicator;

/// Sets how many bytes of input and output a layer works on at once on the CPU; 0 goes back to the default (16 MiB, or
/// what the environment variable JTR_CHUNK_BYTES says). Results depend on it by rounding only.
void set_chunk_bytes(int64_t bytes);

/// Which statistics a norm uses.
enum class NormMode {
  kBatch,       // of the batch, and the running ones are updated (training)
  kBatchApart,  // of the batch, and the running ones stay (images that are not such as the network will see)
  kRunning,     // the running ones (evaluation)
  kPerSample,   // of each sample by itself (the auto-encoder's)
};

/// How a pass's norms run: with which statistics, and with which of the running ones: 0, the network's own, or those of
/// a domain (ParameterStore::buffer).
struct NormUse {
  NormMode mode;
  int64_t set = 0;
  NormUse(NormMode mode, int64_t set = 0) : mode(mode), set(set) {}  // NOLINT(google-explicit-constructor)
};

/// A norm over [N, C, H, W]: eps 1e-5, momentum 0.1. With running statistics its gradient is that of an affine map.
struct Norm {
  NormMode mode;           // not kBatchApart
  at::Tensor gamma, beta;  // [C]
  /// Undefined for kPerSample, and for kBatch where they are not to be updated.
  at::Tensor running_mean, running_var, batches;
  /// kBatch: the processes over whose maps together the statistics are; null: this process's. All run the same layers
  /// in the same order, forward and backward.
  Communicator* others = nullptr;
};

/// A convolution: odd square windows, padded by dilation * (k / 2) on each side, so that a stride of 1 keeps the size
/// and a stride s makes rows of H no more than (H - 1) / s + 1.
struct Convolution {
  at::Tensor weight;  // [out, in, k, k]
  at::Tensor bias;    // [out], or undefined
  /// Whether the backward pass finds what the convolution read (a map after norm and ReLU, or unpooled), rather than
  /// computing it again. Kept only where the weight has a gradient, which nothing else needs it for.
  bool keep_input = false;
  int64_t stride = 1, dilation = 1;
};

/// A convolution's output whose norm and ReLU are still to come.
struct RawMap {
  at::Tensor x;  // [N, C, H, W]
  Norm norm;
  at::Tensor mean, invstd;  // of the norm: [1 or N, C]; undefined where ATen computes them
};

/// Convolves a map.
RawMap convolve(const at::Tensor& x, const Convolution& convolution, const Norm& norm);
/// Convolves max(norm(x), 0).
RawMap convolve(const RawMap& x, const Convolution& convolution, const Norm& norm);
/// Convolves what puts each value of y [N, C, h, w] at its window's place, and zeros elsewhere: [N, C, 2h, 2w].
RawMap unpool_convolve(const at::Tensor& y, const at::Tensor& places, const Convolution& convolution, const Norm& norm);
/// Convolves max(norm(x), 0), and no norm follows. Only the first `rows_with_gradient` images will get a gradient.
at::Tensor convolve_out(const RawMap& x, const Convolution& convolution, int64_t rows_with_gradient);
/// Convolves a map, and no norm follows.
at::Tensor convolve_out(const at::Tensor& x, const Convolution& convolution);

/// max(norm(x), 0).
at::Tensor activate(const RawMap& x);
/// max(norm(x) + residual, 0), the end of a residual block (He et al., CVPR 2016).
at::Tensor activate_sum(const RawMap& x, const at::Tensor& residual);
/// max(norm(x) + norm(residual), 0).
at::Tensor activate_sum(const RawMap& x, const RawMap& residual);
/// 2x2 max pool of max(norm(x), 0), and the places of its maxima for unpool_convolve(). H and W are even.
std::tuple<at::Tensor, at::Tensor> activate_and_pool(const RawMap& x);

/// Whether a norm is given running statistics: to read them or to update them. In training they have seen the batch
/// when it comes by `again`, in a backward pass.
inline bool has_running_statistics(NormMode mode, bool again) {
  return mode == NormMode::kRunning || (mode == NormMode::kBatch && !again);
}
/// Norm::mode of a pass's norms.
inline NormMode mode_of_norms(NormMode mode) { return mode == NormMode::kBatchApart ? NormMode::kBatch : mode; }

}  // namespace jtr
