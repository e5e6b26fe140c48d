// A backbone, a decoder and heads as one network.
#include <optional>

#include "networks/backbones/backbone.h"
#include "networks/decoders/decoder.h"
#include "networks/memory_format.h"
#include "networks/network.h"

namespace jtr {
namespace {

constexpr int64_t kColors = 3;

/// Numbers of the photograph's channels, from those of three colours where it has others: a grey photograph has their
/// mean, and so has every channel behind the third.
std::vector<double> of_channels(const std::vector<double>& values, int64_t channels, const char* field) {
  const int64_t given = static_cast<int64_t>(values.size());
  require(given == channels || given == kColors, field, "must be ", channels, " numbers, not ", given);
  if (given == channels) return values;
  const double mean = (values[0] + values[1] + values[2]) / static_cast<double>(kColors);
  std::vector<double> all(static_cast<size_t>(channels), mean);
  if (channels > kColors) std::copy(values.begin(), values.end(), all.begin());
  return all;
}

/// Where an input's colours stand.
enum class ColorOrder { kRgb, kBgr };
/// The backbone's stages that keep their values, from the first on.
enum class Freeze { kNone, kStem, kStage1, kStage2, kStage3, kStage4 };

struct EncoderDecoderOptions {
  Variant backbone = Variant::of("resnet18");
  Variant decoder = Variant::of("pyramid");
  double backbone_rate = 1, decoder_rate = 1, heads_rate = 1;
  Freeze freeze = Freeze::kNone;
  int64_t freeze_steps = 0;
  bool freeze_norms = false;
  ColorOrder input_order = ColorOrder::kRgb;
  double input_scale = 1;
  std::vector<double> input_mean = {0.485, 0.456, 0.406}, input_deviation = {0.229, 0.224, 0.225};
  std::vector<double> head_bias, head_scale;
  int64_t width = 16;

  void visit(OptionVisitor& v) {
    v.variant("backbone", backbone, Backbone::registry(), "Makes features of images.");
    v.variant("decoder", decoder, Decoder::registry(), "Makes of them the map that the heads of pixel tasks read.");
    v.number("backbone_rate", backbone_rate, at_least(0), "The backbone's learning rate, times the optimiser's.");
    v.number("decoder_rate", decoder_rate, at_least(0), "The decoder's learning rate, times the optimiser's.");
    v.number("heads_rate", heads_rate, at_least(0), "The heads' learning rate, times the optimiser's.");
    v.choice("freeze", freeze,
             {{"none", Freeze::kNone},
              {"stem", Freeze::kStem},
              {"stage1", Freeze::kStage1},
              {"stage2", Freeze::kStage2},
              {"stage3", Freeze::kStage3},
              {"stage4", Freeze::kStage4}},
             "The backbone's stages up to this one keep their weights and statistics; stage4 is all of it.");
    v.integer("freeze_steps", freeze_steps, at_least(0), "Steps after which they train like the others; 0: never.");
    v.flag("freeze_norms", freeze_norms, "Whether the backbone's norms keep their statistics; weights train on.");
    v.choice("input_order", input_order, {{"rgb", ColorOrder::kRgb}, {"bgr", ColorOrder::kBgr}},
             "Order of the colours that the backbone reads; images come as RGB in [0, 1].");
    v.number("input_scale", input_scale, above(0), "Images are multiplied by this, then");
    v.numbers("input_mean", input_mean, any_number(), "lose these, one for each colour in the backbone's order, and");
    v.numbers("input_deviation", input_deviation, above(0),
              "are divided by these. Default: those of ImageNet. Other channels than three colours have their mean.");
    v.numbers("head_bias", head_bias, any_number(),
              "What the biases of fresh heads begin at: one for each channel of every pixel task, in order; none: 0. "
              "Depth and maps that begin at the mean of their labels need not learn it first.");
    v.numbers("head_scale", head_scale, above(0),
              "What the first weights of fresh heads are multiplied by, one for each of these channels; none: 1. With "
              "the labels' deviation, first predictions differ from the mean as much as labels do.");
    v.integer("width", width, within(1, 1024),
              "First stage width of networks that methods have beside it, such as the auto-encoder of jtr.");
  }
};

/// Throws unless there is one for each channel of the pixel tasks, or none.
void check_heads(const std::vector<double>& values, const TaskSet& tasks, const char* field) {
  require(values.empty() || static_cast<int64_t>(values.size()) == tasks.channels(), field,
          "there must be one for each of the ", tasks.channels(), " channels of the pixel tasks, or none, not ",
          values.size());
}

/// Those of one task; none where there are none.
std::vector<double> part_of(const std::vector<double>& values, const TaskSet& tasks, size_t task) {
  if (values.empty()) return {};
  const auto first = values.begin() + tasks.channel_offset(task);
  return {first, first + tasks[task].channels()};
}

/// Before a head's number, counted from 1.
constexpr char kHead[] = "head";
std::string head_name(size_t task) { return kHead + std::to_string(task + 1); }

/// A 3x3 convolution, norm and ReLU, then 1x1: "head<i>.0", ".1", ".2".
struct PixelHead {
  PixelHead(ParameterStore& store, size_t number, int64_t in, int64_t out)
      : task(number),
        features(store, head_name(number) + ".0", head_name(number) + ".1", {in, in}),
        predict(store, head_name(number) + ".2", in, out, 1) {}

