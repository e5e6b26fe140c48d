// Kernels with a fault each, as one could write them, for the tests of what finds them (tests/faults_test.cpp).
#include "emulated/planted.h"
#include "kernels/cuda/grid.cuh"

namespace jtr::kernels::cuda {
namespace {

/// As reduce_planes(), for one row: out[block] is the sum of the row's values. `first` and `second`: whether its two
/// barriers are there.
__global__ void __launch_bounds__(kThreads)
    sums_of_rows(int64_t rows, int64_t pixels, const double* x, bool first, bool second, double* out) {
  __shared__ double of_warp[kWarps];
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    double sum = 0;
    for (int64_t pixel = threadIdx.x; pixel < pixels; pixel += kThreads) sum += x[row * pixels + pixel];
    for (int distance = kWarp / 2; distance > 0; distance /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, distance);
    if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = sum;
    if (first) __syncthreads();
    if (threadIdx.x == 0) {
      for (int warp = 1; warp < kWarps; ++warp) sum += of_warp[warp];
      out[row] = sum;
    }
    if (second) __syncthreads();
  }
}

__global__ void __launch_bounds__(kThreads) barrier_of_some(double* out) {
  if (threadIdx.x < 100) __syncthreads();
  out[threadIdx.x] = 1;
}

__global__ void __launch_bounds__(kThreads) shuffle_without_a_lane(double* out) {
  double value = threadIdx.x;
  if (threadIdx.x % kWarp != 31) value += __shfl_down_sync(0xFFFFFFFFu, value, 1);
  out[threadIdx.x] = value;
}

__global__ void __launch_bounds__(kThreads) all_blocks_write_one_value(double* out) { out[threadIdx.x] += 1; }

__global__ void __launch_bounds__(kThreads)
    product_and_sum(const double* a, const double* b, const double* c, double* out) {
  if (threadIdx.x == 0) *out = *a * *b + *c;
}

}  // namespace

void planted_sums_of_rows(int blocks, int64_t rows, int64_t pixels, const double* x, bool first, bool second,
                          double* out) {
  JTR_LAUNCH(sums_of_rows, static_cast<unsigned>(blocks), nullptr, rows, pixels, x, first, second, out);
}

void planted_barrier_of_some(double* out) { JTR_LAUNCH(barrier_of_some, 1, nullptr, out); }

void planted_shuffle_without_a_lane(double* out) { JTR_LAUNCH(shuffle_without_a_lane, 1, nullptr, out); }

void planted_blocks_that_write_one_value(double* out) { JTR_LAUNCH(all_blocks_write_one_value, 2, nullptr, out); }

void planted_grid(unsigned x, unsigned y, double* out) {
  JTR_LAUNCH(barrier_of_some, dim3(x, y), nullptr, out);
  check_launch("planted_grid");
}

void planted_product_and_sum(const double* a, const double* b, const double* c, double* out) {
  JTR_LAUNCH(product_and_sum, 1, nullptr, a, b, c, out);
}

}  // namespace jtr::kernels::cuda
