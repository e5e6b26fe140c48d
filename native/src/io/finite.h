// Whether weights that come from outside are numbers.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace jtr::io {

/// Place of a tensor's first element, counted in the order of its dimensions, that is NaN or infinite; -1 if all are
/// finite.
inline int64_t first_not_finite(const at::Tensor& tensor) {
  const at::Tensor good = at::isfinite(tensor).flatten();
  return good.all().item<bool>() ? -1 : good.to(at::kByte).argmin().item<int64_t>();
}

}  // namespace jtr::io
