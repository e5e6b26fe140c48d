// A feature pyramid from coarse to fine: at each level a 1x1 convolution of the backbone's map, the coarser level's
// result enlarged and added, then a 3x3 convolution, norm and ReLU.
#include "networks/decoders/decoder.h"

namespace jtr {
namespace {

class Pyramid final : public Decoder {
 public:
  static constexpr char kName[] = "pyramid";
  static constexpr char kSummary[] =
      "Feature pyramid: 1x1 lateral convolutions, enlarged and added from coarse to fine, a 3x3 convolution at each "
      "level.";
  static constexpr char kSource[] = "after Lin et al., CVPR 2017";
  static constexpr int kPlace = 1;

  struct Options {
    int64_t channels = 64;
    void visit(OptionVisitor& v) { v.integer("channels", channels, within(1, 1024), "Channels of every level."); }
  };

  Pyramid(const Options& options, const DecoderSetting& setting)
      : channels_(options.channels), levels_(setting.levels) {
    for (size_t i = 0; i < levels_.size(); ++i) {
      const std::string number = std::to_string(i);
      lateral_.emplace_back(*setting.store, "decoder.lateral." + number, levels_[i].channels, channels_, 1);
      refine_.emplace_back(*setting.store, "decoder.refine." + number + ".0", "decoder.refine." + number + ".1",
                           ConvNorm::Shape{channels_, channels_});
    }
  }

  Level out() const override { return {channels_, levels_[0].stride}; }

  void initialize(uint64_t seed, uint32_t stream) override {
    for (PlainConvolution& layer : lateral_) layer.initialize(seed, stream);
    for (ConvNorm& layer : refine_) layer.initialize(seed, stream);
  }

  at::Tensor decode(const std::vector<at::Tensor>& maps, const Pass& pass) const override {
    at::Tensor y;
    for (size_t i = levels_.size(); i-- > 0;) {
      const at::Tensor own = lateral_[i].apply(maps[i], pass);
      y = activate(refine_[i].apply(y.defined() ? own + upsample(y, factor(i)) : own, pass));
    }
    return y;
  }

  void add_weights(std::vector<at::Tensor>& weights, int64_t set) const override {
    for (const PlainConvolution& layer : lateral_) layer.add_weights(weights, set);
    for (const ConvNorm& layer : refine_) layer.add_weights(weights, set);
  }

  std::string write(GraphWriter& graph, const std::vector<std::string>& maps) const override {
    std::string y;
    for (size_t i = levels_.size(); i-- > 0;) {
      const std::string own = lateral_[i].write(graph, maps[i]);
      y = graph.relu(refine_[i].write(graph, y.empty() ? own : graph.add(own, graph.upsample(y, factor(i)))));
    }
    return y;
  }

 private:
  /// From level i + 1 to level i.
  int64_t factor(size_t i) const { return levels_[i + 1].stride / levels_[i].stride; }

  int64_t channels_;
  std::vector<Level> levels_;
  std::vector<PlainConvolution> lateral_;
  std::vector<ConvNorm> refine_;
};

const Registered<Pyramid> registered;

}  // namespace
}  // namespace jtr
