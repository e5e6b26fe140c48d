#include "abi/handles.h"

#include "abi/tensors.h"

namespace jtr::abi {
namespace {

/// The caller's tensor and the one of that name, whose sizes it must have.
std::pair<const TensorEntry&, at::Tensor> matched(const TensorList& list, const jtr_tensor* tensor) {
  const jtr_tensor given = read_struct(tensor, "tensor");
  const TensorEntry& entry = list.find(&deref(given.name, "tensor.name"));
  const at::Tensor values = tensor_of(given, "tensor");
  require(values.scalar_type() == at::kDouble, "tensor.dtype", "must be float64");
  require(values.sizes() == at::IntArrayRef(entry.sizes), "tensor.sizes", "'", entry.name, "' has the sizes ",
          at::IntArrayRef(entry.sizes), ", not ", values.sizes());
  return {entry, values};
}

}  // namespace

int32_t count_of(const TensorList& list) { return static_cast<int32_t>(list.entries().size()); }

void describe(const TensorEntry& entry, jtr_tensor_info* info) {
  OutStruct<jtr_tensor_info> out(info, "info");
  out->name = entry.name.c_str();
  out->sizes = entry.sizes.data();
  out->dimensions = static_cast<int32_t>(entry.sizes.size());
  out->elements = entry.tensor.numel();
  out.store();
}

void read(const TensorList& list, const jtr_tensor* tensor) {
  const auto [entry, values] = matched(list, tensor);
  values.copy_(entry.tensor);
}

void write(const TensorList& list, const jtr_tensor* tensor) {
  const auto [entry, values] = matched(list, tensor);
  entry.tensor.copy_(values);
}

Terms::Terms(const std::vector<std::string>& names) : names_(names) {
  for (const std::string& name : names_) {
    jtr_term term{};
    term.struct_size = sizeof term;
    term.name = name.c_str();
    terms_.push_back(term);
  }
}

void Terms::fill(const StepResult& done, OutStruct<jtr_step_result>& out) {
  for (size_t i = 0; i < terms_.size(); ++i) terms_[i].value = done.terms[i];
  out->step = done.step;
  out->loss = done.loss;
  out->learning_rate = done.learning_rate;
  out->gradient_norm = done.gradient_norm;
  out->terms = terms_.data();
  out->term_count = static_cast<int32_t>(terms_.size());
}

}  // namespace jtr::abi
