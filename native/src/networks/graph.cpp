#include "networks/graph.h"

namespace jtr {

std::string GraphWriter::add_node(const char* op, std::vector<std::string> inputs, Json more) {
  std::string out = "v" + std::to_string(values_++);
  Json node = {{"op", op}, {"inputs", std::move(inputs)}, {"outputs", {out}}};
  for (auto& entry : more.items()) node[entry.key()] = entry.value();
  nodes_.push_back(std::move(node));
  return out;
}

std::string GraphWriter::channel_affine(const std::string& x, const std::vector<int64_t>& order,
                                        const std::vector<double>& scale, const std::vector<double>& shift) {
  return add_node("channel_affine", {x}, {{"order", order}, {"scale", scale}, {"shift", shift}});
}

std::string GraphWriter::convolve(const std::string& x, const std::string& weight, const std::string& bias,
                                  const Window& window) {
  Json more = {{"weight", weight},
               {"kernel", window.kernel},
               {"stride", window.stride},
               {"dilation", window.dilation},
               {"padding", window.dilation * (window.kernel / 2)}};
  if (!bias.empty()) more["bias"] = bias;
  return add_node("convolve", {x}, std::move(more));
}

std::string GraphWriter::norm(const std::string& x, const std::string& name) {
  return add_node("norm", {x}, {{"name", name}, {"epsilon", 1e-5}});
}

std::string GraphWriter::relu(const std::string& x) { return add_node("relu", {x}); }

std::string GraphWriter::add(const std::string& a, const std::string& b) { return add_node("add", {a, b}); }

std::string GraphWriter::multiply(const std::string& a, const std::string& b) { return add_node("multiply", {a, b}); }

std::string GraphWriter::sigmoid(const std::string& x) { return add_node("sigmoid", {x}); }

std::string GraphWriter::softmax(const std::string& x) { return add_node("softmax", {x}); }

std::string GraphWriter::present(size_t input) { return add_node("present", {"input_present"}, {{"input", input}}); }

std::string GraphWriter::as_map(const std::string& x) { return add_node("as_map", {x}); }

std::string GraphWriter::max_pool(const std::string& x, int64_t kernel, int64_t stride) {
  const int64_t padding = kernel % 2 == 1 ? kernel / 2 : 0;
  return add_node("max_pool", {x}, {{"kernel", kernel}, {"stride", stride}, {"padding", padding}});
}

std::pair<std::string, std::string> GraphWriter::max_pool_with_places(const std::string& x) {
  const std::string pooled = add_node("max_pool_with_places", {x});
  std::string places = "v" + std::to_string(values_++);
  nodes_.back()["outputs"].push_back(places);
  return {pooled, places};
}

std::string GraphWriter::unpool(const std::string& x, const std::string& places) {
  return add_node("unpool", {x, places});
}

std::string GraphWriter::upsample(const std::string& x, int64_t factor) {
  return factor == 1 ? x : add_node("upsample", {x}, {{"factor", factor}});
}

std::string GraphWriter::concatenate(const std::vector<std::string>& maps) { return add_node("concatenate", maps); }

std::string GraphWriter::mean(const std::string& x) { return add_node("mean", {x}); }

std::string GraphWriter::expand(const std::string& x, const std::string& like) { return add_node("expand", {x, like}); }

std::string GraphWriter::linear(const std::string& x, const std::string& weight, const std::string& bias) {
  return add_node("linear", {x}, {{"weight", weight}, {"bias", bias}});
}

void GraphWriter::output(size_t task, const std::string& x) {
  nodes_.push_back({{"op", "output"}, {"inputs", {x}}, {"outputs", Json::array()}, {"task", task}});
}

}  // namespace jtr
