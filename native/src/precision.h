// Number formats of a network.
#pragma once

#include <ATen/ATen.h>

namespace jtr {

/// Weights, norms' statistics, losses, gradients and Adam are in one format; convolutions, and the maps kept between
/// them, may be in a shorter one.
struct Precision {
  Precision(at::ScalarType all) : stored(all), convolved(all) {}
  Precision(at::ScalarType stored_in, at::ScalarType convolved_in) : stored(stored_in), convolved(convolved_in) {}

  at::ScalarType stored;     // kFloat or kDouble
  at::ScalarType convolved;  // the same, or kBFloat16 beside kFloat
};

/// A map in the format that norms' statistics and losses are computed in.
inline at::Tensor in_full(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

}  // namespace jtr
