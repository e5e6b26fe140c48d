// The Euclidean norm of flat memory, in one pass.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

/// Sum of the squares of all elements, added up in double. Contiguous, float or double. The same for any number of
/// threads.
double squared_norm(const at::Tensor& flat);

}  // namespace jtr::kernels
