// A small encoder: pairs of 3x3 convolutions, the first of each strided. For inputs beside photographs, which have
// fewer textures to know, and for small data.
#include <array>

#include "networks/backbones/backbone.h"

namespace jtr {
namespace {

class PlainBackbone final : public Backbone {
 public:
  static constexpr char kName[] = "plain";
  static constexpr char kSummary[] =
      "A small encoder of pairs of 3x3 convolutions at strides 2 to 32, without shortcuts.";
  static constexpr int kPlace = 6;
  static constexpr int64_t kStages = 5;

  struct Options {
    int64_t width = 16;
    void visit(OptionVisitor& v) {
      v.integer("width", width, within(1, 1024),
                "Channels at stride 4; strides 2 to 32 have 1, 1, 2, 4, 8 times it, and stride 2 is no level.");
    }
  };

  PlainBackbone(const Options& options, const BackboneSetting& setting)
      : store_(*setting.store), recomputation_(setting.recomputation) {
    int64_t in = setting.input_channels;
    for (int64_t s = 0; s < kStages; ++s) {
      const int64_t out = options.width << std::max<int64_t>(0, s - 1);
      const std::string name = setting.prefix + "stage" + std::to_string(s);
      std::vector<ConvNorm> layers;
      layers.emplace_back(store_, name + ".conv1", name + ".bn1", ConvNorm::Shape{in, out, 3, 2});
      layers.emplace_back(store_, name + ".conv2", name + ".bn2", ConvNorm::Shape{out, out, 3});
      stages_.push_back(std::move(layers));
      if (s > 0) levels_.push_back({out, int64_t{2} << s});
      const NamedTensor& last = store_.parameter_list().back();
      stage_ends_.push_back(last.offset + last.elements);
      if (s == 0) first_ = {out, 3, 2};
      in = out;
    }
  }

  std::vector<Level> levels() const override { return levels_; }
  std::vector<int64_t> stage_ends() const override { return stage_ends_; }
  FirstConvolution first() const override { return first_; }
  void initialize(uint64_t seed, uint32_t stream) override {
    for (auto& stage : stages_) {
      for (ConvNorm& layer : stage) layer.initialize(seed, stream);
    }
  }

  std::vector<at::Tensor> encode(const at::Tensor& x, const BackbonePass& pass,
                                 const FirstChannels& further) const override {
    const bool again = recomputation_ == Recomputation::kStages;
    std::vector<at::Tensor> maps;
    at::Tensor y = x;
    for (int64_t s = 0; s < kStages; ++s) {
      const std::vector<ConvNorm>& layers = stages_[static_cast<size_t>(s)];
      const auto stage = [&layers, pass, s](const std::vector<at::Tensor>& in, bool repeated) {
        const Pass own = pass.of_stage(s, repeated);
        const FirstChannels more = in.size() > 1 ? FirstChannels{in[1], in[2]} : FirstChannels{};
        return std::vector<at::Tensor>{activate(layers[1].apply(layers[0].apply(in[0], own, more), own))};
      };
      std::vector<at::Tensor> in = {y}, weights;
      if (s == 0 && further.defined()) in.insert(in.end(), {further.maps, further.weight});
      if (pass.of_stage(s, false).trainable) {
        for (const ConvNorm& layer : layers) layer.add_weights(weights, pass.pass.norm.set);
      }
      y = again ? recomputed(in, weights, stage)[0] : stage(in, false)[0];
      if (s > 0) maps.push_back(y);
    }
    return maps;
  }

  std::vector<std::string> write(GraphWriter& graph, const std::string& x,
                                 const std::vector<std::string>& further) const override {
    std::vector<std::string> maps;
    std::string y = x;
    for (size_t s = 0; s < stages_.size(); ++s) {
      y = graph.relu(stages_[s][0].write(graph, y, s == 0 ? further : std::vector<std::string>{}));
      y = graph.relu(stages_[s][1].write(graph, y));
      if (s > 0) maps.push_back(y);
    }
    return maps;
  }

 private:
  ParameterStore& store_;
  Recomputation recomputation_;
  std::vector<std::vector<ConvNorm>> stages_;
  std::vector<Level> levels_;
  std::vector<int64_t> stage_ends_;
  FirstConvolution first_;
};

const Registered<PlainBackbone> registered;

}  // namespace
}  // namespace jtr
