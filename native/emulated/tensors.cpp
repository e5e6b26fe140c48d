// The tensors' half of the CUDA kernels, as in a build with CUDA: it fills the table of at::kCUDA.
#undef JTR_WITH_CUDA
#define JTR_WITH_CUDA 1
#include "kernels/cuda/tensors.cpp"

#include "kernels/cuda/table.cpp"
