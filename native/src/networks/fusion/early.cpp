// Early fusion: more channels of the network's first convolution. Beside the input's own there is one that says where
// it is present, so that what is missing is told apart from zeros.
#include "error.h"
#include "networks/fusion/fusion.h"

namespace jtr {
namespace {

class Early final : public Fusion {
 public:
  static constexpr char kName[] = "early";
  static constexpr char kSummary[] =
      "More channels of the first convolution, beginning at zero, and one that says whether the input is there.";
  static constexpr int kPlace = 1;

  struct Options {
    void visit(OptionVisitor&) {}
  };

  Early(const Options&, const FusionSetting& setting)
      : store_(*setting.store),
        name_(setting.prefix + "first.weight"),
        first_(setting.first),
        channels_(setting.input->channels()),
        weight_(declared(setting)) {}

  void initialize(uint64_t, uint32_t) override { store_.frozen(weight_).zero_(); }

  FirstChannels first_channels(const at::Tensor& x, const at::Tensor& present, bool trainable) const override {
    const at::Tensor where =
        present.to(x.scalar_type()).view({-1, 1, 1, 1}).expand({x.size(0), 1, x.size(2), x.size(3)});
    return {at::cat({x, where}, 1), trainable ? store_.parameter(weight_) : store_.frozen(weight_)};
  }

  std::string write_first(GraphWriter& graph, const WrittenInput& input, const std::string&) const override {
    const std::string ones = graph.channel_affine(input.value, {0}, {0}, {1});
    const std::string maps = graph.concatenate({input.value, graph.multiply(ones, input.present)});
    return graph.convolve(maps, name_, "", {first_.kernel, first_.stride, 1});
  }

 private:
  int64_t declared(const FusionSetting& setting) const {
    require_kind(kName, setting, true);
    require(first_.out > 0, join_path(setting.path, "name").c_str(), "input '", setting.input->name(),
            "': the first convolution of '", setting.network, "' reads no more channels than it does; try 'late'");
    return setting.store->add_parameter(name_, {first_.out, channels_ + 1, first_.kernel, first_.kernel});
  }

  ParameterStore& store_;
  std::string name_;
  FirstConvolution first_;
  int64_t channels_, weight_;
};

const Registered<Early> registered;

}  // namespace
}  // namespace jtr
