// What the processor can do that libtorch's convolutions ask for.
#pragma once

namespace jtr {

/// Whether it has the AVX-512 instructions (F, BW, VL, DQ) that oneDNN's convolutions are written for. The environment
/// variable ATEN_CPU_CAPABILITY, by which libtorch is told to do without (avx2, default), counts here too.
bool has_avx512();

/// Whether libtorch convolves bfloat16 on it by oneDNN, which adds up in float32. Without AVX-512, or with oneDNN
/// switched off, ATen's own loops add up in bfloat16: results are wrong by up to a fifth, and come thirty times later.
bool has_bfloat16_convolutions();

}  // namespace jtr
