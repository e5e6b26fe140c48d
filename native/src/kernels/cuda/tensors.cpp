#if JTR_WITH_CUDA
#include "kernels/cuda/tensors.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>

#include "kernels/cuda/launch.h"
#include "kernels/joint_inputs.h"

namespace jtr::kernels::on_cuda {
namespace {

cuda::Element element_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kDouble:
      return cuda::Element::kDouble;
    case at::kBFloat16:
      return cuda::Element::kBFloat16;
    default:
      return cuda::Element::kFloat;
  }
}

bool is_channels_last(const at::Tensor& x) { return x.suggest_memory_format() == at::MemoryFormat::ChannelsLast; }

cuda::Shape shape_of(const at::Tensor& x, bool channels_last) {
  return {x.size(0), x.size(1), x.size(2), x.size(3), channels_last};
}

cuda::Shape shape_of(const at::Tensor& x) { return shape_of(x, is_channels_last(x)); }

cuda::NormData data_of(const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  return {gamma.data_ptr(), beta.data_ptr(), s.mean.data_ptr(), s.invstd.data_ptr(), s.mean.size(0)};
}

/// What follows runs on the tensor's device, on its current stream.
struct OnDevice {
  explicit OnDevice(const at::Tensor& x) : guard(x.device()), stream(at::cuda::getCurrentCUDAStream().stream()) {}
  c10::cuda::CUDAGuard guard;
  cuda::Stream stream;
};

at::Tensor empty(const at::Tensor& like, int64_t height, int64_t width, at::ScalarType type) {
  return at::empty({like.size(0), like.size(1), height, width}, like.options().dtype(type),
                   like.suggest_memory_format());
}

at::Tensor scratch(const at::Tensor& x) {
  return at::empty({cuda::reduction_scratch(shape_of(x))}, x.options().dtype(at::kByte));
}

/// Statistics and weights of norms are never stored in less than float.
at::ScalarType statistics_type(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

}  // namespace

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps) {
  const OnDevice on(x);
  const std::vector<int64_t> sizes = {per_sample ? x.size(0) : 1, x.size(1)};
  const at::TensorOptions options = x.options().dtype(statistics_type(x));
  NormStatistics s{at::empty(sizes, options), at::empty(sizes, options), at::empty(sizes, options)};
  const at::Tensor memory = scratch(x);
  cuda::norm_statistics(element_of(x), x.data_ptr(), shape_of(x), sizes[0], eps, s.mean.data_ptr(), s.var.data_ptr(),
                        s.invstd.data_ptr(), memory.data_ptr(), on.stream);
  return s;
}

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  const OnDevice on(x);
  at::Tensor y = at::empty_like(x);
  cuda::norm_relu(element_of(x), x.data_ptr(), shape_of(x), data_of(gamma, beta, s), y.data_ptr(), on.stream);
  return y;
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s) {
  const OnDevice on(x);
  at::Tensor p = empty(x, x.size(2) / 2, x.size(3) / 2, x.scalar_type());
  at::Tensor code = empty(x, x.size(2) / 2, x.size(3) / 2, at::kByte);
  cuda::norm_relu_pool(element_of(x), x.data_ptr(), shape_of(x), data_of(gamma, beta, s), p.data_ptr(),
                       code.data_ptr<uint8_t>(), on.stream);
  return {p, code};
}

NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) {
  const OnDevice on(x);
  NormGradients g{dx.defined() ? dx : at::empty_like(x), at::empty_like(gamma), at::empty_like(beta)};
  const at::Tensor memory = scratch(x);
  cuda::norm_relu_backward(element_of(x), dy.data_ptr(), x.data_ptr(), shape_of(x), data_of(gamma, beta, s),
                           g.x.data_ptr(), g.gamma.data_ptr(), g.beta.data_ptr(), memory.data_ptr(), on.stream);
  return g;
}

NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s) {
  const OnDevice on(x);
  NormGradients g{at::empty_like(x), at::empty_like(gamma), at::empty_like(beta)};
  const at::Tensor memory = scratch(x);
  cuda::norm_relu_pool_backward(element_of(x), dp.data_ptr(), p.data_ptr(), code.data_ptr<uint8_t>(), x.data_ptr(),
                                shape_of(x), data_of(gamma, beta, s), g.x.data_ptr(), g.gamma.data_ptr(),
                                g.beta.data_ptr(), memory.data_ptr(), on.stream);
  return g;
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) {
  const OnDevice on(y);
  at::Tensor out = empty(y, height, width, y.scalar_type());
  cuda::unpool(element_of(y), y.data_ptr(), code.data_ptr<uint8_t>(), shape_of(y), shape_of(out, is_channels_last(y)),
               out.data_ptr(), on.stream);
  return out;
}

at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code) {
  const OnDevice on(d);
  at::Tensor out = empty(d, code.size(2), code.size(3), d.scalar_type());
  cuda::unpool_backward(element_of(d), d.data_ptr(), code.data_ptr<uint8_t>(), shape_of(code, is_channels_last(d)),
                        shape_of(d), out.data_ptr(), on.stream);
  return out;
}

at::Tensor one_hot_of_max(const at::Tensor& x) {
  const at::Tensor in = x.contiguous(x.suggest_memory_format());
  const OnDevice on(in);
  at::Tensor out = at::empty_like(in);
  cuda::one_hot(element_of(in), in.data_ptr(), shape_of(in), out.data_ptr(), on.stream);
  return out;
}

void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& f) {
  const OnDevice on(p);
  cuda::adam(element_of(p), p.data_ptr(), g.data_ptr(), m.data_ptr(), v.data_ptr(), p.numel(),
             {f.beta1, f.beta2, f.epsilon, f.step_size, f.sqrt_correction2}, on.stream);
}

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first) {
  const OnDevice on(out);
  cuda::exponential_noise(element_of(out), out.data_ptr(), out.numel(), seed, index, first, on.stream);
}

namespace {

/// `view` must be packed (kernels/joint_inputs.h).
cuda::JointData data_of(const JointView& view) {
  cuda::JointData data;
  static_cast<device::JointSizes&>(data) = sizes_of(view);
  data.prediction = view.prediction.data_ptr();
  data.label = view.label.data_ptr();
  data.noise = has_noise(view) ? view.noise.data_ptr() : nullptr;
  data.labelled = view.labelled.data_ptr<bool>();
  return data;
}

}  // namespace

void joint_stacks(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                  const device::Shape& shape, at::Tensor& out) {
  const OnDevice on(out);
  cuda::joint_stacks(element_of(out), groups, data_of(view), noise, shape, out.data_ptr(), on.stream);
}

void joint_stacks_backward(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                           const at::Tensor& d, const device::Shape& shape, at::Tensor& grad) {
  const OnDevice on(grad);
  cuda::joint_stacks_backward(element_of(grad), groups, data_of(view), noise, d.data_ptr(), shape, grad.data_ptr(),
                              on.stream);
}

void joint_reconstruction(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                          const ReconstructionTargets& targets, const at::Tensor& stacks, const device::Shape& shape,
                          double scale, at::Tensor& loss, at::Tensor& dr) {
  const OnDevice on(dr);
  const cuda::JointData data = data_of(view);
  const at::Tensor memory =
      at::empty({cuda::joint_reconstruction_scratch(groups, data)}, dr.options().dtype(at::kByte));
  cuda::joint_reconstruction(element_of(dr), groups, data, r.data_ptr(), targets,
                             targets.stacks ? stacks.data_ptr() : nullptr, shape, scale, loss.data_ptr(), dr.data_ptr(),
                             memory.data_ptr(), on.stream);
}

}  // namespace jtr::kernels::on_cuda
#endif
