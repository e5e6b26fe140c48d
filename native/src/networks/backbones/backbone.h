// A backbone: images to a pyramid of features. One file a backbone; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/conv_norm.h"
#include "networks/level.h"
#include "options/registry.h"

namespace jtr {

/// What a backbone is made for.
struct BackboneSetting {
  ParameterStore* store;  // for weights whose names begin with the prefix
  int64_t input_channels;
  Recomputation recomputation;
  std::string prefix = "backbone.";
};

/// How much of a backbone a step trains.
struct BackbonePass {
  Pass pass;
  int64_t frozen_stages = 0;  // the first stages, which run in evaluation mode and get no gradient; 1 is the stem
  bool frozen_norms = false;  // the others' norms keep their statistics

  /// How a stage runs. `again`: in the backward pass.
  Pass of_stage(int64_t stage, bool again) const {
    if (stage < frozen_stages) return {{NormMode::kRunning, pass.norm.set}, false};
    Pass own = pass;
    own.again = again;
    if (frozen_norms) own.norm.mode = NormMode::kRunning;
    return own;
  }
};

class Backbone {
 public:
  virtual ~Backbone() = default;

  static Registry<Backbone, BackboneSetting>& registry();

  /// The pyramid, the finest level first.
  virtual std::vector<Level> levels() const = 0;
  /// Elements of the flat weights up to the end of each stage, the stem first.
  virtual std::vector<int64_t> stage_ends() const = 0;
  /// The convolution that can read further channels.
  virtual FirstConvolution first() const { return {}; }
  virtual void initialize(uint64_t seed, uint32_t stream) = 0;
  /// Images [N, C, H, W] behind the input's transform -> the maps of the levels. `further`: what first() reads besides.
  virtual std::vector<at::Tensor> encode(const at::Tensor& x, const BackbonePass& pass,
                                         const FirstChannels& further) const = 0;
  /// Whether write() can say what it computes.
  virtual bool is_exportable() const { return true; }
  /// `further`: what is added to the output of first(), before its norm.
  virtual std::vector<std::string> write(GraphWriter& graph, const std::string& x,
                                         const std::vector<std::string>& further) const = 0;
};

}  // namespace jtr
