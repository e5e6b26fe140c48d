#include "training/tensor_list.h"

#include "error.h"

namespace jtr {

void TensorList::add(const std::string& prefix, const std::vector<NamedTensor>& list, const at::Tensor& flat) {
  for (const NamedTensor& tensor : list) {
    entries_.push_back({prefix + tensor.name, tensor.sizes, slice(flat, tensor), tensor.is_counter});
  }
}

const TensorEntry& TensorList::at(int64_t index) const {
  const int64_t count = static_cast<int64_t>(entries_.size());
  require(index >= 0 && index < count, "index", index, " is not in 0 to ", count - 1);
  return entries_[static_cast<size_t>(index)];
}

const TensorEntry& TensorList::checked(int64_t index, const void* values, int64_t count) const {
  const TensorEntry& entry = at(index);
  require(values != nullptr, "values", "is null");
  require(count == entry.tensor.numel(), "count", "'", entry.name, "' has ", entry.tensor.numel(), " elements, not ",
          count);
  return entry;
}

void TensorList::read(int64_t index, double* values, int64_t count) const {
  const TensorEntry& entry = checked(index, values, count);
  at::from_blob(values, entry.sizes, at::kDouble).copy_(entry.tensor);
}

void TensorList::write(int64_t index, const double* values, int64_t count) const {
  const TensorEntry& entry = checked(index, values, count);
  entry.tensor.copy_(at::from_blob(const_cast<double*>(values), entry.sizes, at::kDouble));
}

}  // namespace jtr
