// Named views of tensors: what a caller can read and write, and what a checkpoint holds.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "networks/parameters.h"

namespace jtr {

struct TensorEntry {
  std::string name;
  std::vector<int64_t> sizes;
  at::Tensor tensor;  // a view; its dtype is the training precision even for counters
  bool is_counter;
};

class TensorList {
 public:
  /// Adds the named tensors of a list, with `prefix` before each name, as views of `flat`. Throws where a name is there
  /// already: one would hide the other in a file.
  void add(const std::string& prefix, const std::vector<NamedTensor>& list, const at::Tensor& flat);

  const std::vector<TensorEntry>& entries() const { return entries_; }
  /// An entry by its place; throws INVALID_ARGUMENT about "index".
  const TensorEntry& at(int64_t index) const;
  /// An entry by its name; throws INVALID_ARGUMENT about "name", with the nearest one that there is.
  const TensorEntry& find(const std::string& name) const;

 private:
  std::vector<TensorEntry> entries_;
  std::map<std::string, size_t> places_;
};

}  // namespace jtr
