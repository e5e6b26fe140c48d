// SegNet as in MTAN (Liu, Johns, Davison, CVPR 2019): encoder and decoder of five stages, and heads.
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "networks/first_channels.h"
#include "networks/graph.h"
#include "networks/layers.h"
#include "networks/parameters.h"
#include "networks/recomputation.h"
#include "networks/task_prototypes.h"

namespace jtr {

/// A head: 3x3 convolution to the first stage's width, then 1x1 to `channels`.
struct HeadSpec {
  std::string name;
  int64_t channels;
};

class SegNet {
 public:
  static constexpr int kStages = 5;
  /// Rows and columns must be multiples of this.
  static constexpr int64_t kStride = 32;

  /// Channels of each stage, for one of its first stage.
  static constexpr std::array<int64_t, kStages> kTimesWidth = {1, 2, 4, 8, 8};
  /// Channels of the stages of a network of that width.
  static constexpr std::array<int64_t, kStages> channels_of(int64_t width) {
    return {kTimesWidth[0] * width, kTimesWidth[1] * width, kTimesWidth[2] * width, kTimesWidth[3] * width,
            kTimesWidth[4] * width};
  }

  /// Declares the weights in `store` (its own); running statistics only where they are used. `recomputation` is about
  /// the backward pass; the network must live as long as a graph of it.
  SegNet(ParameterStore& store, int64_t in_channels, int64_t width, std::vector<HeadSpec> heads,
         bool running_statistics, Recomputation recomputation);

  /// Fresh weights: Xavier-normal convolutions, zero biases, norm weight 1 and bias 0.
  void initialize(uint64_t seed, uint32_t stream);

  struct Encoded {
    at::Tensor latent;                       // [N, channels of the last stage, H/32, W/32]
    std::array<at::Tensor, kStages> pooled;  // of each stage: [N, channels, H/2, W/2] and so on; the last is the latent
    std::array<at::Tensor, kStages> argmax;  // of each stage's pool
  };

  /// [N, in, H, W] -> latent, in the convolutions' format as all maps up to the heads'. `trainable` false: no gradient
  /// to the weights.
  /// `further`: what the first convolution reads besides.
  Encoded encode(const at::Tensor& x, const NormUse& norm, bool trainable, const FirstChannels& further = {}) const;
  /// How heads read what prototypes find, and what these say of the pixel tasks.
  struct Retrieval {
    const TaskPrototypes* prototypes;  // null: there are none
    at::Tensor images;                 // TaskPrototypes::read_images()
    at::Tensor means, affinities;      // TaskPrototypes::Pixels, of the result
  };
  /// Through the decoder and all heads: [N, channels of all heads, H, W], in full. Only the first `rows_with_gradient`
  /// images will get a gradient.
  at::Tensor decode(const Encoded& encoded, const NormUse& norm, bool trainable, int64_t rows_with_gradient,
                    Retrieval* retrieval = nullptr) const;
  size_t head_count() const { return heads_.size(); }

  /// The same in evaluation mode as operations, for exports.
  struct Written {
    std::string latent;
    std::array<std::string, kStages> places;
  };
  /// `further`: what is added to the first convolution's output.
  Written write_encoder(GraphWriter& graph, const std::string& image,
                        const std::vector<std::string>& further = {}) const;
  /// The map that the heads read.
  std::string write_decoder(GraphWriter& graph, const Written& encoded) const;
  static std::string write_head(GraphWriter& graph, const std::string& features, const std::string& name);

 private:
  struct Layer {
    std::string name;
    int64_t weight, bias, norm_weight, norm_bias;
    int64_t running_mean = -1, running_var = -1, batches = -1;
  };
  struct Head {
    int64_t weight0, bias0, weight1, bias1;
  };
  /// How a stage's layers run.
  struct Pass {
    NormUse norm;
    bool trainable;
    bool again;  // in the backward pass
  };

  Layer add_layer(const std::string& name, int64_t in, int64_t out, bool running_statistics);
  Convolution convolution_of(const Layer& layer, const Pass& pass) const;
  Norm norm_of(const Layer& layer, const Pass& pass) const;
  /// The layers of a stage after its first.
  RawMap rest_of(const std::vector<Layer>& layers, RawMap raw, const Pass& pass) const;
  /// Nothing stands between a head's two convolutions, so they are one with the product of their weights: all heads are
  /// one convolution to as many channels as they have together.
  at::Tensor heads(const RawMap& features, const Pass& pass, int64_t rows_with_gradient) const;
  /// Each head on a map of its own.
  at::Tensor heads(const std::vector<at::Tensor>& maps, const Pass& pass) const;
  /// The product of a head's two convolutions.
  std::pair<at::Tensor, at::Tensor> product(const Head& head, bool trainable) const;
  /// The weights of a stage, where they have a gradient; of one set of them.
  std::vector<at::Tensor> weights_of(const std::vector<Layer>& layers, bool trainable, int64_t set) const;
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& weights,
                              const Stage& stage) const;
  const at::Tensor& weight(int64_t i, bool trainable, int64_t set = 0) const {
    return trainable ? store_.parameter(i, set) : store_.frozen(i, set);
  }

  ParameterStore& store_;
  Recomputation recomputation_;
  std::array<std::vector<Layer>, kStages> encoder_, decoder_;
  std::vector<Head> heads_;
};

}  // namespace jtr
