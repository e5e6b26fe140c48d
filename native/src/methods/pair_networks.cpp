#include "methods/pair_networks.h"

#include "graphs/task_graph.h"
#include "methods/task_pairs.h"
#include "networks/memory_format.h"

namespace jtr {
namespace {

// Streams of random numbers for the weights: the multi-task network's are 0.., the auto-encoder's from 1 << 16.
constexpr uint32_t kFirstStream = 1u << 24, kStreamsOfNetwork = 1u << 10;

}  // namespace

PairNetworks::Network::Network(const TaskSet& tasks, int64_t from, int64_t to, const MethodSetting& setting,
                               int64_t width)
    : prefix("map." + escaped_name(tasks[static_cast<size_t>(from)].name()) + "." +
             escaped_name(tasks[static_cast<size_t>(to)].name()) + "/"),
      net(store, tasks[static_cast<size_t>(from)].channels(), width,
          {{"pred_layer", tasks[static_cast<size_t>(to)].channels()}}, false, setting.recomputation) {
  store.allocate(setting.precision, setting.device, network_memory_format(setting.precision, setting.device, width));
  const int64_t index = pair_index(from, to, static_cast<int64_t>(tasks.size()));
  net.initialize(setting.seed, kFirstStream + kStreamsOfNetwork * static_cast<uint32_t>(index));
}

PairNetworks::PairNetworks(const MethodSetting& setting, int64_t width)
    : tasks_(*setting.tasks), format_(network_memory_format(setting.precision, setting.device, width)) {
  const int64_t count = static_cast<int64_t>(tasks_.size());
  const bool is_fixed = setting.graph != nullptr && setting.graph->is_fixed();
  const at::Tensor graph = is_fixed ? setting.graph->weights(0) : at::Tensor{};
  for (int64_t from = 0; from < count; ++from) {
    for (int64_t to = 0; to < count; ++to) {
      if (from == to) continue;
      const bool is_there = !graph.defined() || graph[to][from].item<double>() > 0;
      networks_.push_back(is_there ? std::make_unique<Network>(tasks_, from, to, setting, width) : nullptr);
    }
  }
}

std::vector<OwnNetwork> PairNetworks::networks() {
  std::vector<OwnNetwork> all;
  for (const auto& network : networks_) {
    if (network != nullptr) all.push_back({network->prefix, &network->store});
  }
  return all;
}

at::Tensor PairNetworks::map(int64_t from, int64_t to, const at::Tensor& encoded, bool trainable) const {
  const int64_t index = pair_index(from, to, static_cast<int64_t>(tasks_.size()));
  const SegNet& net = networks_[static_cast<size_t>(index)]->net;
  const SegNet::Encoded latent = net.encode(encoded.contiguous(format_), NormMode::kPerSample, trainable);
  const at::Tensor raw = net.decode(latent, NormMode::kPerSample, trainable, encoded.size(0));
  return tasks_[static_cast<size_t>(to)].activate(raw).contiguous();
}

std::string escaped_name(const std::string& name) {
  std::string out;
  for (const char c : name) out += c == '%' ? "%25" : c == '.' ? "%2E" : std::string(1, c);
  return out;
}

at::Tensor map_input_of_prediction(const Task& task, const at::Tensor& prediction) {
  return task.encode_prediction(prediction, at::ones({}, prediction.options()), {});
}

at::Tensor map_input_of_label(const Task& task, const at::Tensor& label) { return task.encode_label(label, {}); }

}  // namespace jtr
