#include "networks/parameters.h"

#include <cmath>
#include <numeric>

#include "memory/tensor_memory.h"
#include "philox.h"

namespace jtr {
namespace {

/// The first stream of the weights that are counted apart.
constexpr int64_t kApart = int64_t{1} << 15;

int64_t add(std::vector<NamedTensor>& list, std::string name, std::vector<int64_t> sizes, bool is_counter) {
  const int64_t elements = std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
  const int64_t offset = list.empty() ? 0 : list.back().offset + list.back().elements;
  list.push_back({std::move(name), std::move(sizes), offset, elements, 0, is_counter, false});
  return static_cast<int64_t>(list.size()) - 1;
}

at::Tensor flat_tensor(const std::vector<NamedTensor>& list, const at::TensorOptions& options) {
  return at::zeros({list.empty() ? 0 : list.back().offset + list.back().elements}, options);
}

/// Elements of the window of a weight [out, in, k, k]; 1 of a linear map's.
int64_t window(const std::vector<int64_t>& sizes) { return sizes.size() == 4 ? sizes[2] * sizes[3] : 1; }

}  // namespace

at::Tensor slice(const at::Tensor& flat, const NamedTensor& tensor) {
  const at::Tensor part = flat.narrow(0, tensor.offset, tensor.elements);
  if (!tensor.channels_last) return part.view(tensor.sizes);
  return part.view({tensor.sizes[0], tensor.sizes[2], tensor.sizes[3], tensor.sizes[1]}).permute({0, 3, 1, 2});
}

int64_t ParameterStore::add_parameter(std::string name, std::vector<int64_t> sizes) {
  const int64_t i = add(parameter_list_, std::move(name), std::move(sizes), false);
  parameter_list_.back().stream = counts_apart_ ? kApart + counted_apart_++ : counted_++;
  return i;
}

int64_t ParameterStore::add_buffer(std::string name, std::vector<int64_t> sizes, bool is_counter) {
  return add(buffer_list_, std::move(name), std::move(sizes), is_counter);
}

void ParameterStore::allocate(const Precision& precision, at::Device device, at::MemoryFormat format) {
  convolved_ = precision.convolved;
  for (NamedTensor& tensor : parameter_list_) {
    tensor.channels_last = format == at::MemoryFormat::ChannelsLast && tensor.sizes.size() == 4;
  }
  const auto options = at::TensorOptions().dtype(precision.stored).device(device);
  flat_parameters_ = flat_tensor(parameter_list_, options);
  flat_gradients_ = flat_tensor(parameter_list_, options);
  flat_buffers_ = flat_tensor(buffer_list_, options);
  // variable_data() gives each view a version counter of its own: with the shared one of plain views, the update of one
  // norm's statistics would look to autograd like a change of all others'.
  for (const NamedTensor& tensor : parameter_list_) {
    frozen_.push_back(slice(flat_parameters_, tensor).variable_data());
    // A leaf over the same memory; autograd then adds into the gradient in place, because it is defined.
    at::Tensor leaf = frozen_.back().variable_data();
    leaf.requires_grad_(true);
    leaf.mutable_grad() = slice(flat_gradients_, tensor);
    parameters_.push_back(leaf);
  }
  for (const NamedTensor& tensor : buffer_list_) buffers_.push_back(slice(flat_buffers_, tensor).variable_data());
}

void ParameterStore::add_buffer_sets(int64_t count) {
  flat_buffer_sets_ = flat_buffers_.repeat({count, 1});
  for (int64_t set = 0; set < count; ++set) {
    for (const NamedTensor& tensor : buffer_list_) {
      buffers_.push_back(slice(flat_buffer_sets_[set], tensor).variable_data());
    }
  }
}

void ParameterStore::add_weight_set(const ParameterStore& other) {
  for (size_t i = 0; i < parameter_list_.size(); ++i) {
    size_t from = 0;
    while (from < other.parameter_list_.size() && other.parameter_list_[from].name != parameter_list_[i].name) ++from;
    const bool has = from < other.parameter_list_.size();
    // Copies: the vectors grow.
    const at::Tensor leaf = has ? other.parameters_[from] : parameters_[i];
    const at::Tensor frozen = has ? other.frozen_[from] : frozen_[i];
    parameters_.push_back(leaf);
    frozen_.push_back(frozen);
  }
}

void ParameterStore::zero_gradients() { flat_gradients_.zero_(); }

void ParameterStore::zero_and_release_gradients() { memory::zero_and_release(flat_gradients_); }

void ParameterStore::restore_gradients() { memory::restore(flat_gradients_); }

void ParameterStore::xavier_normal(int64_t i, uint64_t seed, uint32_t stream) {
  const std::vector<int64_t>& sizes = parameter_list_[i].sizes;
  normal(i, std::sqrt(2.0 / static_cast<double>((sizes[0] + sizes[1]) * window(sizes))), seed, stream);
}

void ParameterStore::he_normal(int64_t i, uint64_t seed, uint32_t stream) {
  const std::vector<int64_t>& sizes = parameter_list_[i].sizes;
  normal(i, std::sqrt(2.0 / static_cast<double>(sizes[0] * window(sizes))), seed, stream);
}

void ParameterStore::normal(int64_t i, double deviation, uint64_t seed, uint32_t stream) {
  constexpr double kTwoPi = 6.283185307179586476925;
  const NamedTensor& tensor = parameter_list_[i];
  at::Tensor values = at::empty({tensor.elements}, at::kDouble);
  double* out = values.data_ptr<double>();
  // Box-Muller on the host and in double: the same weights for every device, precision and libtorch.
  for (int64_t n = 0; n < tensor.elements; n += 4) {
    const PhiloxBlock block = philox(seed, RandomUse::kInitialWeights, stream + static_cast<uint32_t>(tensor.stream),
                                     static_cast<uint64_t>(n / 4));
    for (int pair = 0; pair < 2; ++pair) {
      const double radius =
          deviation * std::sqrt(-2.0 * std::log(static_cast<double>(open_uniform(block.value[2 * pair]))));
      const double angle = kTwoPi * open_uniform(block.value[2 * pair + 1]);
      if (n + 2 * pair < tensor.elements) out[n + 2 * pair] = radius * std::cos(angle);
      if (n + 2 * pair + 1 < tensor.elements) out[n + 2 * pair + 1] = radius * std::sin(angle);
    }
  }
  frozen_[i].copy_(values.view(tensor.sizes));
}

}  // namespace jtr
