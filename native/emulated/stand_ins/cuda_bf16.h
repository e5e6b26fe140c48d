// bfloat16 as a GPU has it: the upper half of a float.
#pragma once

#include <cstdint>

struct __nv_bfloat16 {
  uint16_t bits;

  __nv_bfloat16() = default;
  /// To the nearest, ties to even, as cvt.rn.bf16.f32 does; one NaN for all.
  __nv_bfloat16(float value) {
    uint32_t all;
    __builtin_memcpy(&all, &value, sizeof all);
    bits = value != value ? uint16_t{0x7FFF} : static_cast<uint16_t>((all + 0x7FFFu + ((all >> 16) & 1u)) >> 16);
  }
  operator float() const {
    const uint32_t all = uint32_t{bits} << 16;
    float value;
    __builtin_memcpy(&value, &all, sizeof value);
    return value;
  }
};
