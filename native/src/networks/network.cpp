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

at::Tensor ImageHeads::apply(const at::Tensor& features, bool trainable) const {
  const at::Tensor mean = in_full(features).mean({2, 3});
  std::vector<at::Tensor> out;
  for (const Head& head : heads_) {
    const at::Tensor& weight = trainable ? store_.parameter(head.weight) : store_.frozen(head.weight);
    const at::Tensor& bias = trainable ? store_.parameter(head.bias) : store_.frozen(head.bias);
    out.push_back(at::linear(mean, weight, bias));
  }
  return at::cat(out, 1);
}

void ImageHeads::write(GraphWriter& graph, const std::string& features) const {
  if (empty()) return;
  const std::string mean = graph.mean(features);
  for (const Head& head : heads_) {
    graph.output(head.task, graph.linear(mean, name_of(head) + ".weight", name_of(head) + ".bias"));
  }
}

}  // namespace jtr
