// The largest of some values, of which one may be NaN: then it is NaN, as in ATen.
#pragma once

#include "philox.h"

namespace jtr::kernels::device {

/// Whether `value` takes the place of the largest before it: the first of equals keeps it, and so does a NaN.
template <typename A>
JTR_HOST_DEVICE bool takes_over(A value, A largest) {
  // No ||: the compiler would branch and not vectorise.
  return static_cast<bool>(static_cast<int>(value > largest) | static_cast<int>(value != value));
}

}  // namespace jtr::kernels::device
