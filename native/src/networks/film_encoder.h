// MTPSL's mapping network (Li, Liu, Bilen, CVPR 2022): a SegNet encoder shared by all ordered pairs of tasks, behind a
// first convolution of each task's own, each shared convolution followed by a FiLM scale and shift of the pair.
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "networks/layers.h"
#include "networks/parameters.h"
#include "networks/segnet.h"

namespace jtr {

class FilmEncoder {
 public:
  /// Declares the weights: those of convolutions and norms in `weights`, the FiLM scales and shifts in `film`, which
  /// has an optimiser of its own. Names as in published checkpoints. `recomputation`: of whole stages or of nothing,
  /// since all maps that convolutions read are kept between them; the network must live as long as a graph of it.
  FilmEncoder(ParameterStore& weights, ParameterStore& film, const std::vector<int64_t>& input_channels, int64_t width,
              Recomputation recomputation);

  /// Fresh weights: Xavier-normal convolutions, zero biases, norm weight 1 and bias 0, FiLM scale 1 and shift 0.
  void initialize(uint64_t seed, uint32_t stream);

  /// Maps of one task, each for one pair.
  struct Input {
    int64_t task;
    at::Tensor maps;             // [n, channels of the task, H, W]
    std::vector<int64_t> pairs;  // n numbers of ordered pairs, as pair_index
  };

  /// All inputs' rows, in order: [sum of n, channels of a SegNet's last stage, H/32, W/32]. Norms use each row's own
  /// statistics.
  at::Tensor encode(const std::vector<Input>& inputs) const;

 private:
  struct Layer {
    int64_t weight, bias, norm_weight, norm_bias;
    int64_t gamma, beta;  // in the FiLM store; -1 in a first convolution
  };

  Convolution convolution_of(const Layer& layer) const {
    return {weights_.parameter(layer.weight), weights_.parameter(layer.bias)};
  }
  Layer add_film_layer(const std::string& name, int64_t in, int64_t out);
  /// All inputs' rows after their tasks' own first convolutions.
  at::Tensor first_maps(const std::vector<at::Tensor>& maps, const std::vector<int64_t>& tasks) const;
  /// The stage's map of `rows` rows, of those pairs, pooled: rows are channels of one image.
  at::Tensor stage_of(const std::vector<Layer>& layers, at::Tensor x, const at::Tensor& pairs) const;
  /// Those of the stage, and before the first those of the tasks' first convolutions.
  std::vector<at::Tensor> weights_of(int stage, const std::vector<int64_t>& tasks) const;

  ParameterStore& weights_;
  ParameterStore& film_;
  Recomputation recomputation_;
  int64_t pairs_;
  std::vector<Layer> first_;  // of each task
  std::array<std::vector<Layer>, SegNet::kStages> encoder_;
};

}  // namespace jtr
