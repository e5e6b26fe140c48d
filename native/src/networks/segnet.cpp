#include "networks/segnet.h"

namespace jtr {
namespace {

std::string write_layer(GraphWriter& graph, const std::string& x, const std::string& name,
                        const std::vector<std::string>& further = {}) {
  std::string y = graph.convolve(x, name + ".0.weight", name + ".0.bias", {3, 1, 1});
  for (const std::string& more : further) y = graph.add(y, more);
  return graph.relu(graph.norm(y, name + ".1"));
}

}  // namespace

SegNet::SegNet(ParameterStore& store, int64_t in_channels, int64_t width, std::vector<HeadSpec> heads,
               bool running_statistics, Recomputation recomputation)
    : store_(store), recomputation_(recomputation) {
  const std::array<int64_t, kStages> f = channels_of(width);
  // Names as in published checkpoints: a block of one convolution is "<block>.<stage>.{0,1}" (convolution, norm), one
  // of two is "<block>.<stage>.{0,1}.{0,1}".
  auto add_stage = [&](std::vector<Layer>& layers, const std::string& block, int stage, int64_t channels) {
    const std::string name = block + "." + std::to_string(stage);
    if (stage < 2) {
      layers.push_back(add_layer(name, channels, channels, running_statistics));
    } else {
      layers.push_back(add_layer(name + ".0", channels, channels, running_statistics));
      layers.push_back(add_layer(name + ".1", channels, channels, running_statistics));
    }
  };
  for (int i = 0; i < kStages; ++i) {
    encoder_[i].push_back(
        add_layer("encoder_block." + std::to_string(i), i == 0 ? in_channels : f[i - 1], f[i], running_statistics));
    add_stage(encoder_[i], "conv_block_enc", i, f[i]);
  }
  for (int i = 0; i < kStages; ++i) {
    const int64_t out = i == 0 ? f[0] : f[i - 1];
    decoder_[i].push_back(add_layer("decoder_block." + std::to_string(i), f[i], out, running_statistics));
    add_stage(decoder_[i], "conv_block_dec", i, out);
  }
  for (const HeadSpec& head : heads) {
    Head h{};
    h.weight0 = store_.add_parameter(head.name + ".0.weight", {f[0], f[0], 3, 3});
    h.bias0 = store_.add_parameter(head.name + ".0.bias", {f[0]});
    h.weight1 = store_.add_parameter(head.name + ".1.weight", {head.channels, f[0], 1, 1});
    h.bias1 = store_.add_parameter(head.name + ".1.bias", {head.channels});
    heads_.push_back(h);
  }
}

SegNet::Layer SegNet::add_layer(const std::string& name, int64_t in, int64_t out, bool running_statistics) {
  Layer layer{};
  layer.name = name;
  layer.weight = store_.add_parameter(name + ".0.weight", {out, in, 3, 3});
  layer.bias = store_.add_parameter(name + ".0.bias", {out});
  layer.norm_weight = store_.add_parameter(name + ".1.weight", {out});
  layer.norm_bias = store_.add_parameter(name + ".1.bias", {out});
  if (running_statistics) {
    layer.running_mean = store_.add_buffer(name + ".1.running_mean", {out});
    layer.running_var = store_.add_buffer(name + ".1.running_var", {out});
    layer.batches = store_.add_buffer(name + ".1.num_batches_tracked", {}, true);
  }
  return layer;
}

void SegNet::initialize(uint64_t seed, uint32_t stream) {
  auto initialize_layers = [&](const std::array<std::vector<Layer>, kStages>& stages) {
    for (const auto& layers : stages) {
      for (const Layer& layer : layers) {
        store_.xavier_normal(layer.weight, seed, stream);
        store_.frozen(layer.bias).zero_();
        store_.frozen(layer.norm_weight).fill_(1);
        store_.frozen(layer.norm_bias).zero_();
        if (layer.running_mean < 0) continue;
        store_.buffer(layer.running_mean).zero_();
        store_.buffer(layer.running_var).fill_(1);
        store_.buffer(layer.batches).zero_();
      }
    }
  };
  initialize_layers(encoder_);
  initialize_layers(decoder_);
  for (const Head& head : heads_) {
    store_.xavier_normal(head.weight0, seed, stream);
    store_.xavier_normal(head.weight1, seed, stream);
    store_.frozen(head.bias0).zero_();
    store_.frozen(head.bias1).zero_();
  }
}

Convolution SegNet::convolution_of(const Layer& layer, const Pass& pass) const {
  return {weight(layer.weight, pass.trainable), weight(layer.bias, pass.trainable),
          recomputation_ == Recomputation::kNone};
}

Norm SegNet::norm_of(const Layer& layer, const Pass& pass) const {
  const at::Tensor& gamma = weight(layer.norm_weight, pass.trainable, pass.norm.set);
  const at::Tensor& beta = weight(layer.norm_bias, pass.trainable, pass.norm.set);
  Norm norm{mode_of_norms(pass.norm.mode), gamma, beta, {}, {}, {}, store_.norms_shared_with()};
  if (has_running_statistics(pass.norm.mode, pass.again)) {
    norm.running_mean = store_.buffer(layer.running_mean, pass.norm.set);
    norm.running_var = store_.buffer(layer.running_var, pass.norm.set);
    norm.batches = store_.buffer(layer.batches, pass.norm.set);
  }
  return norm;
}

RawMap SegNet::rest_of(const std::vector<Layer>& layers, RawMap raw, const Pass& pass) const {
  for (size_t j = 1; j < layers.size(); ++j) {
    raw = convolve(raw, convolution_of(layers[j], pass), norm_of(layers[j], pass));
  }
  return raw;
}

std::vector<at::Tensor> SegNet::weights_of(const std::vector<Layer>& layers, bool trainable, int64_t set) const {
  std::vector<at::Tensor> weights;
  if (!trainable) return weights;
  for (const Layer& layer : layers) {
    for (const int64_t i : {layer.weight, layer.bias, layer.norm_weight, layer.norm_bias}) {
      weights.push_back(store_.parameter(i, set));
    }
  }
  return weights;
}

std::vector<at::Tensor> SegNet::run(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& weights,
                                    const Stage& stage) const {
  return recomputation_ == Recomputation::kStages ? recomputed(inputs, weights, stage) : stage(inputs, false);
}

SegNet::Encoded SegNet::encode(const at::Tensor& x, const NormUse& norm, bool trainable,
                               const FirstChannels& further) const {
  Encoded encoded;
  at::Tensor y = x.to(store_.convolved());
  for (int i = 0; i < kStages; ++i) {
    const auto stage = [this, i, norm, trainable](const std::vector<at::Tensor>& in,
                                                  bool again) -> std::vector<at::Tensor> {
      const std::vector<Layer>& layers = encoder_[i];
      const Pass pass{norm, trainable, again};
      at::Tensor read = in[0];
      Convolution first = convolution_of(layers[0], pass);
      if (in.size() > 1) {
        const FirstChannels more{in[1], in[2]};
        read = more.after(read);
        first.weight = more.weight_after(first.weight);
      }
      const auto [pooled, places] =
          activate_and_pool(rest_of(layers, convolve(read, first, norm_of(layers[0], pass)), pass));
      return {pooled, places};
    };
    std::vector<at::Tensor> read = {y};
    if (i == 0 && further.defined()) read.insert(read.end(), {further.maps, further.weight});
    const std::vector<at::Tensor> out = run(read, weights_of(encoder_[i], trainable, norm.set), stage);
    y = out[0];
    encoded.pooled[i] = y;
    encoded.argmax[i] = out[1];
  }
  encoded.latent = y;
  return encoded;
}

at::Tensor SegNet::decode(const Encoded& encoded, const NormUse& norm, bool trainable, int64_t rows_with_gradient,
                          Retrieval* retrieval) const {
  const TaskPrototypes* prototypes = retrieval != nullptr ? retrieval->prototypes : nullptr;
  at::Tensor y = encoded.latent;
  for (int i = kStages - 1; i >= 0; --i) {
    const auto stage = [this, i, norm, trainable, rows_with_gradient, prototypes](
                           const std::vector<at::Tensor>& in, bool again) -> std::vector<at::Tensor> {
      const std::vector<Layer>& layers = decoder_[i];
      const Pass pass{norm, trainable, again};
      const RawMap raw = rest_of(
          layers, unpool_convolve(in[0], in[1], convolution_of(layers[0], pass), norm_of(layers[0], pass)), pass);
      if (i > 0) return {activate(raw)};
      if (prototypes == nullptr) return {heads(raw, pass, rows_with_gradient)};
      const TaskPrototypes::Pixels refined =
          prototypes->refine(activate(raw), in.size() > 2 ? in[2] : at::Tensor{}, trainable);
      return {heads(refined.maps, pass), refined.means, refined.affinities};
    };
    // The heads belong to the last stage: the largest map of all is then none that passes between stages.
    std::vector<at::Tensor> weights = weights_of(decoder_[i], trainable, norm.set);
    if (i == 0 && trainable) {
      if (prototypes != nullptr) prototypes->add_pixel_weights(weights);
      for (const Head& head : heads_) {
        for (const int64_t w : {head.weight0, head.bias0, head.weight1, head.bias1})
          weights.push_back(store_.parameter(w));
      }
    }
    std::vector<at::Tensor> read = {y, encoded.argmax[i]};
    if (i == 0 && prototypes != nullptr && retrieval->images.defined()) read.push_back(retrieval->images);
    const std::vector<at::Tensor> made = run(read, weights, stage);
    y = made[0];
    if (made.size() < 3) continue;
    retrieval->means = made[1];
    retrieval->affinities = made[2];
  }
  return y;
}

SegNet::Written SegNet::write_encoder(GraphWriter& graph, const std::string& image,
                                      const std::vector<std::string>& further) const {
  Written encoded{image, {}};
  for (int i = 0; i < kStages; ++i) {
    for (size_t j = 0; j < encoder_[i].size(); ++j) {
      encoded.latent = write_layer(graph, encoded.latent, encoder_[i][j].name,
                                   i == 0 && j == 0 ? further : std::vector<std::string>{});
    }
    std::tie(encoded.latent, encoded.places[i]) = graph.max_pool_with_places(encoded.latent);
  }
  return encoded;
}

std::string SegNet::write_decoder(GraphWriter& graph, const Written& encoded) const {
  std::string y = encoded.latent;
  for (int i = kStages - 1; i >= 0; --i) {
    y = graph.unpool(y, encoded.places[i]);
    for (const Layer& layer : decoder_[i]) y = write_layer(graph, y, layer.name);
  }
  return y;
}

std::string SegNet::write_head(GraphWriter& graph, const std::string& features, const std::string& name) {
  const std::string y = graph.convolve(features, name + ".0.weight", name + ".0.bias", {3, 1, 1});
  return graph.convolve(y, name + ".1.weight", name + ".1.bias", {1, 1, 1});
}

std::pair<at::Tensor, at::Tensor> SegNet::product(const Head& head, bool trainable) const {
  const at::Tensor &w0 = weight(head.weight0, trainable), &w1 = weight(head.weight1, trainable);
  const at::Tensor map = w1.flatten(1);  // [channels, width]
  return {at::matmul(map, w0.contiguous().flatten(1)).view({w1.size(0), w0.size(1), 3, 3}),
          at::mv(map, weight(head.bias0, trainable)) + weight(head.bias1, trainable)};
}

at::Tensor SegNet::heads(const std::vector<at::Tensor>& maps, const Pass& pass) const {
  std::vector<at::Tensor> all;
  for (size_t i = 0; i < heads_.size(); ++i) {
    const auto [weight, bias] = product(heads_[i], pass.trainable);
    const Convolution own{weight.contiguous(maps[i].suggest_memory_format()), bias,
                          recomputation_ == Recomputation::kNone};
    all.push_back(in_full(convolve_out(maps[i], own)));
  }
  return at::cat(all, 1);
}

at::Tensor SegNet::heads(const RawMap& features, const Pass& pass, int64_t rows_with_gradient) const {
  std::vector<at::Tensor> weights, biases;
  for (const Head& head : heads_) {
    auto [weight, bias] = product(head, pass.trainable);
    weights.push_back(std::move(weight));
    biases.push_back(std::move(bias));
  }
  const at::MemoryFormat format = features.x.suggest_memory_format();
  const Convolution all{at::cat(weights).contiguous(format), at::cat(biases), recomputation_ == Recomputation::kNone};
  return in_full(convolve_out(features, all, rows_with_gradient));
}

}  // namespace jtr
