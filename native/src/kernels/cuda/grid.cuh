// Grids, and reductions over the pixels of each sample and channel. Same order on every run: no atomics.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

#include "kernels/cuda/launch.h"

namespace jtr::kernels::cuda {

constexpr int kThreads = 256;
constexpr int64_t kMostBlocks = 65535;

inline cudaStream_t of(Stream stream) { return static_cast<cudaStream_t>(stream); }

/// Throws if a launch was refused. (An error inside a kernel shows at the next synchronisation.)
inline void check_launch(const char* kernel) {
  const cudaError_t status = cudaGetLastError();
  if (status != cudaSuccess) {
    throw std::runtime_error(std::string("CUDA error: ") + kernel + ": " + cudaGetErrorString(status));
  }
}

/// Calls body(i) for 0 <= i < count, one value after the other in a grid's stride.
template <typename Body>
__global__ void __launch_bounds__(kThreads) for_each_kernel(int64_t count, Body body) {
  for (int64_t i = blockIdx.x * static_cast<int64_t>(kThreads) + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * kThreads) {
    body(i);
  }
}

template <typename Body>
void for_each(const char* name, int64_t count, Stream stream, Body body) {
  if (count == 0) return;
  const int64_t wanted = (count + kThreads - 1) / kThreads;
  for_each_kernel<<<static_cast<unsigned>(wanted < kMostBlocks ? wanted : kMostBlocks), kThreads, 0, of(stream)>>>(
      count, body);
  check_launch(name);
}

/// Pixels of one sample and channel that a block of a reduction adds up.
constexpr int64_t kPixelsOfBlock = 4096;
constexpr int kWarp = 32;
constexpr int kWarps = kThreads / kWarp;

inline int64_t pixel_blocks(int64_t pixels) { return (pixels + kPixelsOfBlock - 1) / kPixelsOfBlock; }

__device__ inline device::Sums shuffled(const device::Sums& sums, int distance) {
  return {sums.first + __shfl_down_sync(0xFFFFFFFFu, sums.first, distance),
          sums.second + __shfl_down_sync(0xFFFFFFFFu, sums.second, distance)};
}

/// Channels first: a block adds up some pixels of one sample and channel. partial: [N, C, blocks].
template <typename Body>
__global__ void __launch_bounds__(kThreads)
    reduce_planes(int64_t channels, int64_t pixels, Body body, device::Sums* partial) {
  const int64_t n = blockIdx.z, c = blockIdx.y, first = blockIdx.x * kPixelsOfBlock;
  const int64_t end = first + kPixelsOfBlock < pixels ? first + kPixelsOfBlock : pixels;
  device::Sums sums{0, 0};
  for (int64_t pixel = first + threadIdx.x; pixel < end; pixel += kThreads) sums = sums + body(n, c, pixel);
  for (int distance = kWarp / 2; distance > 0; distance /= 2) sums = shuffled(sums, distance);
  __shared__ device::Sums of_warp[kWarps];
  if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = sums;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < kWarps; ++warp) sums = sums + of_warp[warp];
  partial[(n * channels + c) * gridDim.x + blockIdx.x] = sums;
}

/// Channels last: a warp reads 32 channels of a pixel at once. partial: [N, C, blocks].
template <typename Body>
__global__ void __launch_bounds__(kThreads)
    reduce_channels(int64_t channels, int64_t pixels, Body body, device::Sums* partial) {
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t n = blockIdx.z, c = blockIdx.y * kWarp + lane, first = blockIdx.x * kPixelsOfBlock;
  const int64_t end = first + kPixelsOfBlock < pixels ? first + kPixelsOfBlock : pixels;
  device::Sums sums{0, 0};
  if (c < channels) {
    for (int64_t pixel = first + warp; pixel < end; pixel += kWarps) sums = sums + body(n, c, pixel);
  }
  __shared__ device::Sums of_warp[kWarps][kWarp];
  of_warp[warp][lane] = sums;
  __syncthreads();
  if (warp != 0 || c >= channels) return;
  for (int other = 1; other < kWarps; ++other) sums = sums + of_warp[other][lane];
  partial[(n * channels + c) * gridDim.x + blockIdx.x] = sums;
}

/// Adds body(n, c, pixel) over `pixels` pixels of each sample and channel, in blocks of them.
template <typename Body>
void reduce(const char* name, const device::Shape& shape, int64_t pixels, device::Sums* partial, Stream stream,
            Body body) {
  const auto blocks = static_cast<unsigned>(pixel_blocks(pixels));
  const auto samples = static_cast<unsigned>(shape.samples);
  if (shape.channels_last) {
    const auto warps = static_cast<unsigned>((shape.channels + kWarp - 1) / kWarp);
    reduce_channels<<<dim3(blocks, warps, samples), kThreads, 0, of(stream)>>>(shape.channels, pixels, body, partial);
  } else {
    const auto channels = static_cast<unsigned>(shape.channels);
    reduce_planes<<<dim3(blocks, channels, samples), kThreads, 0, of(stream)>>>(shape.channels, pixels, body, partial);
  }
  check_launch(name);
}

/// The sums of a group and channel from the blocks' sums.
__device__ inline device::Sums total(const device::Sums* partial, int64_t samples, int64_t channels, int64_t blocks,
                                     int64_t groups, int64_t group, int64_t c) {
  device::Sums sums{0, 0};
  const int64_t begin = groups == 1 ? 0 : group, end = groups == 1 ? samples : group + 1;
  for (int64_t n = begin; n < end; ++n) {
    for (int64_t b = 0; b < blocks; ++b) sums = sums + partial[(n * channels + c) * blocks + b];
  }
  return sums;
}

/// Returns FUNCTION<T, A>(...) for the type that maps are stored as, T, and the one that is computed with, A. (No
/// generic lambda: nvcc takes no device lambda within one.)
#define JTR_DISPATCH(element, FUNCTION, ...)              \
  switch (element) {                                      \
    case Element::kDouble:                                \
      return FUNCTION<double, double>(__VA_ARGS__);       \
    case Element::kBFloat16:                              \
      return FUNCTION<__nv_bfloat16, float>(__VA_ARGS__); \
    default:                                              \
      return FUNCTION<float, float>(__VA_ARGS__);         \
  }

template <typename A>
NormView<A> view(const NormData& norm) {
  return {static_cast<const A*>(norm.gamma), static_cast<const A*>(norm.beta), static_cast<const A*>(norm.mean),
          static_cast<const A*>(norm.invstd), norm.groups};
}

}  // namespace jtr::kernels::cuda
