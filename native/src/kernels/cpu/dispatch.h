// Picks the precision of a kernel by its tensor's.
#pragma once

#include <ATen/ATen.h>

namespace jtr::kernels {

/// Calls body with a float or a double, for its type. Throws where x is not in host memory, whose pointers body
/// follows.
template <typename Body>
void dispatch(const at::Tensor& x, const Body& body) {
  TORCH_CHECK(x.is_cpu(), "a kernel of the CPU was given a tensor on ", x.device(),
              ", for which this library has none");
  if (x.scalar_type() == at::kDouble) {
    body(double{});
  } else {
    body(float{});
  }
}

}  // namespace jtr::kernels
