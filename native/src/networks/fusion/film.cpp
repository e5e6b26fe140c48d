// Feature-wise linear modulation (FiLM; Perez et al., AAAI 2018): a vector scales and shifts the channels of features,
//
//   f * (1 + s(v)) + t(v),   [s, t](v) = W2 max(W1 v + b1, 0) + b2   with W2 and b2 beginning at 0.
//
// Features of samples without the vector stay as they are.
#include "networks/fusion/fusion.h"

namespace jtr {
namespace {

enum class FilmLevels { kCoarsest, kAll };

class Film final : public Fusion {
 public:
  static constexpr char kName[] = "film";
  static constexpr char kSummary[] = "A vector scales and shifts the features' channels, by a small network.";
  static constexpr char kSource[] = "Perez et al., AAAI 2018";
  static constexpr int kPlace = 3;

  struct Options {
    FilmLevels levels = FilmLevels::kCoarsest;
    int64_t hidden = 64;
    void visit(OptionVisitor& v) {
      v.choice("levels", levels, {{"coarsest", FilmLevels::kCoarsest}, {"all", FilmLevels::kAll}},
               "Which levels of the features it changes.");
      v.integer("hidden", hidden, within(1, 4096), "Units of the small network's hidden layer.");
    }
  };

  Film(const Options& options, const FusionSetting& setting) : store_(*setting.store), prefix_(setting.prefix) {
    require_kind(kName, setting, false);
    hidden_ = add("hidden", options.hidden, setting.input->channels());
    const size_t levels = setting.levels.size();
    for (size_t i = options.levels == FilmLevels::kAll ? 0 : levels - 1; i < levels; ++i) {
      const std::string number = std::to_string(i);
      const int64_t channels = setting.levels[i].channels;
      levels_.push_back(
          {i, add("scale" + number, channels, options.hidden), add("shift" + number, channels, options.hidden)});
    }
  }

  void initialize(uint64_t seed, uint32_t stream) override {
    store_.xavier_normal(hidden_.weight, seed, stream);
    store_.frozen(hidden_.bias).zero_();
    for (const OfLevel& level : levels_) {
      for (const Linear& map : {level.scale, level.shift}) {
        store_.frozen(map.weight).zero_();
        store_.frozen(map.bias).zero_();
      }
    }
  }

  std::vector<at::Tensor> fuse(std::vector<at::Tensor> maps, const at::Tensor& x, const at::Tensor& present,
                               const Pass& pass) const override {
    const at::Tensor h = at::relu(apply(hidden_, x, pass));
    const at::Tensor there = present.view({-1, 1});
    for (const OfLevel& level : levels_) {
      at::Tensor& map = maps[level.number];
      const auto as_map = [&](const at::Tensor& of_channels) {
        return (of_channels * there).to(map.scalar_type()).unsqueeze(2).unsqueeze(3);
      };
      map = map + map * as_map(apply(level.scale, h, pass)) + as_map(apply(level.shift, h, pass));
    }
    return maps;
  }

  std::vector<std::string> write(GraphWriter& graph, std::vector<std::string> maps,
                                 const WrittenInput& input) const override {
    const auto linear = [&](const Linear& map, const std::string& x) {
      return graph.as_map(graph.linear(x, map.name + ".weight", map.name + ".bias"));
    };
    const std::string h = graph.relu(linear(hidden_, input.value));
    for (const OfLevel& level : levels_) {
      std::string& map = maps[level.number];
      const std::string scale = graph.multiply(linear(level.scale, h), input.present);
      const std::string shift = graph.multiply(linear(level.shift, h), input.present);
      map = graph.add(graph.add(map, graph.multiply(map, scale)), shift);
    }
    return maps;
  }

 private:
  struct Linear {
    std::string name;
    int64_t weight, bias;
  };
  struct OfLevel {
    size_t number;
    Linear scale, shift;
  };

  Linear add(const std::string& name, int64_t out, int64_t in) {
    return {prefix_ + name, store_.add_parameter(prefix_ + name + ".weight", {out, in}),
            store_.add_parameter(prefix_ + name + ".bias", {out})};
  }
  at::Tensor apply(const Linear& map, const at::Tensor& x, const Pass& pass) const {
    return pass.trainable ? at::linear(x, store_.parameter(map.weight), store_.parameter(map.bias))
                          : at::linear(x, store_.frozen(map.weight), store_.frozen(map.bias));
  }

  ParameterStore& store_;
  std::string prefix_;
  Linear hidden_;
  std::vector<OfLevel> levels_;
};

const Registered<Film> registered;

}  // namespace
}  // namespace jtr
