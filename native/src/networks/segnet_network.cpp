// SegNet as in MTAN (Liu, Johns, Davison, CVPR 2019) as a network of tasks: its weights have the names of published
// checkpoints.
#include "networks/memory_format.h"
#include "networks/network.h"
#include "networks/segnet.h"

namespace jtr {
namespace {

/// Heads have the names of published checkpoints: pred_task1, pred_task2, ...
constexpr char kHead[] = "pred_task";
std::string head_name(size_t task) { return kHead + std::to_string(task + 1); }

class SegNetNetwork final : public Network {
 public:
  static constexpr char kName[] = "segnet";
  static constexpr char kSummary[] = "SegNet without skip connections: five stages of convolutions, pools and unpools.";
  static constexpr char kSource[] = "Badrinarayanan et al., PAMI 2017; Liu, Johns, Davison, CVPR 2019";
  static constexpr int kPlace = 1;

  struct Options {
    int64_t width = 64;
    void visit(OptionVisitor& v) {
      v.integer("width", width, within(1, 1024),
                "Channels of the first stage; the five stages have 1, 2, 4, 8, 8 times it. Published: 64.");
    }
  };

  SegNetNetwork(const Options& options, const NetworkSetting& setting)
      : width_(options.width),
        setting_(setting),
        format_(network_memory_format(setting.precision, setting.device, options.width)),
        inputs_(store_, *setting.inputs, {levels().back()}, {options.width, 3, 1}, setting.recomputation, kName),
        prototypes_(store_, *setting.tasks, setting.predicted,
                    {setting.prototypes, options.width, SegNet::channels_of(options.width).back()}),
        net_(store_, setting.inputs->image_channels(), options.width, plane_heads(setting), true,
             setting.recomputation),
        image_heads_(store_, *setting.tasks, setting.predicted, SegNet::channels_of(options.width).back(), kHead) {
    store_.allocate(setting.precision, setting.device, format_);
  }

  ParameterStore& store() override { return store_; }
  int64_t width() const override { return width_; }
  int64_t stride() const override { return SegNet::kStride; }
  at::MemoryFormat memory_format() const override { return format_; }

  std::vector<Level> levels() const override {
    std::vector<Level> all;
    int64_t stride = 1;
    for (const int64_t channels : SegNet::channels_of(width_)) all.push_back({channels, stride *= 2});
    return all;
  }

  std::vector<ParameterGroup> groups() const override {
    // Storage order: encoder_block and conv_block_enc, decoder_block and conv_block_dec, pred_task.
    const auto& list = store_.parameter_list();
    const auto first = [&list](const char* prefix) {
      for (const NamedTensor& tensor : list) {
        if (tensor.name.rfind(prefix, 0) == 0) return tensor.offset;
      }
      return list.back().offset + list.back().elements;
    };
    const int64_t decoder = first("decoder_block"), heads = first("pred_task"), end = store_.flat_parameters().numel();
    const int64_t backbone = first("encoder_block"), prototypes = prototypes_.empty() ? backbone : first("prototypes.");
    std::vector<ParameterGroup> groups;
    if (!inputs_.empty()) groups.push_back({"inputs", 0, prototypes});
    if (!prototypes_.empty()) groups.push_back({"prototypes", prototypes, backbone - prototypes});
    groups.push_back({"backbone", backbone, decoder - backbone});
    groups.push_back({"decoder", decoder, heads - decoder});
    groups.push_back({"heads", heads, end - heads});
    return groups;
  }

  bool is_exportable() const override { return inputs_.is_exportable(); }
  void write(GraphWriter& graph) const override {
    const InputFusions::Written further = inputs_.write_first(graph);
    SegNet::Written encoded = net_.write_encoder(graph, graph.input(), further.first);
    encoded.latent = inputs_.write(graph, {encoded.latent}, further)[0];
    const ImageTasks images(image_heads_, prototypes_);
    ImageTasks::Written written = images.begin(graph, encoded.latent);
    if (net_.head_count() > 0) {
      const std::string features = net_.write_decoder(graph, encoded);
      const std::vector<std::string> read = images.maps(graph, features, net_.head_count(), written);
      size_t head = 0;
      for (const size_t t : setting_.predicted) {
        if ((*setting_.tasks)[t].extent() != Extent::kPixel) continue;
        graph.output(t, net_.write_head(graph, read[head++], head_name(t)));
      }
    }
    images.end(graph, encoded.latent, written);
  }

  void initialize(uint64_t seed, uint32_t stream) override {
    net_.initialize(seed, stream);
    inputs_.initialize(seed, stream);
    prototypes_.initialize(seed, stream);
    image_heads_.initialize(seed, stream);
  }

  Features encode(const InputTensors& x, const NormUse& norm, bool trainable) const override {
    const FirstChannels further = inputs_.empty() ? FirstChannels{} : inputs_.first_channels(x, format_, trainable);
    const SegNet::Encoded encoded = net_.encode(x.image, norm, trainable, further);
    Features features{{encoded.pooled.begin(), encoded.pooled.end()}, {encoded.argmax.begin(), encoded.argmax.end()}};
    if (!inputs_.empty()) {
      const Pass pass = pass_of(norm, trainable, setting_.recomputation);
      features.maps.back() = inputs_.fuse({features.maps.back()}, x, format_, pass)[0];
    }
    return features;
  }

  Decoded decode(const Features& features, const NormUse& norm, bool trainable,
                 int64_t rows_with_gradient) const override {
    Decoded result;
    const ImageTasks images(image_heads_, prototypes_);
    const ImageTasks::Begun begun = images.begin(features.maps.back(), trainable);
    SegNet::Retrieval retrieval{prototypes_.empty() ? nullptr : &prototypes_, begun.features, {}, {}};
    if (net_.head_count() > 0) {
      SegNet::Encoded encoded;
      encoded.latent = features.maps.back();
      std::copy(features.places.begin(), features.places.end(), encoded.argmax.begin());
      result.raw.planes = net_.decode(encoded, norm, trainable, rows_with_gradient, &retrieval);
    }
    images.end(begun, retrieval.means, retrieval.affinities, trainable, result);
    return result;
  }

 private:
  static std::vector<HeadSpec> plane_heads(const NetworkSetting& setting) {
    std::vector<HeadSpec> heads;
    for (const size_t t : setting.predicted) {
      const Task& task = (*setting.tasks)[t];
      if (task.extent() == Extent::kPixel) heads.push_back({head_name(t), task.channels()});
    }
    return heads;
  }

  int64_t width_;
  NetworkSetting setting_;
  at::MemoryFormat format_;
  ParameterStore store_;
  InputFusions inputs_;  // its decoder reads the coarsest level alone
  TaskPrototypes prototypes_;
  SegNet net_;
  ImageHeads image_heads_;
};

const Registered<SegNetNetwork> registered;

}  // namespace
}  // namespace jtr
