// The CUDA kernels of joint_stacks.h: both stacks, and the predictions' gradient, a thread a pixel.
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/joint.cuh"

namespace jtr::kernels::cuda {

namespace typed {

template <typename T>
void joint_stacks(const device::ChannelGroups& groups, const JointData& view, const device::StackNoise& noise,
                  const Shape& shape, void* out, Stream stream) {
  const auto in = inputs<T>(view);
  const auto g = groups;
  const auto slots = noise;
  const Shape s = shape;
  T* to = static_cast<T*>(out);
  for_each("joint_stacks", in.samples * in.pixels, stream,
           [=] __device__(int64_t i) { device::stacks_at<T>(i, g, in, slots, s, to); });
}

template <typename T>
void joint_stacks_backward(const device::ChannelGroups& groups, const JointData& view, const device::StackNoise& noise,
                           const void* d, const Shape& shape, void* grad, Stream stream) {
  const auto in = inputs<T>(view);
  const auto g = groups;
  const auto slots = noise;
  const Shape s = shape;
  const T* from = static_cast<const T*>(d);
  T* to = static_cast<T*>(grad);
  for_each("joint_stacks_backward", in.samples * in.pixels, stream,
           [=] __device__(int64_t i) { device::stacks_backward_at<T>(i, g, in, slots, s, from, to); });
}

}  // namespace typed

void joint_stacks(Element element, const device::ChannelGroups& groups, const JointData& view,
                  const device::StackNoise& noise, const Shape& shape, void* out, Stream stream) {
  if (element == Element::kDouble) return typed::joint_stacks<double>(groups, view, noise, shape, out, stream);
  typed::joint_stacks<float>(groups, view, noise, shape, out, stream);
}

void joint_stacks_backward(Element element, const device::ChannelGroups& groups, const JointData& view,
                           const device::StackNoise& noise, const void* d, const Shape& shape, void* grad,
                           Stream stream) {
  if (element == Element::kDouble) {
    return typed::joint_stacks_backward<double>(groups, view, noise, d, shape, grad, stream);
  }
  typed::joint_stacks_backward<float>(groups, view, noise, d, shape, grad, stream);
}

}  // namespace jtr::kernels::cuda
