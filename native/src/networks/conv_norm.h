// A convolution without bias and its norm, the piece that residual networks and decoders are made of.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/first_channels.h"
#include "networks/graph.h"
#include "networks/layers.h"
#include "networks/parameters.h"
#include "networks/recomputation.h"

namespace jtr {

/// How layers run.
struct Pass {
  NormUse norm;
  bool trainable;           // whether their weights get a gradient
  bool keep_input = false;  // Convolution::keep_input
  bool again = false;       // in the backward pass (Recomputation::kStages)
};

/// A pass through a network; `recomputation` as the network was made with.
inline Pass pass_of(const NormUse& norm, bool trainable, Recomputation recomputation) {
  return {norm, trainable, recomputation == Recomputation::kNone};
}

class ConvNorm {
 public:
  struct Shape {
    int64_t in, out, kernel = 3, stride = 1, dilation = 1;
  };
  /// Declares "<convolution>.weight", and of the norm "<norm>.weight", ".bias", ".running_mean", ".running_var" and
  /// ".num_batches_tracked".
  ConvNorm(ParameterStore& store, std::string convolution, std::string norm, const Shape& shape);

  /// He-normal weights, norm weight 1 and bias 0, statistics of nothing seen.
  void initialize(uint64_t seed, uint32_t stream);

  RawMap apply(const at::Tensor& x, const Pass& pass) const { return convolve(x, convolution(pass), norm(pass)); }
  /// As a network's first convolution, which may read more channels.
  RawMap apply(const at::Tensor& x, const Pass& pass, const FirstChannels& further) const;
  RawMap apply(const RawMap& x, const Pass& pass) const { return convolve(x, convolution(pass), norm(pass)); }

  /// Adds the weights that get a gradient, of one set of them (NormUse::set).
  void add_weights(std::vector<at::Tensor>& weights, int64_t set = 0) const;
  /// Convolution and norm; ReLU is the caller's. `further`: what is added between them.
  std::string write(GraphWriter& graph, const std::string& x, const std::vector<std::string>& further = {}) const;

 private:
  Convolution convolution(const Pass& pass) const;
  Norm norm(const Pass& pass) const;

  ParameterStore* store_;
  std::string convolution_name_, norm_name_;
  Shape shape_;
  int64_t weight_, gamma_, beta_, running_mean_, running_var_, batches_;
};

/// A convolution with bias that no norm follows.
class PlainConvolution {
 public:
  /// Declares "<name>.weight" and "<name>.bias".
  PlainConvolution(ParameterStore& store, std::string name, int64_t in, int64_t out, int64_t kernel);

  /// Xavier-normal weights, bias 0.
  void initialize(uint64_t seed, uint32_t stream);
  /// Multiplies the weights of each channel by a number.
  void scale_weights(const std::vector<double>& scale);
  /// Sets the bias to a number for each of its channels.
  void set_bias(const std::vector<double>& bias);
  at::Tensor apply(const at::Tensor& x, const Pass& pass) const { return convolve_out(x, convolution(pass)); }
  /// Only the first `rows_with_gradient` images will get a gradient.
  at::Tensor apply(const RawMap& x, const Pass& pass, int64_t rows_with_gradient) const {
    return convolve_out(x, convolution(pass), rows_with_gradient);
  }
  void add_weights(std::vector<at::Tensor>& weights, int64_t set = 0) const;
  std::string write(GraphWriter& graph, const std::string& x) const;

 private:
  Convolution convolution(const Pass& pass) const;

  ParameterStore* store_;
  std::string name_;
  int64_t kernel_, weight_, bias_;
};

}  // namespace jtr
