// Late fusion: the input has an encoder of its own, whose features g meet the photograph's f at each level of the same
// stride. With 1x1 convolutions A, B, C:
//
//   sum      f + A g                       A begins at 0
//   concat   B f + A g                     the 1x1 convolution of both; B begins as the identity, A at 0
//   gate     f + sigmoid(B f + C g) * A g  B, C and A begin at 0
//
// What is missing adds nothing, and its sample does not go through the encoder: its norms never see it.
#include <algorithm>

#include "error.h"
#include "networks/backbones/backbone.h"
#include "networks/fusion/fusion.h"

namespace jtr {
namespace {

enum class Combine { kSum, kConcat, kGate };

class Late final : public Fusion {
 public:
  static constexpr char kName[] = "late";
  static constexpr char kSummary[] = "An encoder of the input's own, whose features meet the photograph's.";
  static constexpr int kPlace = 2;

  struct Options {
    Variant encoder = Variant::of("plain");
    Combine combine = Combine::kSum;
    void visit(OptionVisitor& v) {
      v.variant("encoder", encoder, Backbone::registry(), "Makes features of the input.");
      v.choice(
          "combine", combine, {{"sum", Combine::kSum}, {"concat", Combine::kConcat}, {"gate", Combine::kGate}},
          "How features meet: their sum, a 1x1 convolution of both, or a sum with a learned gate for each number.");
    }
  };

  Late(const Options& options, const FusionSetting& setting)
      : store_(*setting.store), prefix_(setting.prefix), combine_(options.combine) {
    require_kind(kName, setting, true);
    encoder_ = Backbone::registry().make(
        options.encoder, {&store_, setting.input->channels(), setting.recomputation, prefix_ + "encoder."});
    const std::vector<Level> own = encoder_->levels();
    for (size_t i = 0; i < setting.levels.size(); ++i) {
      // The last one of that stride: dilated encoders have several.
      const auto found = std::find_if(own.rbegin(), own.rend(),
                                      [&](const Level& level) { return level.stride == setting.levels[i].stride; });
      if (found == own.rend()) continue;
      const std::string number = std::to_string(i);
      const int64_t out = setting.levels[i].channels;
      Meeting meeting{
          i, static_cast<size_t>(own.rend() - found) - 1, add("own" + number, found->channels, out), {}, {}};
      if (combine_ != Combine::kSum) meeting.f = add("image" + number, out, out);
      if (combine_ == Combine::kGate) meeting.gate = add("gate" + number, found->channels, out);
      meetings_.push_back(meeting);
    }
    require(!meetings_.empty(), join_path(setting.path, "encoder").c_str(), "input '", setting.input->name(),
            "': no level of the encoder has the stride of one of '", setting.network, "'");
  }

  void initialize(uint64_t seed, uint32_t stream) override {
    encoder_->initialize(seed, stream);
    for (const Meeting& meeting : meetings_) {
      for (const Projection& map : {meeting.own, meeting.f, meeting.gate}) {
        if (map.weight < 0) continue;
        store_.frozen(map.weight).zero_();
        store_.frozen(map.bias).zero_();
      }
      if (combine_ != Combine::kConcat) continue;
      const at::Tensor& weight = store_.frozen(meeting.f.weight);
      weight.copy_(at::eye(weight.size(0), weight.options()).view(weight.sizes()));
    }
  }

  std::vector<at::Tensor> fuse(std::vector<at::Tensor> maps, const at::Tensor& x, const at::Tensor& present,
                               const Pass& pass) const override {
    const at::Tensor rows = present.nonzero().flatten();
    const bool all = rows.size(0) == x.size(0), none = rows.size(0) == 0;
    std::vector<at::Tensor> own;
    if (!none) own = encoder_->encode(all ? x : x.index_select(0, rows), {pass}, {});
    const auto there = [&](const at::Tensor& map) { return all ? map : map.index_select(0, rows); };
    const auto everywhere = [&](const at::Tensor& map, const at::Tensor& like) {
      return all ? map : at::zeros_like(like).index_copy(0, rows, map);
    };
    for (const Meeting& meeting : meetings_) {
      at::Tensor& f = maps[meeting.level];
      at::Tensor met = combine_ == Combine::kConcat ? apply(meeting.f, f, pass) : f;
      if (!none) {
        const at::Tensor& g = own[meeting.own_level];
        at::Tensor added = apply(meeting.own, g, pass);
        if (combine_ == Combine::kGate) {
          added = added * at::sigmoid(apply(meeting.f, there(f), pass) + apply(meeting.gate, g, pass));
        }
        met = met + everywhere(added, f);
      }
      f = met;
    }
    return maps;
  }

  bool is_exportable() const override { return encoder_->is_exportable(); }
  std::vector<std::string> write(GraphWriter& graph, std::vector<std::string> maps,
                                 const WrittenInput& input) const override {
    const std::vector<std::string> own = encoder_->write(graph, input.value, {});
    const auto project = [&](const Projection& map, const std::string& x) {
      return graph.convolve(x, map.name + ".weight", map.name + ".bias", {1, 1, 1});
    };
    for (const Meeting& meeting : meetings_) {
      std::string& f = maps[meeting.level];
      const std::string& g = own[meeting.own_level];
      std::string added = project(meeting.own, g);
      if (combine_ == Combine::kGate) {
        added = graph.multiply(added, graph.sigmoid(graph.add(project(meeting.f, f), project(meeting.gate, g))));
      }
      const std::string met = combine_ == Combine::kConcat ? project(meeting.f, f) : f;
      f = graph.add(met, graph.multiply(added, input.present));
    }
    return maps;
  }

 private:
  struct Projection {
    std::string name;
    int64_t weight = -1, bias = -1;
  };
  /// Of a level of the photograph's features and one of the input's own.
  struct Meeting {
    size_t level, own_level;
    Projection own, f, gate;
  };

  Projection add(const std::string& name, int64_t in, int64_t out) {
    return {prefix_ + name, store_.add_parameter(prefix_ + name + ".weight", {out, in, 1, 1}),
            store_.add_parameter(prefix_ + name + ".bias", {out})};
  }
  at::Tensor apply(const Projection& map, const at::Tensor& x, const Pass& pass) const {
    const bool trains = pass.trainable;
    return convolve_out(x, Convolution{trains ? store_.parameter(map.weight) : store_.frozen(map.weight),
                                       trains ? store_.parameter(map.bias) : store_.frozen(map.bias)});
  }

  ParameterStore& store_;
  std::string prefix_;
  Combine combine_;
  std::unique_ptr<Backbone> encoder_;
  std::vector<Meeting> meetings_;
};

const Registered<Late> registered;

}  // namespace
}  // namespace jtr
