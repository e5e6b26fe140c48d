// Grids, and reductions over the pixels of each sample and channel. Same order on every run: no atomics.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

#include "kernels/cuda/launch.h"

/// Starts a kernel of kThreads threads a block. (Elsewhere than under nvcc its blocks run on the CPU, for tests:
/// native/emulated.)
#if defined(__CUDACC__)
#define JTR_LAUNCH(KERNEL, GRID, STREAM, ...) KERNEL<<<GRID, kThreads, 0, of(STREAM)>>>(__VA_ARGS__)
#else
#define JTR_LAUNCH(KERNEL, GRID, STREAM, ...) \
  ::jtr::emulated::launch(#KERNEL, GRID, kThreads, STREAM, [=] { KERNEL(__VA_ARGS__); })
#endif

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
  const auto grid = static_cast<unsigned>(wanted < kMostBlocks ? wanted : kMostBlocks);
  JTR_LAUNCH(for_each_kernel, grid, stream, count, body);
  check_launch(name);
}

using device::pixel_blocks;
using device::ReductionPart;

constexpr int kWarp = 32;
constexpr int kWarps = kThreads / kWarp;

__device__ inline device::Sums shuffled(const device::Sums& sums, int distance) {
  return {sums.first + __shfl_down_sync(0xFFFFFFFFu, sums.first, distance),
          sums.second + __shfl_down_sync(0xFFFFFFFFu, sums.second, distance)};
}

/// Channels first: a block adds up some pixels of one sample and channel. partial: [N, C, blocks].
template <typename Body>
__global__ void __launch_bounds__(kThreads)
    reduce_planes(int64_t blocks, int64_t channels, int64_t pixels, Body body, device::Sums* partial) {
  __shared__ device::Sums of_warp[kWarps];
  for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
    const ReductionPart part = device::reduction_part(block, channels, pixels);
    device::Sums sums{0, 0};
    for (int64_t pixel = part.first + threadIdx.x; pixel < part.end; pixel += kThreads) {
      sums = sums + body(part.n, part.row, pixel);
    }
    for (int distance = kWarp / 2; distance > 0; distance /= 2) sums = shuffled(sums, distance);
    if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = sums;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int warp = 1; warp < kWarps; ++warp) sums = sums + of_warp[warp];
      partial[block] = sums;
    }
    __syncthreads();  // before the next part's sums take the place of this one's
  }
}

/// Channels last: a warp reads 32 channels of a pixel at once. partial: [N, C, blocks].
template <typename Body>
__global__ void __launch_bounds__(kThreads)
    reduce_channels(int64_t blocks, int64_t channels, int64_t pixels, Body body, device::Sums* partial) {
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t groups = (channels + kWarp - 1) / kWarp, of_row = pixel_blocks(pixels);
  __shared__ device::Sums of_warp[kWarps][kWarp];
  for (int64_t block = blockIdx.x; block < blocks; block += gridDim.x) {
    const ReductionPart part = device::reduction_part(block, groups, pixels);
    const int64_t c = part.row * kWarp + lane;
    device::Sums sums{0, 0};
    if (c < channels) {
      for (int64_t pixel = part.first + warp; pixel < part.end; pixel += kWarps) sums = sums + body(part.n, c, pixel);
    }
    of_warp[warp][lane] = sums;
    __syncthreads();
    if (warp == 0 && c < channels) {
      for (int other = 1; other < kWarps; ++other) sums = sums + of_warp[other][lane];
      partial[(part.n * channels + c) * of_row + block % of_row] = sums;
    }
    __syncthreads();  // before the next part's sums take the place of this one's
  }
}

/// Adds body(n, c, pixel) over `pixels` pixels of each sample and channel, in blocks of them.
template <typename Body>
void reduce(const char* name, const device::Shape& shape, int64_t pixels, device::Sums* partial, Stream stream,
            Body body) {
  const int64_t rows = shape.channels_last ? (shape.channels + kWarp - 1) / kWarp : shape.channels;
  const int64_t blocks = device::reduction_blocks(shape.samples, rows, pixels);
  if (blocks == 0) return;
  const int64_t channels = shape.channels;
  const auto grid = static_cast<unsigned>(blocks < device::kMostBlocksInX ? blocks : device::kMostBlocksInX);
  if (shape.channels_last) {
    JTR_LAUNCH(reduce_channels, grid, stream, blocks, channels, pixels, body, partial);
  } else {
    JTR_LAUNCH(reduce_planes, grid, stream, blocks, channels, pixels, body, partial);
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
