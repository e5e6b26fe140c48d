// Any encoder in a TorchScript file: its forward takes images behind the input's transform and gives a list or tuple of
// maps, the finest first. Its parameters and buffers live in the network's storage, so that they are trained, averaged
// and saved like others; the file itself is needed to make the network again.
#include <torch/script.h>

#include "networks/backbones/backbone.h"

namespace jtr {
namespace {

/// Rows and columns of the image by which the levels are found.
constexpr int64_t kTrialSize = 64;

class TorchScriptBackbone final : public Backbone {
 public:
  static constexpr char kName[] = "torchscript";
  static constexpr char kSummary[] = "An encoder in a TorchScript file, whose forward gives a list of maps.";
  static constexpr int kPlace = 9;

  struct Options {
    std::string file;
    void visit(OptionVisitor& v) {
      v.word("file", file,
             "The TorchScript file. Its forward takes [N, 3, H, W] and gives a list or tuple of maps [N, C, H / s, W / "
             "s], "
             "the finest first; each s is a power of 2 that divides 32.");
    }
  };

  TorchScriptBackbone(const Options& options, const BackboneSetting& setting)
      : file_(options.file), store_(*setting.store), module_(load(options.file)) {
    find_levels(setting.input_channels);
    for (const auto& parameter : module_.named_parameters()) {
      if (!parameter.value.is_floating_point()) throw unfit(text("its parameter '", parameter.name, "' is no float"));
      parameters_.push_back({parameter.name,
                             store_.add_parameter(setting.prefix + parameter.name, sizes(parameter.value)),
                             parameter.value.detach().to(at::kCPU, at::kDouble)});
    }
    if (parameters_.empty()) throw unfit("it has no parameters");
    for (const auto& buffer : module_.named_buffers()) {
      // Counters stay in the module: nothing reads them.
      if (!buffer.value.is_floating_point()) continue;
      buffers_.push_back({buffer.name, store_.add_buffer(setting.prefix + buffer.name, sizes(buffer.value)),
                          buffer.value.detach().to(at::kCPU, at::kDouble)});
    }
    const NamedTensor& last = store_.parameter_list().back();
    end_ = last.offset + last.elements;
  }

  std::vector<Level> levels() const override { return levels_; }
  std::vector<int64_t> stage_ends() const override { return {end_}; }
  bool is_exportable() const override { return false; }

  void initialize(uint64_t, uint32_t) override {
    // Tensors of the module that have no place in the storage go where the others are.
    module_.to(store_.flat_parameters().device());
    for (const Own& own : parameters_) {
      store_.frozen(own.place).copy_(own.values);
      bind(own.name, store_.parameter(own.place));
    }
    for (const Own& own : buffers_) {
      store_.buffer(own.place).copy_(own.values);
      bind(own.name, store_.buffer(own.place));
    }
    bound_ = 0;
  }

  std::vector<at::Tensor> encode(const at::Tensor& x, const BackbonePass& pass, const FirstChannels&) const override {
    const bool frozen = pass.frozen_stages > 0 || !pass.pass.trainable;
    const bool evaluates = frozen || pass.frozen_norms || pass.pass.norm.mode == NormMode::kRunning;
    const at::AutoGradMode grad_mode(at::GradMode::is_enabled() && !frozen);
    std::vector<at::Tensor> maps;
    module_.train(!evaluates);
    // The module updates its statistics by itself.
    const bool apart = !evaluates && pass.pass.norm.mode == NormMode::kBatchApart;
    const int64_t set = pass.pass.norm.set;
    if (set != bound_) {
      for (const Own& own : parameters_) bind(own.name, store_.parameter(own.place, set));
      for (const Own& own : buffers_) bind(own.name, store_.buffer(own.place, set));
      bound_ = set;
    }
    const at::Tensor before = apart ? store_.flat_buffers(set).clone() : at::Tensor{};
    for (const at::Tensor& map : run(x.to(store_.flat_parameters().scalar_type()))) {
      maps.push_back(map.to(x.scalar_type()));
    }
    if (apart) {
      // With a version of its own: the graph holds them, and reads the batch's.
      at::Tensor buffers = store_.flat_buffers(set).variable_data();
      buffers.copy_(before);
    }
    return maps;
  }

