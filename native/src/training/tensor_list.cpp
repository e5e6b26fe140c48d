#include "training/tensor_list.h"

#include "error.h"
#include "options/json.h"

namespace jtr {

void TensorList::add(const std::string& prefix, const std::vector<NamedTensor>& list, const at::Tensor& flat) {
  for (const NamedTensor& tensor : list) {
    if (!places_.emplace(prefix + tensor.name, entries_.size()).second) {
      throw Error(JTR_STATUS_INTERNAL, text("two tensors are named '", prefix, tensor.name, "'"));
    }
    entries_.push_back({prefix + tensor.name, tensor.sizes, slice(flat, tensor), tensor.is_counter});
  }
}

const TensorEntry& TensorList::at(int64_t index) const {
  const int64_t count = static_cast<int64_t>(entries_.size());
  require(index >= 0 && index < count, "index", index, " is not in 0 to ", count - 1);
  return entries_[static_cast<size_t>(index)];
}

const TensorEntry& TensorList::find(const std::string& name) const {
  const auto found = places_.find(name);
  if (found != places_.end()) return entries_[found->second];
  std::vector<std::string> names;
  for (const TensorEntry& entry : entries_) names.push_back(entry.name);
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text("name: there is no tensor '", name, "'", suggestion(name, names)))
      .with_field("name");
}

}  // namespace jtr
