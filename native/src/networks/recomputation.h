// Activation checkpointing (Chen et al. 2016): a stage of a network whose maps are not kept for the backward pass but
// computed again in it, from what went into the stage.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

namespace jtr {

/// What a network's backward pass computes a second time instead of keeping it, against memory. The numbers are the
/// same.
enum class Recomputation {
  kNorms,   // each layer keeps its convolution's output alone; norm, ReLU and unpooling are computed again
  kStages,  // only what passes between stages is kept; costs about a second forward pass
  kNone,    // what a convolution reads is kept beside its output
};

/// A stage: inputs to outputs, the same numbers each time. `again`: the call is the backward pass's, which must not
/// change anything a second time (running statistics). It must not hold on to what it was called with, and what it
/// holds itself must live as long as the graph.
using Stage = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs, bool again)>;

/// Runs a stage whose gradients are those of its own operations, but of which only the inputs are kept. `weights`: all
/// leaves that it reads besides its inputs, each once. Outputs of whole numbers have no gradient. Several backward
/// passes over a graph that is retained run the stage as often.
std::vector<at::Tensor> recomputed(const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& weights,
                                   const Stage& stage);

}  // namespace jtr
