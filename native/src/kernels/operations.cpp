// Every operation: by the kernel of its tensors' device, else by ATen's formula.
#include <limits>

#include "kernels/aten.h"
#include "kernels/exponential_noise.h"
#include "kernels/gradient_norm.h"
#include "kernels/joint_inputs.h"
#include "kernels/joint_reconstruction.h"
#include "kernels/joint_stacks.h"
#include "kernels/one_hot.h"
#include "kernels/table.h"

namespace jtr::kernels {
namespace {

/// The kernel where the device has it and there is something to compute, else the formula.
template <typename Result, typename... Arguments>
auto* chosen(const at::Tensor& x, Result (*KernelTable::*kernel)(Arguments...), Result (*formula)(Arguments...)) {
  auto* own = table(x.device()).*kernel;
  return own != nullptr && x.numel() > 0 ? own : formula;
}

/// For an operation that has no formula here: methods look at the table before they ask for it.
template <typename Kernel>
Kernel needed(const at::Tensor& x, Kernel KernelTable::*kernel, const char* name) {
  Kernel own = table(x.device()).*kernel;
  TORCH_CHECK(own != nullptr, "there is no kernel ", name, " for ", x.device());
  return own;
}

}  // namespace

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps) {
  return chosen(x, &KernelTable::norm_statistics, by_aten::norm_statistics)(x, per_sample, eps);
}

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  return chosen(x, &KernelTable::norm_relu, by_aten::norm_relu)(x, gamma, beta, s);
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s) {
  return chosen(x, &KernelTable::norm_relu_pool, by_aten::norm_relu_pool)(x, gamma, beta, s);
}

NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) {
  // Frozen statistics are for short trainings of few layers, and worth no kernels.
  if (s.constant) return by_aten::norm_relu_backward(dy, x, gamma, beta, s, dx);
  return chosen(x, &KernelTable::norm_relu_backward, by_aten::norm_relu_backward)(dy, x, gamma, beta, s, dx);
}

NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s) {
  if (s.constant) return by_aten::norm_relu_pool_backward(dp, p, code, x, gamma, beta, s);
  return chosen(x, &KernelTable::norm_relu_pool_backward, by_aten::norm_relu_pool_backward)(dp, p, code, x, gamma, beta,
                                                                                            s);
}

at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r) {
  return chosen(x.x, &KernelTable::norm_add_relu, by_aten::norm_add_relu)(x, r);
}

NormGradients norm_backward(const at::Tensor& dz, const NormedMap& x) {
  // A ReLU of something infinite passes everything on.
  const at::Tensor beta = at::full_like(x.beta, std::numeric_limits<double>::infinity());
  return norm_relu_backward(dz, x.x, x.gamma, beta, x.statistics);
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) {
  return chosen(y, &KernelTable::unpool, by_aten::unpool)(y, code, height, width);
}

at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code) {
  return chosen(d, &KernelTable::unpool_backward, by_aten::unpool_backward)(d, code);
}

at::Tensor one_hot_of_max(const at::Tensor& x) {
  return chosen(x, &KernelTable::one_hot_of_max, by_aten::one_hot_of_max)(x);
}

void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& factors) {
  chosen(p, &KernelTable::adam, by_aten::adam)(p, g, m, v, factors);
}

void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first) {
  chosen(out, &KernelTable::exponential_noise, by_aten::exponential_noise)(out, seed, index, first);
}

double squared_norm(const at::Tensor& flat) {
  return chosen(flat, &KernelTable::squared_norm, by_aten::squared_norm)(flat);
}

at::Tensor joint_stacks(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                        at::MemoryFormat format) {
  const JointView v = packed(view);
  const device::Shape shape = stacks_shape(v.prediction, format);
  at::Tensor out =
      at::empty({shape.samples, shape.channels, shape.height, shape.width}, v.prediction.options(), format);
  needed(out, &KernelTable::joint_stacks, "joint_stacks")(groups, v, noise, shape, out);
  return out;
}

void joint_stacks_backward(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                           const at::Tensor& d, at::Tensor& grad) {
  const JointView v = packed(view);
  const at::MemoryFormat format = d.suggest_memory_format();
  const device::Shape shape = stacks_shape(v.prediction, format);
  at::Tensor to = grad.contiguous();
  needed(to, &KernelTable::joint_stacks_backward, "joint_stacks_backward")(groups, v, noise, d.contiguous(format),
                                                                           shape, to);
  if (!to.is_same(grad)) grad.copy_(to);
}

at::Tensor joint_reconstruction(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                                const ReconstructionTargets& targets, const at::Tensor& stacks, double scale,
                                at::Tensor& dr) {
  const JointView v = packed(view);
  const at::MemoryFormat format = r.suggest_memory_format();
  const device::Shape shape = stacks_shape(v.prediction, format);
  const at::Tensor from = r.contiguous(format);
  const at::Tensor encoded = targets.stacks ? stacks.contiguous(format) : at::Tensor{};
  dr = at::empty_like(from);
  at::Tensor loss = at::empty({v.prediction.size(0)}, r.options());
  needed(dr, &KernelTable::joint_reconstruction, "joint_reconstruction")(groups, v, from, targets, encoded, shape,
                                                                         scale, loss, dr);
  return loss;
}

}  // namespace jtr::kernels
