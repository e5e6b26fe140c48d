#include "tasks/gumbel.h"

#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "kernels/one_hot.h"

namespace jtr {
namespace {

struct StraightThrough : torch::autograd::Function<StraightThrough> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& logits, const at::Tensor& noise) {
    // Unused noise may be zero; the clamp keeps its logarithm finite.
    const at::Tensor gumbel = noise.clamp_min(std::numeric_limits<float>::min()).log_().neg_();
    const at::Tensor soft = at::softmax(gumbel.add_(logits), 1);
    ctx->save_for_backward({soft});
    if (soft.dim() == 4) return kernels::one_hot_of_max(soft);
    return kernels::one_hot_of_max(soft.unsqueeze(2).unsqueeze(3)).view_as(soft);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list d) {
    // d logit_j = soft_j (d_j - sum_k soft_k d_k)
    const at::Tensor soft = ctx->get_saved_variables()[0], weighted = soft * d[0];
    return {weighted - soft * weighted.sum(1, true), {}};
  }
};

}  // namespace

at::Tensor straight_through_gumbel(const at::Tensor& logits, const at::Tensor& noise) {
  return StraightThrough::apply(logits, noise);
}

}  // namespace jtr
