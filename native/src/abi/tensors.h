// Tensors of the caller's, by name: checked, and seen as ATen tensors over the same memory.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "jtr/jtr.h"

namespace jtr::abi {

/// A tensor over the caller's memory; throws about `field` unless everything in the struct can be.
at::Tensor tensor_of(const jtr_tensor& tensor, const std::string& field);

/// The inputs or outputs of a call. Each is asked for by its name; finish() throws about one that nobody asked for.
class TensorTable {
 public:
  /// `field`: what errors begin with, as in "request.inputs"; `item`: what an error about one tensor's contents begins
  /// with, as in "batch." for "batch.image".
  TensorTable(const jtr_tensor* tensors, int32_t count, const std::string& field, std::string item);

  /// The tensor of that name; undefined where it was not given.
  at::Tensor take(const std::string& name);
  void finish() const;

 private:
  struct Entry {
    std::string name;
    at::Tensor tensor;
    bool taken = false;
  };
  std::string item_;
  std::vector<Entry> entries_;
  std::vector<std::string> asked_;
};

/// Throws about "options" unless it is NULL or a JSON object without keys: calls have no options yet.
void check_call_options(const char* options);

}  // namespace jtr::abi
