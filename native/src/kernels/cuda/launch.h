// The CUDA kernels' entry points: raw pointers and a stream, no libtorch, so that nvcc reads nothing but our own
// headers and the kernels can be compiled (target jtr_cuda_kernels) where libtorch has no CUDA.
#pragma once

#include <cstdint>

#include "kernels/device/joint_channels.h"
#include "kernels/device/norm_relu.h"

namespace jtr::kernels::cuda {

using device::NormView;
using device::Shape;

/// A cudaStream_t, without its header.
using Stream = void*;

/// What a map is stored as. Double is computed in double, the others in float.
enum class Element { kFloat, kDouble, kBFloat16 };

/// Everything about a norm but its precision: float for kFloat and kBFloat16, double for kDouble.
struct NormData {
  const void *gamma, *beta, *mean, *invstd;
  int64_t groups;
};

/// Bytes of scratch memory that the reductions over a map of this shape need.
int64_t reduction_scratch(const Shape& shape);

void exponential_noise(Element element, void* out, int64_t count, uint64_t seed, uint32_t index, int64_t first,
                       Stream stream);

void norm_statistics(Element element, const void* x, const Shape& shape, int64_t groups, double eps, void* mean,
                     void* var, void* invstd, void* scratch, Stream stream);
void norm_relu(Element element, const void* x, const Shape& shape, const NormData& norm, void* y, Stream stream);
void norm_relu_pool(Element element, const void* x, const Shape& shape, const NormData& norm, void* p, uint8_t* code,
                    Stream stream);
/// Writes the gradients of x, gamma and beta. `dx` may be `dy`.
void norm_relu_backward(Element element, const void* dy, const void* x, const Shape& shape, const NormData& norm,
                        void* dx, void* d_gamma, void* d_beta, void* scratch, Stream stream);
void norm_relu_pool_backward(Element element, const void* dp, const void* p, const uint8_t* code, const void* x,
                             const Shape& shape, const NormData& norm, void* dx, void* d_gamma, void* d_beta,
                             void* scratch, Stream stream);
void unpool(Element element, const void* y, const uint8_t* code, const Shape& pooled, const Shape& shape, void* out,
            Stream stream);
void unpool_backward(Element element, const void* d, const uint8_t* code, const Shape& pooled, const Shape& shape,
                     void* out, Stream stream);

void one_hot(Element element, const void* x, const Shape& shape, void* out, Stream stream);

struct AdamArguments {
  double beta1, beta2, epsilon, step_size, sqrt_correction2;
};
void adam(Element element, void* p, const void* g, void* m, void* v, int64_t count, const AdamArguments& arguments,
          Stream stream);

/// device::JointInputs but its precision, float or double.
struct JointData : device::JointSizes {
  const void *prediction = nullptr, *label = nullptr, *noise = nullptr;
  const bool* labelled = nullptr;
};

void joint_stacks(Element element, const device::ChannelGroups& groups, const JointData& view,
                  const device::StackNoise& noise, const Shape& shape, void* out, Stream stream);
void joint_stacks_backward(Element element, const device::ChannelGroups& groups, const JointData& view,
                           const device::StackNoise& noise, const void* d, const Shape& shape, void* grad,
                           Stream stream);

/// Bytes of scratch memory that joint_reconstruction needs.
int64_t joint_reconstruction_scratch(const device::ChannelGroups& groups, const JointData& view);
void joint_reconstruction(Element element, const device::ChannelGroups& groups, const JointData& view, const void* r,
                          const device::ReconstructionTargets& targets, const void* stacks, const Shape& shape,
                          double scale, void* loss, void* dr, void* scratch, Stream stream);

}  // namespace jtr::kernels::cuda
