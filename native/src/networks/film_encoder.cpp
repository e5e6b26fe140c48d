#include "networks/film_encoder.h"

#include <set>
#include <tuple>

namespace jtr {
namespace {

/// A norm of each row's own statistics.
Norm row_norm(const at::Tensor& scale, const at::Tensor& shift) {
  return {NormMode::kPerSample, scale, shift, {}, {}, {}};
}

/// A raw map [R, C, h, w] whose norm scales and shifts each row by numbers of its own, [R * C]: to the norm, rows are
/// so many more channels of one image.
RawMap with_film(const RawMap& y, const at::Tensor& scale, const at::Tensor& shift) {
  auto one_image = [](const at::Tensor& statistics) {
    return statistics.defined() ? statistics.view({1, -1}) : at::Tensor{};
  };
  const at::Tensor x = y.x.contiguous();
  return {x.view({1, x.size(0) * x.size(1), x.size(2), x.size(3)}), row_norm(scale, shift), one_image(y.mean),
          one_image(y.invstd)};
}

at::Tensor as_rows(const at::Tensor& y, int64_t rows) {
  return y.reshape({rows, y.size(1) / rows, y.size(2), y.size(3)});
}

}  // namespace

FilmEncoder::FilmEncoder(ParameterStore& weights, ParameterStore& film, const std::vector<int64_t>& input_channels,
                         int64_t width, Recomputation recomputation)
    : weights_(weights), film_(film), recomputation_(recomputation) {
  const int64_t tasks = static_cast<int64_t>(input_channels.size());
  pairs_ = tasks * (tasks - 1);
  const std::array<int64_t, SegNet::kStages> f = SegNet::channels_of(width);
  for (int64_t t = 0; t < tasks; ++t) {
    const std::string name = "mapfns.pred_encoder_source." + std::to_string(t);
    first_.push_back({weights_.add_parameter(name + ".0.weight", {f[0], input_channels[static_cast<size_t>(t)], 3, 3}),
                      weights_.add_parameter(name + ".0.bias", {f[0]}),
                      weights_.add_parameter(name + ".1.weight", {f[0]}),
                      weights_.add_parameter(name + ".1.bias", {f[0]}), -1, -1});
  }
  for (int i = 0; i < SegNet::kStages; ++i) {
    const std::string stage = std::to_string(i);
    encoder_[i].push_back(add_film_layer("mapfns.encoder_block." + stage, i == 0 ? f[0] : f[i - 1], f[i]));
    if (i < 2) {
      encoder_[i].push_back(add_film_layer("mapfns.conv_block_enc." + stage, f[i], f[i]));
    } else {
      encoder_[i].push_back(add_film_layer("mapfns.conv_block_enc." + stage + ".0", f[i], f[i]));
      encoder_[i].push_back(add_film_layer("mapfns.conv_block_enc." + stage + ".1", f[i], f[i]));
    }
  }
}

FilmEncoder::Layer FilmEncoder::add_film_layer(const std::string& name, int64_t in, int64_t out) {
  return {weights_.add_parameter(name + ".conv.weight", {out, in, 3, 3}),
          weights_.add_parameter(name + ".conv.bias", {out}),
          weights_.add_parameter(name + ".bn.weight", {out}),
          weights_.add_parameter(name + ".bn.bias", {out}),
          film_.add_parameter(name + ".gamma", {out, pairs_}),
          film_.add_parameter(name + ".beta", {out, pairs_})};
}

void FilmEncoder::initialize(uint64_t seed, uint32_t stream) {
  auto initialize_layer = [&](const Layer& layer) {
    weights_.xavier_normal(layer.weight, seed, stream);
    weights_.frozen(layer.bias).zero_();
    weights_.frozen(layer.norm_weight).fill_(1);
    weights_.frozen(layer.norm_bias).zero_();
    if (layer.gamma < 0) return;
    film_.frozen(layer.gamma).fill_(1);
    film_.frozen(layer.beta).zero_();
  };
  for (const Layer& layer : first_) initialize_layer(layer);
  for (const auto& layers : encoder_) {
    for (const Layer& layer : layers) initialize_layer(layer);
  }
}

at::Tensor FilmEncoder::first_maps(const std::vector<at::Tensor>& maps, const std::vector<int64_t>& tasks) const {
  std::vector<at::Tensor> parts;
  for (size_t n = 0; n < tasks.size(); ++n) {
    const Layer& layer = first_[static_cast<size_t>(tasks[n])];
    const Norm norm = row_norm(weights_.parameter(layer.norm_weight), weights_.parameter(layer.norm_bias));
    parts.push_back(activate(convolve(maps[n].contiguous().to(weights_.convolved()), convolution_of(layer), norm)));
  }
  return at::cat(parts);
}

at::Tensor FilmEncoder::stage_of(const std::vector<Layer>& layers, at::Tensor x, const at::Tensor& pairs) const {
  const int64_t rows = x.size(0);
  for (size_t j = 0; j < layers.size(); ++j) {
    const Layer& layer = layers[j];
    const at::Tensor &weight = weights_.parameter(layer.norm_weight), &bias = weights_.parameter(layer.norm_bias);
    // FiLM after the norm's own scale and shift: (norm * weight + bias) * gamma + beta, as one scale and one shift.
    const at::Tensor gamma = film_.parameter(layer.gamma).index_select(1, pairs).t();
    const at::Tensor beta = film_.parameter(layer.beta).index_select(1, pairs).t();
    const RawMap raw = with_film(convolve(x, convolution_of(layer), row_norm(weight, bias)),
                                 (weight * gamma).reshape({-1}), (bias * gamma + beta).reshape({-1}));
    x = j + 1 < layers.size() ? as_rows(activate(raw), rows) : std::get<0>(activate_and_pool(raw));
  }
  return x;
}

std::vector<at::Tensor> FilmEncoder::weights_of(int stage, const std::vector<int64_t>& tasks) const {
  std::vector<at::Tensor> weights;
  const auto add = [&](const Layer& layer) {
    for (const int64_t i : {layer.weight, layer.bias, layer.norm_weight, layer.norm_bias}) {
      weights.push_back(weights_.parameter(i));
    }
    if (layer.gamma < 0) return;
    weights.push_back(film_.parameter(layer.gamma));
    weights.push_back(film_.parameter(layer.beta));
  };
  if (stage == 0) {
    const std::set<int64_t> distinct(tasks.begin(), tasks.end());
    for (const int64_t t : distinct) add(first_[static_cast<size_t>(t)]);
  }
  for (const Layer& layer : encoder_[static_cast<size_t>(stage)]) add(layer);
  return weights;
}

at::Tensor FilmEncoder::encode(const std::vector<Input>& inputs) const {
  std::vector<at::Tensor> maps;
  std::vector<int64_t> tasks, row_pairs;
  for (const Input& input : inputs) {
    maps.push_back(input.maps);
    tasks.push_back(input.task);
    row_pairs.insert(row_pairs.end(), input.pairs.begin(), input.pairs.end());
  }
  const int64_t rows = static_cast<int64_t>(row_pairs.size());
  const at::Tensor pairs = at::tensor(row_pairs, at::kLong).to(maps[0].device());

  for (int i = 0; i < SegNet::kStages; ++i) {
    const auto stage = [this, i, tasks, pairs](const std::vector<at::Tensor>& in, bool) -> std::vector<at::Tensor> {
      return {stage_of(encoder_[static_cast<size_t>(i)], i == 0 ? first_maps(in, tasks) : in[0], pairs)};
    };
    const bool again = recomputation_ == Recomputation::kStages;
    maps = {as_rows(again ? recomputed(maps, weights_of(i, tasks), stage)[0] : stage(maps, false)[0], rows)};
  }
  return in_full(maps[0]);
}

}  // namespace jtr
