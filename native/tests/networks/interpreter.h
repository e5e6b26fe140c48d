// Runs the operations of Network::write() by ATen, to compare exports with what networks compute.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "networks/network.h"
#include "support.h"

namespace jtr::test {

/// Gives a network of the same make the weights and statistics of a trainer's.
inline void copy_state(const Trainer& trainer, const Network& network) {
  const ParameterStore& store = network.store();
  for (const TensorEntry& entry : trainer.state().entries()) {
    const std::string name = entry.name.substr(entry.name.find('/') + 1);
    for (const NamedTensor& tensor : store.parameter_list()) {
      if (tensor.name == name) slice(store.flat_parameters(), tensor).copy_(entry.tensor);
    }
    for (const NamedTensor& tensor : store.buffer_list()) {
      if (tensor.name == name) slice(store.flat_buffers(), tensor).copy_(entry.tensor);
    }
  }
}

/// Runs the operations of Network::write() by ATen.
class Interpreter {
 public:
  /// `inputs`: further ones by their names, such as "input.depth" and "input_present".
  Interpreter(const Network& network, const at::Tensor& images, std::map<std::string, at::Tensor> inputs = {}) {
    values_ = std::move(inputs);
    values_["image"] = images;
    const ParameterStore& store = network.store();
    for (const NamedTensor& tensor : store.parameter_list())
      state_[tensor.name] = slice(store.flat_parameters(), tensor);
    for (const NamedTensor& tensor : store.buffer_list()) state_[tensor.name] = slice(store.flat_buffers(), tensor);
    GraphWriter graph;
    network.write(graph);
    for (const Json& node : graph.take()) run(node);
  }
  std::map<size_t, at::Tensor> outputs;

 private:
  void run(const Json& node) {
    const std::string op = node["op"];
    std::vector<at::Tensor> in;
    for (const Json& name : node["inputs"]) in.push_back(values_.at(name.get<std::string>()));
    if (op == "output") {
      outputs[node["task"].get<size_t>()] = in[0];
      return;
    }
    const at::Tensor out = result(op, node, in);
    values_[node["outputs"][0].get<std::string>()] = out;
  }
  at::Tensor result(const std::string& op, const Json& node, const std::vector<at::Tensor>& in) {
    const at::Tensor& x = in[0];
    if (op == "channel_affine") {
      std::vector<at::Tensor> planes;
      for (size_t c = 0; c < node["order"].size(); ++c) {
        planes.push_back(x.select(1, node["order"][c].get<int64_t>()) * node["scale"][c].get<double>() +
                         node["shift"][c].get<double>());
      }
      return at::stack(planes, 1);
    }
    if (op == "convolve") {
      const at::Tensor bias = node.contains("bias") ? state(node, "bias") : at::Tensor{};
      return at::conv2d(x, state(node, "weight"), bias, node["stride"].get<int64_t>(), node["padding"].get<int64_t>(),
                        node["dilation"].get<int64_t>());
    }
    if (op == "norm") {
      const std::string name = node["name"];
      return at::batch_norm(x, state_.at(name + ".weight"), state_.at(name + ".bias"),
                            state_.at(name + ".running_mean"), state_.at(name + ".running_var"), false, 0,
                            node["epsilon"].get<double>(), false);
    }
    if (op == "relu") return at::relu(x);
    if (op == "add") return x + in[1];
    if (op == "multiply") return x * in[1];
    if (op == "sigmoid") return at::sigmoid(x);
    if (op == "softmax") return at::softmax(x, 1);
    if (op == "as_map") return x.unsqueeze(2).unsqueeze(3);
    if (op == "present") return x.select(1, node["input"].get<int64_t>()).view({-1, 1, 1, 1});
    if (op == "max_pool") {
      return at::max_pool2d(x, node["kernel"].get<int64_t>(), node["stride"].get<int64_t>(),
                            node["padding"].get<int64_t>());
    }
    if (op == "max_pool_with_places") {
      const auto [pooled, places] = at::max_pool2d_with_indices(x, 2, 2);
      values_[node["outputs"][1].get<std::string>()] = places;
      return pooled;
    }
    if (op == "unpool") return at::max_unpool2d(x, in[1], {2 * x.size(2), 2 * x.size(3)});
    if (op == "upsample") {
      const int64_t factor = node["factor"];
      return at::upsample_bilinear2d(x, {factor * x.size(2), factor * x.size(3)}, false);
    }
    if (op == "concatenate") return at::cat(in, 1);
    if (op == "mean") return x.mean({2, 3}, true);
    if (op == "expand") return x.expand({x.size(0), x.size(1), in[1].size(2), in[1].size(3)});
    if (op == "linear") return at::linear(x.flatten(1), state(node, "weight"), state(node, "bias"));
    throw std::runtime_error("there is no operation " + op);
  }
  at::Tensor state(const Json& node, const char* key) { return state_.at(node[key].get<std::string>()); }

  std::map<std::string, at::Tensor> values_, state_;
};

}  // namespace jtr::test
