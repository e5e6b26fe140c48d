// A decoder: a pyramid of features to one map that the heads of pixel tasks read. One file a decoder; each registers
// itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/conv_norm.h"
#include "networks/level.h"
#include "options/registry.h"

namespace jtr {

/// What a decoder is made for.
struct DecoderSetting {
  ParameterStore* store;  // for weights whose names begin with "decoder."
  std::vector<Level> levels;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  static Registry<Decoder, DecoderSetting>& registry();

  /// Channels of the map, and rows of an image for one of it.
  virtual Level out() const = 0;
  virtual void initialize(uint64_t seed, uint32_t stream) = 0;
  /// The levels' maps to [N, channels, H / stride, W / stride].
  virtual at::Tensor decode(const std::vector<at::Tensor>& maps, const Pass& pass) const = 0;
  /// As ConvNorm::add_weights.
  virtual void add_weights(std::vector<at::Tensor>& weights, int64_t set) const = 0;
  virtual std::string write(GraphWriter& graph, const std::vector<std::string>& maps) const = 0;
};

/// A map enlarged bilinearly by a whole factor (align_corners false); itself by 1.
at::Tensor upsample(const at::Tensor& x, int64_t factor);

}  // namespace jtr
