#include "networks/recomputation.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace jtr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// What a graph holds of a stage besides its inputs.
struct Kept : torch::CustomClassHolder {
  Stage stage;
  std::vector<at::Tensor> weights;
  std::vector<bool> wanted;  // which inputs get a gradient
};

struct RecomputedStage : Function<RecomputedStage> {
  static variable_list forward(AutogradContext* ctx, at::TensorList inputs, at::TensorList /* weights: for the graph */,
                               const c10::intrusive_ptr<Kept>& kept) {
    variable_list out = kept->stage(inputs.vec(), false);
    variable_list whole_numbers;
    for (const at::Tensor& tensor : out) {
      if (!tensor.is_floating_point()) whole_numbers.push_back(tensor);
    }
    ctx->mark_non_differentiable(whole_numbers);
    ctx->set_materialize_grads(false);
    // Saved variables go as soon as the backward pass has been here; the rest stays as long as the graph.
    ctx->save_for_backward(inputs.vec());
    ctx->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list d_out) {
    const auto kept = c10::static_intrusive_pointer_cast<Kept>(ctx->saved_data["kept"].toCapsule());
    const at::AutoGradMode grad_mode(true);
    variable_list inputs, sources;
    for (const at::Tensor& saved : ctx->get_saved_variables()) {
      inputs.push_back(saved.detach());
      if (!kept->wanted[inputs.size() - 1]) continue;
      inputs.back().requires_grad_(true);
      sources.push_back(inputs.back());
    }
    sources.insert(sources.end(), kept->weights.begin(), kept->weights.end());

    variable_list gradients(sources.size());
    {
      variable_list roots, d_roots;
      const variable_list out = kept->stage(inputs, true);
      for (size_t i = 0; i < out.size(); ++i) {
        if (!d_out[i].defined() || !out[i].requires_grad()) continue;
        roots.push_back(out[i]);
        d_roots.push_back(d_out[i]);
      }
      if (!roots.empty()) gradients = torch::autograd::grad(roots, sources, d_roots, false, false, true);
    }

    variable_list all;
    auto next = gradients.begin();
    for (const bool wanted : kept->wanted) all.push_back(wanted ? *next++ : at::Tensor{});
    all.insert(all.end(), next, gradients.end());
    all.emplace_back();  // of `kept`
    return all;
  }
};

}  // namespace

std::vector<at::Tensor> recomputed(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& weights,
                                   const Stage& stage) {
  auto kept = c10::make_intrusive<Kept>();
  bool has_gradient = false;
  for (const at::Tensor& input : inputs) {
    kept->wanted.push_back(input.requires_grad());
    has_gradient |= input.requires_grad();
  }
  for (const at::Tensor& weight : weights) {
    if (weight.requires_grad()) kept->weights.push_back(weight);
  }
  if (!at::GradMode::is_enabled() || !(has_gradient || !kept->weights.empty())) return stage(inputs, false);
  kept->stage = stage;
  const variable_list leaves = kept->weights;
  return RecomputedStage::apply(at::TensorList(inputs), at::TensorList(leaves), kept);
}

}  // namespace jtr
