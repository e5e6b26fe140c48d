// What the objects behind handles have in common: named tensors, and the terms of their last step.
#pragma once

#include <string>
#include <vector>

#include "abi/guard.h"
#include "training/step.h"
#include "training/tensor_list.h"

namespace jtr::abi {

/// The state or the gradients of a trainer or of the JTR loss alone.
template <typename Object>
const TensorList& tensors(const Object& object, int32_t kind) {
  const jtr_tensor_kind which = checked_enum(kind, {JTR_TENSOR_KIND_STATE, JTR_TENSOR_KIND_GRADIENT}, "kind");
  return which == JTR_TENSOR_KIND_STATE ? object.state() : object.gradients();
}

int32_t count_of(const TensorList& list);
void describe(const TensorEntry& entry, jtr_tensor_info* info);
/// Copies the tensor of that name to the caller's memory, or from there.
void read(const TensorList& list, const jtr_tensor* tensor);
void write(const TensorList& list, const jtr_tensor* tensor);

/// Named terms as a caller sees them.
class Terms {
 public:
  explicit Terms(const std::vector<std::string>& names);
  Terms(const Terms&) = delete;
  Terms& operator=(const Terms&) = delete;
  /// Tells what a step did.
  void fill(const StepResult& done, OutStruct<jtr_step_result>& out);

 private:
  std::vector<std::string> names_;
  std::vector<jtr_term> terms_;
};

}  // namespace jtr::abi
