// DeepLabV3+: the coarsest map through convolutions of several dilations and its mean side by side (ASPP), then
// enlarged and refined with the finest level. The branch of the mean has no norm, which would need more than one value
// a channel.
#include "networks/decoders/decoder.h"

namespace jtr {
namespace {

/// Channels that the finest level is reduced to.
constexpr int64_t kFineChannels = 48;

class DeepLab final : public Decoder {
 public:
  static constexpr char kName[] = "deeplab";
  static constexpr char kSummary[] = "Atrous spatial pyramid pooling of the coarsest map, refined with the finest.";
  static constexpr char kSource[] = "Chen et al., ECCV 2018 (DeepLabV3+)";
  static constexpr int kPlace = 2;

  struct Options {
    int64_t channels = 256;
    std::vector<double> rates = {6, 12, 18};
    void visit(OptionVisitor& v) {
      v.integer("channels", channels, within(1, 1024), "Channels of every branch and of the result.");
      v.numbers("rates", rates, within(1, 64),
                "Dilations of the 3x3 branches, whole numbers; published for an output stride of 16.");
    }
    void check(const std::string& path) const {
      for (const double rate : rates) {
        require(rate == static_cast<double>(static_cast<int64_t>(rate)), join_path(path, "rates").c_str(),
                "must be whole numbers, not ", rate);
      }
    }
  };

  DeepLab(const Options& options, const DecoderSetting& setting)
      : channels_(options.channels),
        levels_(setting.levels),
        mean_(*setting.store, "decoder.aspp.mean", levels_.back().channels, channels_, 1),
        project_(
            make(setting, "aspp.project", {static_cast<int64_t>(options.rates.size() + 2) * channels_, channels_, 1})),
        fine_(make(setting, "fine", {levels_[0].channels, kFineChannels, 1})) {
    branches_.push_back(make(setting, "aspp.0", {levels_.back().channels, channels_, 1}));
    for (size_t i = 0; i < options.rates.size(); ++i) {
      branches_.push_back(make(setting, "aspp." + std::to_string(i + 1),
                               {levels_.back().channels, channels_, 3, 1, static_cast<int64_t>(options.rates[i])}));
    }
    refine_.push_back(make(setting, "refine.0", {channels_ + kFineChannels, channels_}));
    refine_.push_back(make(setting, "refine.1", {channels_, channels_}));
  }

  Level out() const override { return {channels_, levels_[0].stride}; }

  void initialize(uint64_t seed, uint32_t stream) override {
    mean_.initialize(seed, stream);
    for (ConvNorm* layer : {&project_, &fine_}) layer->initialize(seed, stream);
    for (ConvNorm& layer : branches_) layer.initialize(seed, stream);
    for (ConvNorm& layer : refine_) layer.initialize(seed, stream);
  }

  at::Tensor decode(const std::vector<at::Tensor>& maps, const Pass& pass) const override {
    const at::Tensor& top = maps.back();
    std::vector<at::Tensor> branches;
    for (const ConvNorm& layer : branches_) branches.push_back(activate(layer.apply(top, pass)));
    const at::Tensor mean = in_full(top).mean({2, 3}, true).to(top.scalar_type());
    branches.push_back(at::relu(mean_.apply(mean, pass)).expand_as(branches[0]));
    const at::Tensor coarse = activate(project_.apply(at::cat(branches, 1), pass));
    const at::Tensor fine = activate(fine_.apply(maps[0], pass));
    return activate(refine_[1].apply(refine_[0].apply(at::cat({upsample(coarse, factor()), fine}, 1), pass), pass));
  }

  void add_weights(std::vector<at::Tensor>& weights, int64_t set) const override {
    mean_.add_weights(weights, set);
    for (const ConvNorm* layer : {&project_, &fine_}) layer->add_weights(weights, set);
    for (const ConvNorm& layer : branches_) layer.add_weights(weights, set);
    for (const ConvNorm& layer : refine_) layer.add_weights(weights, set);
  }

  std::string write(GraphWriter& graph, const std::vector<std::string>& maps) const override {
    std::vector<std::string> branches;
    for (const ConvNorm& layer : branches_) branches.push_back(graph.relu(layer.write(graph, maps.back())));
    branches.push_back(graph.expand(graph.relu(mean_.write(graph, graph.mean(maps.back()))), branches[0]));
    const std::string coarse = graph.relu(project_.write(graph, graph.concatenate(branches)));
    const std::string fine = graph.relu(fine_.write(graph, maps[0]));
    const std::string both = graph.concatenate({graph.upsample(coarse, factor()), fine});
    return graph.relu(refine_[1].write(graph, graph.relu(refine_[0].write(graph, both))));
  }

 private:
  static ConvNorm make(const DecoderSetting& setting, const std::string& name, const ConvNorm::Shape& shape) {
    return {*setting.store, "decoder." + name + ".0", "decoder." + name + ".1", shape};
  }
  int64_t factor() const { return levels_.back().stride / levels_[0].stride; }

  int64_t channels_;
  std::vector<Level> levels_;
  PlainConvolution mean_;
  ConvNorm project_, fine_;
  std::vector<ConvNorm> branches_, refine_;
};

const Registered<DeepLab> registered;

}  // namespace
}  // namespace jtr
