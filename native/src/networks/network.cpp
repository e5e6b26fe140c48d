#include "networks/network.h"

namespace jtr {

Registry<Network, NetworkSetting>& Network::registry() {
  static Registry<Network, NetworkSetting> all("network", "name");
  return all;
}

std::string head_name(size_t task) { return "pred_task" + std::to_string(task + 1); }

ImageHeads::ImageHeads(ParameterStore& store, const TaskSet& tasks, const std::vector<size_t>& predicted,
                       int64_t channels)
    : store_(store) {
  for (const size_t t : predicted) {
    if (tasks[t].extent() != Extent::kImage) continue;
    heads_.push_back({t, store_.add_parameter(head_name(t) + ".weight", {tasks[t].channels(), channels}),
                      store_.add_parameter(head_name(t) + ".bias", {tasks[t].channels()})});
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
    graph.output(head.task, graph.linear(mean, head_name(head.task) + ".weight", head_name(head.task) + ".bias"));
  }
}

}  // namespace jtr
