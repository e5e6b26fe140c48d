#include "kernels/exponential_noise.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/cpu/tensors.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

/// Blocks that are computed together, into lanes, before they are stored.
constexpr int64_t kBatch = 64;

template <typename T>
JTR_INLINE void run(T* out, int64_t count, uint64_t seed, uint32_t index, int64_t begin, int64_t end) {
  for (int64_t first = begin; first < end; first += kBatch) {
    float values[4][kBatch];
#pragma omp simd
    for (int64_t i = 0; i < kBatch; ++i) {
      float block[4];
      exponential_block(seed, index, static_cast<uint64_t>(first + i), block);
      for (int j = 0; j < 4; ++j) values[j][i] = block[j];
    }
    const int64_t stored = std::min(4 * std::min(kBatch, end - first), count - 4 * first);
    for (int64_t i = 0; i < stored; ++i) out[4 * first + i] = static_cast<T>(values[i % 4][i / 4]);
  }
}

JTR_MULTIVERSION void run_range(float* out, int64_t count, uint64_t seed, uint32_t index, int64_t begin, int64_t end) {
  run(out, count, seed, index, begin, end);
}

JTR_MULTIVERSION void run_range(double* out, int64_t count, uint64_t seed, uint32_t index, int64_t begin, int64_t end) {
  run(out, count, seed, index, begin, end);
}

template <typename T>
void fill(T* out, int64_t count, uint64_t seed, uint32_t index) {
  at::parallel_for(0, (count + 3) / 4, 4096,
                   [&](int64_t begin, int64_t end) { run_range(out, count, seed, index, begin, end); });
}

}  // namespace

namespace on_cpu {

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index) {
  if (out.scalar_type() == at::kDouble) {
    fill(out.data_ptr<double>(), out.numel(), seed, index);
  } else {
    fill(out.data_ptr<float>(), out.numel(), seed, index);
  }
}

}  // namespace on_cpu
}  // namespace jtr::kernels
