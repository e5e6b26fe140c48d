// The named tensors of a network, in flat storage: one tensor for all weights, one for their gradients, one for the
// buffers (norm statistics). The optimiser and a snapshot each touch flat memory once; the network sees views.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "precision.h"

namespace jtr {

class Communicator;

struct NamedTensor {
  std::string name;
  std::vector<int64_t> sizes;
  int64_t offset;  // in the flat tensor, in elements
  int64_t elements;
  int64_t stream = 0;          // of a weight: which of the store's streams of random numbers its first values are from
  bool is_counter = false;     // an integer count (num_batches_tracked); int64 in checkpoints
  bool channels_last = false;  // stored as [out, height, width, in], though its sizes are [out, in, height, width]
};

class ParameterStore {
 public:
  /// Declares a weight; the number to ask for it.
  int64_t add_parameter(std::string name, std::vector<int64_t> sizes);
  /// Weights that are declared while this is true have streams of random numbers apart, so that the others' first
  /// values are what they are without them.
  void count_apart(bool apart) { counts_apart_ = apart; }
  /// Declares a buffer; the number to ask for it.
  int64_t add_buffer(std::string name, std::vector<int64_t> sizes, bool is_counter = false);

  /// Makes the storage, zeroed, with the weights of convolutions in the given layout. No further declarations.
  void allocate(const Precision& precision, at::Device device, at::MemoryFormat format);

  /// The i-th weight, of one set of them: a leaf that requires grad and whose gradient is gradient(i). Set 0 is the
  /// network's own.
  const at::Tensor& parameter(int64_t i, int64_t set = 0) const { return parameters_[place(i, set)]; }
  /// The i-th weight without gradient; the same memory.
  const at::Tensor& frozen(int64_t i, int64_t set = 0) const { return frozen_[place(i, set)]; }
  /// Adds a set of weights, after allocate(): the network's own but for those that another store has under their names.
  void add_weight_set(const ParameterStore& other);
  /// The i-th buffer, of one set of them: 0 is the network's own.
  const at::Tensor& buffer(int64_t i, int64_t set = 0) const {
    return buffers_[static_cast<size_t>(set) * buffer_list_.size() + static_cast<size_t>(i)];
  }
  /// Adds sets of buffers, each a copy of the network's own; once, after allocate().
  void add_buffer_sets(int64_t count);

  /// Batch norms use the statistics of all processes from now on; null: this one's.
  void share_norms(Communicator* others) { norms_shared_with_ = others; }
  Communicator* norms_shared_with() const { return norms_shared_with_; }

  /// What the network of these weights convolves in.
  at::ScalarType convolved() const { return convolved_; }

  const at::Tensor& flat_parameters() const { return flat_parameters_; }
  const at::Tensor& flat_gradients() const { return flat_gradients_; }
  const at::Tensor& flat_buffers() const { return flat_buffers_; }
  /// Those of a set.
  at::Tensor flat_buffers(int64_t set) const { return set == 0 ? flat_buffers_ : flat_buffer_sets_[set - 1]; }
  /// [sets beside the network's own, elements]; undefined where there are none.
  const at::Tensor& flat_buffer_sets() const { return flat_buffer_sets_; }

  const std::vector<NamedTensor>& parameter_list() const { return parameter_list_; }
  const std::vector<NamedTensor>& buffer_list() const { return buffer_list_; }

  void zero_gradients();
  /// Zeroes the gradients, which then take no memory until restore_gradients(): for a network whose turn comes after
  /// others'.
  void zero_and_release_gradients();
  void restore_gradients();

  /// Xavier-normal (Glorot and Bengio 2010) values for the weight of a convolution [out, in, k, k] or of a linear map
  /// [out, in], from the stream (seed, stream).
  void xavier_normal(int64_t i, uint64_t seed, uint32_t stream);
  /// He-normal (He et al., ICCV 2015) values by the number of outputs, for a convolution before ReLU.
  void he_normal(int64_t i, uint64_t seed, uint32_t stream);

 private:
  /// Without sets that were added all sets are the network's own.
  size_t place(int64_t i, int64_t set) const {
    const size_t own = parameter_list_.size();
    return (parameters_.size() > own ? static_cast<size_t>(set) * own : 0) + static_cast<size_t>(i);
  }
  void normal(int64_t i, double deviation, uint64_t seed, uint32_t stream);

  std::vector<NamedTensor> parameter_list_, buffer_list_;
  std::vector<at::Tensor> parameters_, frozen_, buffers_;
  at::Tensor flat_parameters_, flat_gradients_, flat_buffers_, flat_buffer_sets_;
  at::ScalarType convolved_ = at::kFloat;
  Communicator* norms_shared_with_ = nullptr;
  bool counts_apart_ = false;
  int64_t counted_ = 0, counted_apart_ = 0;
};

/// A view of one named tensor in a flat tensor laid out like its list.
at::Tensor slice(const at::Tensor& flat, const NamedTensor& tensor);

}  // namespace jtr
