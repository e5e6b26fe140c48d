// One thread a block of four values; grid-stride, so any size.
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include "kernels/exponential_noise.h"

namespace jtr::kernels {
namespace {

template <typename T>
__global__ void fill(T* out, int64_t count, uint64_t seed, uint32_t index) {
  const int64_t blocks = (count + 3) / 4;
  for (int64_t block = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x; block < blocks;
       block += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    float values[4];
    exponential_block(seed, index, static_cast<uint64_t>(block), values);
    for (int i = 0; i < 4 && 4 * block + i < count; ++i) out[4 * block + i] = static_cast<T>(values[i]);
  }
}

}  // namespace

void exponential_noise_cuda(at::Tensor& out, uint64_t seed, uint32_t index) {
  const c10::cuda::CUDAGuard guard(out.device());
  const int64_t count = out.numel();
  if (count == 0) return;
  constexpr int kThreads = 256;
  const int64_t wanted = ((count + 3) / 4 + kThreads - 1) / kThreads;
  const int grid = static_cast<int>(wanted < 4096 ? wanted : 4096);
  const auto stream = at::cuda::getCurrentCUDAStream();
  if (out.scalar_type() == at::kDouble) {
    fill<<<grid, kThreads, 0, stream>>>(out.data_ptr<double>(), count, seed, index);
  } else {
    fill<<<grid, kThreads, 0, stream>>>(out.data_ptr<float>(), count, seed, index);
  }
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace jtr::kernels
