#include "networks/backbones/resnet.h"

namespace jtr {
namespace {

constexpr int64_t kStemChannels = 64, kStemKernel = 7, kStemStride = 2;
constexpr int64_t kExpansion = 4;  // of a bottleneck

int64_t end_of(const ParameterStore& store) {
  const NamedTensor& last = store.parameter_list().back();
  return last.offset + last.elements;
}

}  // namespace

void ResNetOptions::visit(OptionVisitor& v) {
  v.integer(
      "output_stride", output_stride, within(8, 32),
      "Rows of an image for one of the coarsest map: 32, 16 or 8. Below 32 the last stages are dilated instead of "
      "strided (Chen et al., ECCV 2018).");
}

void ResNetOptions::check(const std::string& path) const {
  require(output_stride == 8 || output_stride == 16 || output_stride == 32, join_path(path, "output_stride").c_str(),
          "must be 8, 16 or 32, not ", output_stride);
}

ResNet::ResNet(const ResNetDepth& depth, const ResNetOptions& options, const BackboneSetting& setting)
    : store_(*setting.store),
      recomputation_(setting.recomputation),
      stem_(store_, setting.prefix + "conv1", setting.prefix + "bn1",
            {setting.input_channels, kStemChannels, kStemKernel, kStemStride}) {
  stage_ends_.push_back(end_of(store_));
  int64_t in = kStemChannels, stride = 4, dilation = 1;
  for (size_t s = 0; s < stages_.size(); ++s) {
    const int64_t channels = kStemChannels << s, out = depth.bottleneck ? kExpansion * channels : channels;
    // As in torchvision, the first block of a dilated stage still has the dilation of the stage before.
    int64_t block_stride = s == 0 ? 1 : 2, first_dilation = dilation;
    if (block_stride == 2 && stride == options.output_stride) {
      block_stride = 1;
      dilation *= 2;
    }
    stride *= block_stride;
    for (int64_t b = 0; b < depth.blocks[s]; ++b) {
      const std::string name = setting.prefix + "layer" + std::to_string(s + 1) + "." + std::to_string(b);
      const int64_t own = b == 0 ? block_stride : 1, spread = b == 0 ? first_dilation : dilation;
      Block block;
      const auto add = [&](const ConvNorm::Shape& shape) {
        const std::string number = std::to_string(block.layers.size() + 1);
        block.layers.emplace_back(store_, name + ".conv" + number, name + ".bn" + number, shape);
      };
      if (depth.bottleneck) {
        add({in, channels, 1});
        add({channels, channels, 3, own, spread});
        add({channels, out, 1});
      } else {
        add({in, channels, 3, own, spread});
        add({channels, out, 3, 1, dilation});
      }
      if (own != 1 || in != out) {
        const ConvNorm::Shape shape{in, out, 1, own};
        block.shortcut.emplace(store_, name + ".downsample.0", name + ".downsample.1", shape);
      }
      stages_[s].push_back(std::move(block));
      in = out;
    }
    levels_.push_back({out, stride});
    stage_ends_.push_back(end_of(store_));
  }
}

void ResNet::initialize(uint64_t seed, uint32_t stream) {
  stem_.initialize(seed, stream);
  for (auto& stage : stages_) {
    for (Block& block : stage) {
      for (ConvNorm& layer : block.layers) layer.initialize(seed, stream);
      if (block.shortcut) block.shortcut->initialize(seed, stream);
    }
  }
}

at::Tensor ResNet::run(const Block& block, const at::Tensor& x, const Pass& pass) {
  RawMap y = block.layers[0].apply(x, pass);
  for (size_t i = 1; i < block.layers.size(); ++i) y = block.layers[i].apply(y, pass);
  return block.shortcut ? activate_sum(y, block.shortcut->apply(x, pass)) : activate_sum(y, x);
}

FirstConvolution ResNet::first() const { return {kStemChannels, kStemKernel, kStemStride}; }

std::vector<at::Tensor> ResNet::encode(const at::Tensor& x, const BackbonePass& pass,
                                       const FirstChannels& further) const {
  const bool again = recomputation_ == Recomputation::kStages;
  const auto run_stage = [&](const std::vector<at::Tensor>& in, const std::vector<at::Tensor>& weights,
                             const Stage& stage) {
    return again ? recomputed(in, weights, stage)[0] : stage(in, false)[0];
  };

  std::vector<at::Tensor> weights, first = {x};
  if (further.defined()) first.insert(first.end(), {further.maps, further.weight});
  if (pass.of_stage(0, false).trainable) stem_.add_weights(weights, pass.pass.norm.set);
  // The pass by value: a stage may run again in the backward pass.
  at::Tensor y = run_stage(first, weights, [this, pass](const std::vector<at::Tensor>& in, bool repeated) {
    const FirstChannels more = in.size() > 1 ? FirstChannels{in[1], in[2]} : FirstChannels{};
    return std::vector<at::Tensor>{
        at::max_pool2d(activate(stem_.apply(in[0], pass.of_stage(0, repeated), more)), 3, 2, 1)};
  });
  std::vector<at::Tensor> maps;
  for (size_t s = 0; s < stages_.size(); ++s) {
    const int64_t number = static_cast<int64_t>(s) + 1;
    weights.clear();
    if (pass.of_stage(number, false).trainable) {
      for (const Block& block : stages_[s]) {
        for (const ConvNorm& layer : block.layers) layer.add_weights(weights, pass.pass.norm.set);
        if (block.shortcut) block.shortcut->add_weights(weights, pass.pass.norm.set);
      }
    }
    y = run_stage({y}, weights, [&stage = stages_[s], number, pass](const std::vector<at::Tensor>& in, bool repeated) {
      at::Tensor z = in[0];
      for (const Block& block : stage) z = run(block, z, pass.of_stage(number, repeated));
      return std::vector<at::Tensor>{z};
    });
    maps.push_back(y);
  }
  return maps;
}

std::vector<std::string> ResNet::write(GraphWriter& graph, const std::string& x,
                                       const std::vector<std::string>& further) const {
  std::string y = graph.max_pool(graph.relu(stem_.write(graph, x, further)), 3, 2);
  std::vector<std::string> maps;
  for (const auto& stage : stages_) {
    for (const Block& block : stage) {
      std::string z = y;
      for (size_t i = 0; i < block.layers.size(); ++i) {
        z = block.layers[i].write(graph, i == 0 ? y : graph.relu(z));
      }
      y = graph.relu(graph.add(z, block.shortcut ? block.shortcut->write(graph, y) : y));
    }
    maps.push_back(y);
  }
  return maps;
}

namespace {

class ResNet18 final : public ResNet {
 public:
  static constexpr char kName[] = "resnet18";
  static constexpr char kSummary[] = "Residual network of 18 layers, with torchvision's names.";
  static constexpr char kSource[] = "He et al., CVPR 2016";
  static constexpr int kPlace = 1;
  using Options = ResNetOptions;
  ResNet18(const Options& o, const BackboneSetting& setting) : ResNet({{2, 2, 2, 2}, false}, o, setting) {}
};

class ResNet34 final : public ResNet {
 public:
  static constexpr char kName[] = "resnet34";
  static constexpr char kSummary[] = "Residual network of 34 layers, with torchvision's names.";
  static constexpr char kSource[] = "He et al., CVPR 2016";
  static constexpr int kPlace = 2;
  using Options = ResNetOptions;
  ResNet34(const Options& o, const BackboneSetting& setting) : ResNet({{3, 4, 6, 3}, false}, o, setting) {}
};

class ResNet50 final : public ResNet {
 public:
  static constexpr char kName[] = "resnet50";
  static constexpr char kSummary[] =
      "Residual network of 50 layers in bottlenecks, with torchvision's names and stride (in the 3x3 convolution).";
  static constexpr char kSource[] = "He et al., CVPR 2016";
  static constexpr int kPlace = 3;
  using Options = ResNetOptions;
  ResNet50(const Options& o, const BackboneSetting& setting) : ResNet({{3, 4, 6, 3}, true}, o, setting) {}
};

class ResNet101 final : public ResNet {
 public:
  static constexpr char kName[] = "resnet101";
  static constexpr char kSummary[] =
      "Residual network of 101 layers in bottlenecks, with torchvision's names and stride (in the 3x3 convolution).";
  static constexpr char kSource[] = "He et al., CVPR 2016";
  static constexpr int kPlace = 4;
  using Options = ResNetOptions;
  ResNet101(const Options& o, const BackboneSetting& setting) : ResNet({{3, 4, 23, 3}, true}, o, setting) {}
};

/// CNTK pads asymmetrically: 3, 3, 2, 2 (top, left, bottom, right) in the stem, 1, 1, 0, 0 before strided 3x3 windows
/// and in the pool. Rows and columns are even at every stride here, so that the last window of symmetric padding never
/// reaches the padding that CNTK lacks: the numbers are the same.
class ResNet18Cntk final : public ResNet {
 public:
  static constexpr char kName[] = "resnet18-cntk";
  static constexpr char kSummary[] =
      "Residual network whose stages have 2, 2, 2 and 3 blocks, as CNTK trained on ImageNet; its input is BGR in 0 to "
      "255 minus a mean.";
  static constexpr char kSource[] = "He et al., CVPR 2016; NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18";
  static constexpr int kPlace = 5;
  using Options = ResNetOptions;
  ResNet18Cntk(const Options& o, const BackboneSetting& setting) : ResNet({{2, 2, 2, 3}, false}, o, setting) {}
};

const Registered<ResNet18> resnet18;
const Registered<ResNet34> resnet34;
const Registered<ResNet50> resnet50;
const Registered<ResNet101> resnet101;
const Registered<ResNet18Cntk> resnet18_cntk;

}  // namespace
}  // namespace jtr