  void initialize(uint64_t seed, uint32_t stream) {
    features.initialize(seed, stream);
    predict.initialize(seed, stream);
    if (!scale.empty()) predict.scale_weights(scale);
    if (!bias.empty()) predict.set_bias(bias);
  }

  size_t task;
  ConvNorm features;
  PlainConvolution predict;
  std::vector<double> bias, scale;  // that it begins with; none: 0 and 1
};

class EncoderDecoder final : public Network {
 public:
  static constexpr char kName[] = "encoder_decoder";
  static constexpr char kSummary[] = "A backbone, which may have seen photographs before, and a decoder.";
  static constexpr int kPlace = 2;
  using Options = EncoderDecoderOptions;

  EncoderDecoder(const Options& options, const NetworkSetting& setting)
      : options_(options),
        recomputation_(setting.recomputation),
        format_(network_memory_format(setting.precision, setting.device, kFormatWidth)),
        channels_(setting.inputs->image_channels()),
        mean_(of_channels(options.input_mean, channels_, "network.input_mean")),
        deviation_(of_channels(options.input_deviation, channels_, "network.input_deviation")),
        backbone_(Backbone::registry().make(options.backbone, {&store_, channels_, setting.recomputation})),
        inputs_begin_(end_of_store()),
        inputs_(store_, *setting.inputs, backbone_->levels(), backbone_->first(), setting.recomputation,
                options.backbone.options.value("name", std::string())),
        decoder_begin_(end_of_store()),
        decoder_(Decoder::registry().make(options.decoder, {&store_, backbone_->levels()})),
        prototypes_(store_, *setting.tasks, setting.predicted,
                    {setting.prototypes, decoder_->out().channels, levels().back().channels}),
        heads_begin_(end_of_store()) {
    check_heads(options.head_bias, *setting.tasks, "network.head_bias");
    check_heads(options.head_scale, *setting.tasks, "network.head_scale");
    for (const size_t t : setting.predicted) {
      const Task& task = (*setting.tasks)[t];
      if (task.extent() != Extent::kPixel) continue;
      heads_.emplace_back(store_, t, decoder_->out().channels, task.channels());
      heads_.back().bias = part_of(options.head_bias, *setting.tasks, t);
      heads_.back().scale = part_of(options.head_scale, *setting.tasks, t);
    }
    image_heads_.emplace(store_, *setting.tasks, setting.predicted, levels().back().channels, kHead);
    store_.allocate(setting.precision, setting.device, format_);
    const auto options_like = at::TensorOptions().dtype(setting.precision.stored).device(setting.device);
    std::vector<double> scale, shift;
    for (size_t c = 0; c < mean_.size(); ++c) {
      scale.push_back(options.input_scale / deviation_[c]);
      shift.push_back(-mean_[c] / deviation_[c]);
    }
    scale_ = at::tensor(scale, at::kDouble).to(options_like).view({1, channels_, 1, 1});
    shift_ = at::tensor(shift, at::kDouble).to(options_like).view({1, channels_, 1, 1});
  }

