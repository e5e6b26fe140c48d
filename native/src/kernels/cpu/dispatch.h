// Picks the precision of a kernel by its tensor's.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

/// Calls body with a float or a double, for its type.
template <typename Body>
void dispatch(const at::Tensor& x, const Body& body) {
  if (x.scalar_type() == at::kDouble) {
    body(double{});
  } else {
    body(float{});
  }
}

}  // namespace jtr::kernels
