#include "networks/fusion/fusion.h"

#include "error.h"

namespace jtr {

Registry<Fusion, FusionSetting>& Fusion::registry() {
  static Registry<Fusion, FusionSetting> all("fusion", "name");
  return all;
}

void Fusion::require_kind(const char* way, const FusionSetting& setting, bool planes) {
  require(setting.input->is_planes() == planes, join_path(setting.path, "name").c_str(), "input '",
          setting.input->name(), "': '", way, "' is for ", planes ? "planes" : "vectors", ", and this is ",
          planes ? "a vector" : "planes");
}

InputFusions::InputFusions(ParameterStore& store, const InputSet& inputs, const std::vector<Level>& levels,
                           const FirstConvolution& first, Recomputation recomputation, const std::string& network)
    : store_(store), inputs_(inputs) {
  store.count_apart(true);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Variant& way = inputs[i].fusion();
    fusions_.push_back(Fusion::registry().make(way, {&store, "inputs." + inputs[i].name() + ".", &inputs[i], levels,
                                                     first, recomputation, network, way.path}));
  }
  store.count_apart(false);
}

bool InputFusions::is_exportable() const {
  for (const auto& fusion : fusions_) {
    if (!fusion->is_exportable()) return false;
  }
  return true;
}

void InputFusions::initialize(uint64_t seed, uint32_t stream) {
  for (const auto& fusion : fusions_) fusion->initialize(seed, stream);
}

at::Tensor InputFusions::map_of(const InputTensors& inputs, size_t i, at::MemoryFormat format) const {
  const at::Tensor& x = inputs.further[i];
  return inputs_[i].is_planes() ? x.to(store_.convolved()).contiguous(format) : x;
}

FirstChannels InputFusions::first_channels(const InputTensors& inputs, at::MemoryFormat format, bool trainable) const {
  std::vector<at::Tensor> maps, weights;
  for (size_t i = 0; i < fusions_.size(); ++i) {
    const at::Tensor present = inputs.present.select(1, static_cast<int64_t>(i));
    const FirstChannels own = fusions_[i]->first_channels(map_of(inputs, i, format), present, trainable);
    if (!own.defined()) continue;
    maps.push_back(own.maps);
    weights.push_back(own.weight);
  }
  if (maps.empty()) return {};
  return {at::cat(maps, 1).contiguous(format), at::cat(weights, 1).contiguous(format)};
}

std::vector<at::Tensor> InputFusions::fuse(std::vector<at::Tensor> maps, const InputTensors& inputs,
                                           at::MemoryFormat format, const Pass& pass) const {
  for (size_t i = 0; i < fusions_.size(); ++i) {
    const at::Tensor present = inputs.present.select(1, static_cast<int64_t>(i));
    maps = fusions_[i]->fuse(std::move(maps), map_of(inputs, i, format), present, pass);
  }
  return maps;
}

InputFusions::Written InputFusions::write_first(GraphWriter& graph) const {
  Written written;
  for (size_t i = 0; i < fusions_.size(); ++i) {
    WrittenInput input;
    input.present = graph.present(i);
    input.value = inputs_[i].write(graph, input.present);
    const std::string first = fusions_[i]->write_first(graph, input, graph.input());
    if (!first.empty()) written.first.push_back(first);
    written.inputs.push_back(std::move(input));
  }
  return written;
}

std::vector<std::string> InputFusions::write(GraphWriter& graph, std::vector<std::string> maps,
                                             const Written& written) const {
  for (size_t i = 0; i < fusions_.size(); ++i) maps = fusions_[i]->write(graph, std::move(maps), written.inputs[i]);
  return maps;
}

}  // namespace jtr
