// Square roots, each in its own precision.
#pragma once

#include <math.h>

#include "philox.h"

namespace jtr::kernels::device {

JTR_HOST_DEVICE float root_of(float x) { return sqrtf(x); }
JTR_HOST_DEVICE double root_of(double x) { return sqrt(x); }

}  // namespace jtr::kernels::device
