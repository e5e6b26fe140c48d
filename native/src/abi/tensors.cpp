#include "abi/tensors.h"

#include "abi/guard.h"
#include "options/options.h"

namespace jtr::abi {
namespace {

constexpr int32_t kMostDimensions = 8;

at::ScalarType scalar_type(int32_t dtype, const std::string& field) {
  switch (checked_enum(dtype, {JTR_DTYPE_FLOAT32, JTR_DTYPE_FLOAT64, JTR_DTYPE_UINT8, JTR_DTYPE_INT64},
                       (field + ".dtype").c_str())) {
    case JTR_DTYPE_FLOAT32:
      return at::kFloat;
    case JTR_DTYPE_FLOAT64:
      return at::kDouble;
    case JTR_DTYPE_UINT8:
      return at::kByte;
    default:
      return at::kLong;
  }
}

struct NoOptions {
  void visit(OptionVisitor&) {}
};

}  // namespace

at::Tensor tensor_of(const jtr_tensor& tensor, const std::string& field) {
  const at::ScalarType dtype = scalar_type(tensor.dtype, field);
  require(tensor.dimensions >= 0 && tensor.dimensions <= kMostDimensions, (field + ".dimensions").c_str(),
          "must be 0 to ", kMostDimensions, ", not ", tensor.dimensions);
  require(tensor.dimensions == 0 || tensor.sizes != nullptr, (field + ".sizes").c_str(), "is null");
  std::vector<int64_t> sizes(tensor.sizes, tensor.sizes + tensor.dimensions), strides(sizes.size(), 1);
  int64_t elements = 1, last = 0;  // last: the farthest element from the first
  bool overflows = false;
  for (size_t d = sizes.size(); d-- > 0;) {
    require(sizes[d] >= 0, (field + ".sizes").c_str(), "must be 0 or more, not ", sizes[d]);
    strides[d] = tensor.strides != nullptr ? tensor.strides[d] : elements;
    require(strides[d] >= 0, (field + ".strides").c_str(), "must be 0 or more, not ", strides[d]);
    int64_t reach = 0;
    overflows |= __builtin_mul_overflow(elements, sizes[d], &elements);
    overflows |= __builtin_mul_overflow(std::max<int64_t>(0, sizes[d] - 1), strides[d], &reach);
    overflows |= __builtin_add_overflow(last, reach, &last);
  }
  const int64_t item = static_cast<int64_t>(at::elementSize(dtype));
  int64_t needed = 0;
  overflows |= __builtin_add_overflow(last, int64_t{1}, &needed) || __builtin_mul_overflow(needed, item, &needed);
  require(!overflows, (field + ".sizes").c_str(), "are too large");
  if (elements == 0) needed = 0;
  require(tensor.bytes >= needed, (field + ".bytes").c_str(), "is ", tensor.bytes, ", but its sizes need ", needed);
  require(elements == 0 || tensor.data != nullptr, (field + ".data").c_str(), "is null");
  require(reinterpret_cast<uintptr_t>(tensor.data) % static_cast<uintptr_t>(item) == 0, (field + ".data").c_str(),
          "is not aligned to ", item, " bytes");
  static int64_t nothing = 0;  // what an empty tensor without memory points to
  return at::from_blob(tensor.data != nullptr ? tensor.data : &nothing, sizes, strides, at::TensorOptions(dtype));
}

TensorTable::TensorTable(const jtr_tensor* tensors, int32_t count, const std::string& field, std::string item)
    : item_(std::move(item)) {
  for (const jtr_tensor& tensor : read_structs(tensors, count, field)) {
    const std::string place = text(field, "[", entries_.size(), "]");
    require(tensor.name != nullptr && tensor.name[0] != 0, (place + ".name").c_str(), "is empty");
    for (const Entry& other : entries_) {
      require(other.name != tensor.name, (place + ".name").c_str(), "'", tensor.name, "' is there twice");
    }
    entries_.push_back({tensor.name, tensor_of(tensor, item_ + tensor.name)});
  }
}

at::Tensor TensorTable::take(const std::string& name) {
  asked_.push_back(name);
  for (Entry& entry : entries_) {
    if (entry.name != name) continue;
    entry.taken = true;
    return entry.tensor;
  }
  return {};
}

void TensorTable::finish() const {
  for (const Entry& entry : entries_) {
    require(entry.taken, (item_ + entry.name).c_str(), "there is no such tensor here", suggestion(entry.name, asked_));
  }
}

void check_call_options(const char* options) {
  if (options != nullptr) read_options<NoOptions>(parse_json(options, "options"), "options");
}

}  // namespace jtr::abi
