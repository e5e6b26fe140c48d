#if JTR_WITH_CUDA
#include "kernels/table.h"

#include "kernels/cuda/tensors.h"

namespace jtr::kernels {
namespace {

KernelTable all() {
  KernelTable kernels;
  kernels.norm_statistics = on_cuda::norm_statistics;
  kernels.norm_relu = on_cuda::norm_relu;
  kernels.norm_relu_pool = on_cuda::norm_relu_pool;
  kernels.norm_relu_backward = on_cuda::norm_relu_backward;
  kernels.norm_relu_pool_backward = on_cuda::norm_relu_pool_backward;
  kernels.unpool = on_cuda::unpool;
  kernels.unpool_backward = on_cuda::unpool_backward;
  kernels.one_hot_of_max = on_cuda::one_hot_of_max;
  kernels.adam = on_cuda::adam;
  kernels.exponential_noise = on_cuda::exponential_noise;
  kernels.joint_stacks = on_cuda::joint_stacks;
  kernels.joint_stacks_backward = on_cuda::joint_stacks_backward;
  kernels.joint_reconstruction = on_cuda::joint_reconstruction;
  return kernels;
}

const KernelsOf registered(at::kCUDA, all());

}  // namespace
}  // namespace jtr::kernels
#endif
