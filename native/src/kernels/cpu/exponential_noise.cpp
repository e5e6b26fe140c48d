#include "kernels/exponential_noise.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/cpu/tensors.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

/// Blocks that are computed together, into lanes, before they are stored.
constexpr int64_t kBatch = 64;

/// Elements of a stream, [first, end).
struct Elements {
  int64_t first, end;
};

/// Blocks [begin, end) of the stream, as far as they hold wanted elements, of which `out` receives the first at 0.
template <typename T>
JTR_INLINE void run(T* out, const Elements& wanted, uint64_t seed, uint32_t index, int64_t begin, int64_t end) {
  for (int64_t block = begin; block < end; block += kBatch) {
    float values[4][kBatch];
#pragma omp simd
    for (int64_t i = 0; i < kBatch; ++i) {
      float of_one[4];
      exponential_block(seed, index, static_cast<uint64_t>(block + i), of_one);
      for (int j = 0; j < 4; ++j) values[j][i] = of_one[j];
    }
    const int64_t from = std::max(wanted.first - 4 * block, int64_t{0});
    const int64_t to = std::min(4 * std::min(kBatch, end - block), wanted.end - 4 * block);
    T* const stored = out + (4 * block - wanted.first);
    for (int64_t i = from; i < to; ++i) stored[i] = static_cast<T>(values[i % 4][i / 4]);
  }
}

JTR_MULTIVERSION void run_range(float* out, const Elements& wanted, uint64_t seed, uint32_t index, int64_t begin,
                                int64_t end) {
  run(out, wanted, seed, index, begin, end);
}

JTR_MULTIVERSION void run_range(double* out, const Elements& wanted, uint64_t seed, uint32_t index, int64_t begin,
                                int64_t end) {
  run(out, wanted, seed, index, begin, end);
}

template <typename T>
void fill(T* out, const Elements& wanted, uint64_t seed, uint32_t index) {
  at::parallel_for(wanted.first / 4, (wanted.end + 3) / 4, 4096,
                   [&](int64_t begin, int64_t end) { run_range(out, wanted, seed, index, begin, end); });
}

}  // namespace

namespace on_cpu {

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first) {
  const Elements wanted = {first, first + out.numel()};
  if (out.scalar_type() == at::kDouble) {
    fill(out.data_ptr<double>(), wanted, seed, index);
  } else {
    fill(out.data_ptr<float>(), wanted, seed, index);
  }
}

}  // namespace on_cpu
}  // namespace jtr::kernels
