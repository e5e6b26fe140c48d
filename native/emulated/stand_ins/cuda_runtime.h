// CUDA's words as C++, so that g++ compiles the .cu files and their kernels run on the CPU (emulated/grid.h), for
// tests.
#pragma once

// As in nvcc's pass for the device.
#define __CUDA_ARCH__ 900

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
// Blocks run one after the other, so one copy serves all of them.
#define __shared__ static

#include "emulated/grid.h"

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidConfiguration = 9 };
using cudaStream_t = struct CUstream_st*;

using jtr::emulated::dim3;
inline const jtr::emulated::dim3& threadIdx = jtr::emulated::place.thread;
inline const jtr::emulated::dim3& blockIdx = jtr::emulated::place.block;
inline const jtr::emulated::dim3& blockDim = jtr::emulated::place.block_size;
inline const jtr::emulated::dim3& gridDim = jtr::emulated::place.grid_size;

inline void __syncthreads() { jtr::emulated::barrier(); }

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "a shuffle hands on 8 bytes at most");
  uint64_t bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  bits = jtr::emulated::shuffle_down(mask, bits, distance);
  __builtin_memcpy(&value, &bits, sizeof(T));
  return value;
}

// Each rounds by itself: no compiler looks through the empty assembly to contract a product and a sum.
inline float apart(float value) {
  asm("" : "+m"(value));
  return value;
}
inline float __fmul_rn(float a, float b) { return apart(a * b); }
inline float __fadd_rn(float a, float b) { return apart(a) + apart(b); }

inline cudaError_t cudaGetLastError() {
  return jtr::emulated::take_refusal() ? cudaErrorInvalidConfiguration : cudaSuccess;
}
inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaSuccess ? "no error" : "invalid configuration argument";
}