  std::vector<std::string> write(GraphWriter&, const std::string&, const std::vector<std::string>&) const override {
    throw Error(JTR_STATUS_INVALID_ARGUMENT, "an encoder in a TorchScript file cannot be written as operations");
  }

 private:
  struct Own {
    std::string name;
    int64_t place;
    at::Tensor values;  // those of the file
  };

  static std::vector<int64_t> sizes(const at::Tensor& tensor) { return tensor.sizes().vec(); }

  static torch::jit::Module load(const std::string& file) {
    try {
      return torch::jit::load(file, at::kCPU);
    } catch (const std::exception& e) {
      const std::string why = e.what();
      throw Error(JTR_STATUS_FORMAT, text("no TorchScript file: ", why.substr(0, why.find('\n')))).with_path(file);
    }
  }

  Error unfit(const std::string& why) const {
    return Error(JTR_STATUS_FORMAT, text("no encoder: ", why)).with_path(file_);
  }

  std::vector<at::Tensor> run(const at::Tensor& x) const {
    // Profiling and fusing would make the first steps other than later ones.
    const torch::jit::GraphOptimizerEnabledGuard plain(false);
    const at::IValue out = module_.forward({x});
    if (out.isTensorList()) return out.toTensorVector();
    if (!out.isTuple()) throw unfit(text("its forward gives ", out.type()->str(), ", not a list of maps"));
    std::vector<at::Tensor> maps;
    for (const at::IValue& map : out.toTupleRef().elements()) {
      if (!map.isTensor()) throw unfit("its forward gives a tuple of other things than maps");
      maps.push_back(map.toTensor());
    }
    return maps;
  }

  void find_levels(int64_t channels) {
    const at::NoGradGuard no_grad;
    module_.eval();
    std::vector<at::Tensor> maps;
    try {
      maps = run(at::zeros({1, channels, kTrialSize, kTrialSize}));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      const std::string why = e.what();
      throw unfit(text("it fails on an image of ", kTrialSize, " x ", kTrialSize, ": ", why.substr(0, why.find('\n'))));
    }
    if (maps.empty()) throw unfit("it gives no maps");
    for (const at::Tensor& map : maps) {
      const bool fits = map.dim() == 4 && map.size(2) > 0 && map.size(2) == map.size(3) &&
                        kTrialSize % map.size(2) == 0 && 32 % (kTrialSize / map.size(2)) == 0;
      if (!fits) {
        throw unfit(
            text("of an image of ", kTrialSize, " x ", kTrialSize, " it makes a map of the sizes ", map.sizes()));
      }
      levels_.push_back({map.size(1), kTrialSize / map.size(2)});
      if (levels_.size() > 1 && levels_.back().stride < levels_[levels_.size() - 2].stride) {
        throw unfit("its maps do not go from fine to coarse");
      }
    }
  }

  /// Puts a tensor in the place of one of the module's.
  void bind(const std::string& name, const at::Tensor& tensor) const {
    torch::jit::Module owner = module_;
    size_t begin = 0;
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', begin)) {
      owner = owner.attr(name.substr(begin, dot - begin)).toModule();
      begin = dot + 1;
    }
    owner.setattr(name.substr(begin), tensor);
  }

  std::string file_;
  ParameterStore& store_;
  mutable torch::jit::Module module_;  // its methods are not const
  mutable int64_t bound_ = 0;          // which set of weights and buffers it reads
  std::vector<Level> levels_;
  std::vector<Own> parameters_, buffers_;
  int64_t end_ = 0;
};

const Registered<TorchScriptBackbone> registered;

}  // namespace
}  // namespace jtr
