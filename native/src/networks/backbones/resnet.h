// Residual networks as torchvision has them, with its names: a stem of stride 4, and four stages of residual blocks.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "networks/backbones/backbone.h"

namespace jtr {

/// How deep a residual network is.
struct ResNetDepth {
  std::array<int64_t, 4> blocks;  // of each stage
  bool bottleneck;                // blocks of 1x1, 3x3, 1x1 with four times the channels, not of two 3x3
};

struct ResNetOptions {
  int64_t output_stride = 32;
  void visit(OptionVisitor& v);
  void check(const std::string& path) const;
};

class ResNet : public Backbone {
 public:
  ResNet(const ResNetDepth& depth, const ResNetOptions& options, const BackboneSetting& setting);

  std::vector<Level> levels() const override { return levels_; }
  std::vector<int64_t> stage_ends() const override { return stage_ends_; }
  void initialize(uint64_t seed, uint32_t stream) override;
  FirstConvolution first() const override;
  std::vector<at::Tensor> encode(const at::Tensor& x, const BackbonePass& pass,
                                 const FirstChannels& further) const override;
  std::vector<std::string> write(GraphWriter& graph, const std::string& x,
                                 const std::vector<std::string>& further) const override;

 private:
  struct Block {
    std::vector<ConvNorm> layers;
    std::optional<ConvNorm> shortcut;
  };
  static at::Tensor run(const Block& block, const at::Tensor& x, const Pass& pass);

  ParameterStore& store_;
  Recomputation recomputation_;
  ConvNorm stem_;
  std::array<std::vector<Block>, 4> stages_;
  std::vector<Level> levels_;
  std::vector<int64_t> stage_ends_;
};

}  // namespace jtr
