#include "networks/network.h"

namespace jtr {

Registry<Network, NetworkSetting>& Network::registry() {
  static Registry<Network, NetworkSetting> all("network", "name");
  return all;
}

ImageHeads::ImageHeads(ParameterStore& store, const TaskSet& tasks, const std::vector<size_t>& predicted,
                       int64_t channels, std::string prefix)
    : store_(store), prefix_(std::move(prefix)) {
  for (const size_t t : predicted) {
    if (tasks[t].extent() != Extent::kImage) continue;
    Head head{t, -1, -1};
    head.weight = store_.add_parameter(name_of(head) + ".weight", {tasks[t].channels(), channels});
    head.bias = store_.add_parameter(name_of(head) + ".bias", {tasks[t].channels()});
    heads_.push_back(head);
  }
}

void ImageHeads::initialize(uint64_t seed, uint32_t stream) {
  for (const Head& head : heads_) {
    store_.xavier_normal(head.weight, seed, stream);
    store_.frozen(head.bias).zero_();
  }
}

at::Tensor ImageHeads::pooled(const at::Tensor& features) { return in_full(features).mean({2, 3}); }

at::Tensor ImageHeads::apply(const std::vector<at::Tensor>& pooled, bool trainable) const {
  std::vector<at::Tensor> out;
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    const at::Tensor& weight = trainable ? store_.parameter(head.weight) : store_.frozen(head.weight);
    const at::Tensor& bias = trainable ? store_.parameter(head.bias) : store_.frozen(head.bias);
    out.push_back(at::linear(pooled.size() == 1 ? pooled[0] : pooled[i], weight, bias));
  }
  return at::cat(out, 1);
}

void ImageHeads::write(GraphWriter& graph, const std::vector<std::string>& pooled) const {
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    const std::string& read = pooled.size() == 1 ? pooled[0] : pooled[i];
    graph.output(head.task, graph.linear(read, name_of(head) + ".weight", name_of(head) + ".bias"));
  }
}

ImageTasks::Begun ImageTasks::begin(const at::Tensor& top, bool trainable) const {
  if (heads_.empty()) return {};
  const at::Tensor pooled = ImageHeads::pooled(top);
  return {pooled, prototypes_.empty() ? at::Tensor{} : prototypes_.read_images(pooled, trainable)};
}

void ImageTasks::end(const Begun& begun, const at::Tensor& means, const at::Tensor& affinities, bool trainable,
                     Decoded& result) const {
  if (prototypes_.empty()) {
    if (!heads_.empty()) result.raw.vectors = heads_.apply({begun.pooled}, trainable);
    return;
  }
  TaskPrototypes::Images images;
  if (!heads_.empty()) {
    images = prototypes_.refine_images(begun.pooled, begun.features, means, trainable);
    result.raw.vectors = heads_.apply(images.pooled, trainable);
  }
  result.affinities = prototypes_.joined(affinities, images.affinities);
}

ImageTasks::Written ImageTasks::begin(GraphWriter& graph, const std::string& top) const {
  Written written;
  if (prototypes_.empty()) return written;
  if (!heads_.empty()) written.pooled = graph.mean(top);
  written.features = prototypes_.write_images(graph, written.pooled);
  return written;
}

std::vector<std::string> ImageTasks::maps(GraphWriter& graph, const std::string& map, size_t heads,
                                          Written& written) const {
  return prototypes_.empty() ? std::vector<std::string>(heads, map)
                             : prototypes_.write_pixels(graph, map, written.features);
}

void ImageTasks::end(GraphWriter& graph, const std::string& top, const Written& written) const {
  if (heads_.empty()) return;
  heads_.write(graph, prototypes_.empty() ? std::vector<std::string>{graph.mean(top)}
                                          : prototypes_.refine_images(graph, written.pooled, written.features));
}

}  // namespace jtr
