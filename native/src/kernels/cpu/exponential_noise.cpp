#include "kernels/exponential_noise.h"

#include <ATen/Parallel.h>

namespace jtr::kernels {
namespace {

template <typename T>
void fill(T* out, int64_t count, uint64_t seed, uint32_t index) {
  at::parallel_for(0, (count + 3) / 4, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      float values[4];
      exponential_block(seed, index, static_cast<uint64_t>(block), values);
      for (int64_t i = 0; i < 4 && 4 * block + i < count; ++i) out[4 * block + i] = static_cast<T>(values[i]);
    }
  });
}

}  // namespace

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index) {
#if JTR_WITH_CUDA
  if (out.is_cuda()) return exponential_noise_cuda(out, seed, index);
#endif
  if (out.scalar_type() == at::kDouble) {
    fill(out.data_ptr<double>(), out.numel(), seed, index);
  } else {
    fill(out.data_ptr<float>(), out.numel(), seed, index);
  }
}

}  // namespace jtr::kernels
