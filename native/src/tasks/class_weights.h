// What the loss of a class is multiplied by: an option of tasks of one class.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "error.h"
#include "options/options.h"

namespace jtr {

/// Throws unless there is a weight for each class, or none.
inline void check_class_weights(const std::vector<double>& weights, int64_t classes, const std::string& path) {
  const int64_t given = static_cast<int64_t>(weights.size());
  require(given == 0 || given == classes, join_path(path, "class_weights").c_str(),
          "there must be one for each of the ", classes, " classes, or none, not ", given);
}

/// [classes], of the type of another tensor and where it is; undefined where there are none.
inline at::Tensor class_weights_like(const std::vector<double>& weights, const at::Tensor& other) {
  return weights.empty() ? at::Tensor() : at::tensor(weights, at::kDouble).to(other.options());
}

}  // namespace jtr