  ParameterStore& store() override { return store_; }
  int64_t width() const override { return options_.width; }
  int64_t stride() const override {
    // Decoders enlarge by whole factors, and an image's rows are even at every stride.
    return std::max<int64_t>(kStride, levels().back().stride);
  }
  at::MemoryFormat memory_format() const override { return format_; }
  std::vector<Level> levels() const override { return backbone_->levels(); }

  std::vector<ParameterGroup> groups() const override {
    const int64_t end = end_of_store(), frozen = frozen_end();
    const int64_t from = options_.freeze_steps > 0 ? options_.freeze_steps : kNever;
    std::vector<ParameterGroup> groups = {{"backbone", 0, frozen, options_.backbone_rate, from},
                                          {"backbone", frozen, inputs_begin_ - frozen, options_.backbone_rate}};
    // Like the decoder, what further inputs go through has seen nothing before.
    if (!inputs_.empty()) {
      groups.push_back({"inputs", inputs_begin_, decoder_begin_ - inputs_begin_, options_.decoder_rate});
    }
    groups.push_back({"decoder", decoder_begin_, heads_begin_ - decoder_begin_, options_.decoder_rate});
    groups.push_back({"heads", heads_begin_, end - heads_begin_, options_.heads_rate});
    return groups;
  }

  void begin_step(int64_t step) override {
    frozen_stages_ = options_.freeze_steps > 0 && step >= options_.freeze_steps ? 0 : frozen_stages();
  }

  void initialize(uint64_t seed, uint32_t stream) override {
    backbone_->initialize(seed, stream);
    inputs_.initialize(seed, stream);
    decoder_->initialize(seed, stream);
    prototypes_.initialize(seed, stream);
    for (PixelHead& head : heads_) head.initialize(seed, stream);
    image_heads_->initialize(seed, stream);
  }

  Features encode(const InputTensors& x, const NormUse& norm, bool trainable) const override {
    const bool turns = options_.input_order == ColorOrder::kBgr && channels_ >= kColors;
    const at::Tensor ordered = !turns ? x.image
                               : channels_ == kColors
                                   ? x.image.flip(1)
                                   : x.image.index_select(1, at::tensor(order(), at::kLong).to(x.image.device()));
    const at::Tensor input = at::addcmul(shift_, ordered, scale_).to(store_.convolved()).contiguous(format_);
    const bool training = norm.mode != NormMode::kRunning;
    const Pass pass = pass_of(norm, trainable, recomputation_);
    const FirstChannels further = inputs_.empty() ? FirstChannels{} : inputs_.first_channels(x, format_, trainable);
    std::vector<at::Tensor> maps =
        backbone_->encode(input, {pass, training ? frozen_stages_ : 0, training && options_.freeze_norms}, further);
    if (!inputs_.empty()) maps = inputs_.fuse(std::move(maps), x, format_, pass);
    return {std::move(maps), {}};
  }

  Decoded decode(const Features& features, const NormUse& norm, bool trainable,
                 int64_t rows_with_gradient) const override {
    Decoded result;
    TaskTensors& raw = result.raw;
    const bool retrieves = !prototypes_.empty();
    const ImageTasks images(*image_heads_, prototypes_);
    const ImageTasks::Begun begun = images.begin(features.maps.back(), trainable);
    at::Tensor means, affinities;
    if (!heads_.empty()) {
      const Pass pass = pass_of(norm, trainable, recomputation_);
      std::vector<at::Tensor> weights;
      if (trainable) {
        decoder_->add_weights(weights, norm.set);
        prototypes_.add_pixel_weights(weights);
        for (const PixelHead& head : heads_) {
          head.features.add_weights(weights, norm.set);
          head.predict.add_weights(weights, norm.set);
        }
      }
      const size_t levels = features.maps.size();
      const auto stage = [this, pass, rows_with_gradient, retrieves, levels](const std::vector<at::Tensor>& read,
                                                                             bool again) {
        Pass own = pass;
        own.again = again;
        std::vector<at::Tensor> maps(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(levels));
        const at::Tensor map = decoder_->decode(maps, own);
        TaskPrototypes::Pixels refined;
        if (retrieves) {
          refined = prototypes_.refine(map, read.size() > levels ? read.back() : at::Tensor{}, own.trainable);
        }
        std::vector<at::Tensor> planes;
        for (size_t h = 0; h < heads_.size(); ++h) {
          const at::Tensor& of_head = retrieves ? refined.maps[h] : map;
          planes.push_back(heads_[h].predict.apply(heads_[h].features.apply(of_head, own), own, rows_with_gradient));
        }
        std::vector<at::Tensor> made = {
            upsample(in_full(planes.size() == 1 ? planes[0] : at::cat(planes, 1)), decoder_->out().stride)
                .contiguous()};
        if (retrieves) made.insert(made.end(), {refined.means, refined.affinities});
        return made;
      };
      std::vector<at::Tensor> read = features.maps;
      if (begun.features.defined()) read.push_back(begun.features);
      const bool again = recomputation_ == Recomputation::kStages;
      const std::vector<at::Tensor> made = again ? recomputed(read, weights, stage) : stage(read, false);
      raw.planes = made[0];
      if (retrieves) {
        means = made[1];
        affinities = made[2];
      }
    }
    images.end(begun, means, affinities, trainable, result);
    return result;
  }

