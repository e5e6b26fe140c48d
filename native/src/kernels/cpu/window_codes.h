// The bytes that say where in its 2x2 window a maximum lies, for loops that are to be vectorised.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/multiversion.h"

namespace jtr::kernels {

/// The larger of two values, the first of equals, and NaN where one of them is: device::takes_over(), but with one
/// comparison after the other. With both together GCC does not vectorise a loop in which codes are chosen too.
template <typename T>
JTR_INLINE T larger(T first, T second) {
  const T value = second > first ? second : first;
  return second != second ? second : value;
}

/// The code of that one.
template <typename T>
JTR_INLINE int32_t code_of_larger(T first, T second, int32_t first_code, int32_t second_code) {
  const int32_t code = second > first ? second_code : first_code;
  return second != second ? second_code : code;
}

/// Codes are widened, or narrowed, by themselves, this many at once: in a loop with bytes in it, vectors of the maps'
/// values would be a quarter as many, and 16 or 32 windows or channels too few for one.
constexpr int64_t kCodes = 64;

JTR_INLINE void widen(const uint8_t* __restrict code, int32_t* __restrict place, int64_t count) {
#pragma omp simd
  for (int64_t k = 0; k < count; ++k) place[k] = code[k];
}

/// Runs body(first, count) over windows or channels, in blocks for which an array of kCodes is large enough.
template <typename Body>
JTR_INLINE void for_each_block(int64_t total, const Body& body) {
  for (int64_t first = 0; first < total; first += kCodes) body(first, std::min(kCodes, total - first));
}

}  // namespace jtr::kernels
