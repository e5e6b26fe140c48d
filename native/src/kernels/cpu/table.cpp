#include "kernels/table.h"

#include "kernels/cpu/tensors.h"

namespace jtr::kernels {
namespace {

KernelTable all() {
  KernelTable kernels;
  kernels.norm_statistics = on_cpu::norm_statistics;
  kernels.norm_relu = on_cpu::norm_relu;
  kernels.norm_relu_pool = on_cpu::norm_relu_pool;
  kernels.norm_relu_backward = on_cpu::norm_relu_backward;
  kernels.norm_relu_pool_backward = on_cpu::norm_relu_pool_backward;
  kernels.norm_add_relu = on_cpu::norm_add_relu;
  kernels.unpool = on_cpu::unpool;
  kernels.unpool_backward = on_cpu::unpool_backward;
  kernels.one_hot_of_max = on_cpu::one_hot_of_max;
  kernels.adam = on_cpu::adam;
  kernels.exponential_noise = on_cpu::exponential_noise;
  kernels.squared_norm = on_cpu::squared_norm;
  kernels.joint_stacks = on_cpu::joint_stacks;
  kernels.joint_stacks_backward = on_cpu::joint_stacks_backward;
  kernels.joint_reconstruction = on_cpu::joint_reconstruction;
  return kernels;
}

const KernelsOf registered(at::kCPU, all());

}  // namespace
}  // namespace jtr::kernels