  bool is_exportable() const override { return backbone_->is_exportable() && inputs_.is_exportable(); }
  void write(GraphWriter& graph) const override {
    std::vector<double> scale, shift;
    for (int64_t c = 0; c < channels_; ++c) {
      scale.push_back(scale_.flatten()[c].item<double>());
      shift.push_back(shift_.flatten()[c].item<double>());
    }
    const InputFusions::Written further = inputs_.write_first(graph);
    const std::vector<std::string> maps = inputs_.write(
        graph, backbone_->write(graph, graph.channel_affine(graph.input(), order(), scale, shift), further.first),
        further);
    const ImageTasks images(*image_heads_, prototypes_);
    ImageTasks::Written written = images.begin(graph, maps.back());
    if (!heads_.empty()) {
      const std::string map = decoder_->write(graph, maps);
      const std::vector<std::string> read = images.maps(graph, map, heads_.size(), written);
      for (size_t h = 0; h < heads_.size(); ++h) {
        const PixelHead& head = heads_[h];
        const std::string raw = head.predict.write(graph, graph.relu(head.features.write(graph, read[h])));
        graph.output(head.task, graph.upsample(raw, decoder_->out().stride));
      }
    }
    images.end(graph, maps.back(), written);
  }

 private:
  /// Rows and columns are multiples of this, whatever the backbone's output stride.
  static constexpr int64_t kStride = 32;
  /// Channels of the widest large maps, by which the layout is chosen.
  static constexpr int64_t kFormatWidth = 64;

  /// Which channel of a photograph each of the backbone's is.
  std::vector<int64_t> order() const {
    std::vector<int64_t> all;
    const bool turns = options_.input_order == ColorOrder::kBgr && channels_ >= kColors;
    for (int64_t c = 0; c < channels_; ++c) all.push_back(turns && c < kColors ? kColors - 1 - c : c);
    return all;
  }
  int64_t frozen_stages() const {
    const int64_t all = static_cast<int64_t>(backbone_->stage_ends().size());
    return std::min(static_cast<int64_t>(options_.freeze), all);
  }
  int64_t frozen_end() const {
    const int64_t stages = frozen_stages();
    return stages == 0 ? 0 : backbone_->stage_ends()[static_cast<size_t>(stages) - 1];
  }
  int64_t end_of_store() const {
    const auto& list = store_.parameter_list();
    return list.empty() ? 0 : list.back().offset + list.back().elements;
  }

  Options options_;
  Recomputation recomputation_;
  at::MemoryFormat format_;
  ParameterStore store_;
  int64_t channels_;  // of the photograph
  std::vector<double> mean_, deviation_;
  std::unique_ptr<Backbone> backbone_;
  int64_t inputs_begin_;
  InputFusions inputs_;
  int64_t decoder_begin_;
  std::unique_ptr<Decoder> decoder_;
  TaskPrototypes prototypes_;
  int64_t heads_begin_;
  std::vector<PixelHead> heads_;
  std::optional<ImageHeads> image_heads_;
  at::Tensor scale_, shift_;
  int64_t frozen_stages_ = 0;
};

const Registered<EncoderDecoder> registered;

}  // namespace
}  // namespace jtr
