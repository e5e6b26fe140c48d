// What goes into a step besides its batch, and what comes out.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "error.h"
#include "training/host_batch.h"

namespace jtr {

/// What the caller wants to know of a step besides its losses: tensors over memory of the caller's, in double, that
/// receive it; undefined ones are not wanted.
struct StepRequest {
  using Numbered = std::vector<std::pair<size_t, at::Tensor>>;

  const int32_t* cancel = nullptr;  // the step is given up soon after this becomes other than 0
  at::Tensor loss;                  // [B]: each sample's loss
  at::Tensor task_loss;             // [K]: each task's supervised loss, mean over the samples that have its label
  Numbered terms;                   // [B] of a term, by its number
  Numbered predictions;             // [V, B, ...] of a task
  Numbered prediction_gradients;    // [V, B, ...] of a task
  const HostBatch* next = nullptr;  // the next step's batch
};

/// Throws CANCELLED where the caller has raised its flag; null for none.
inline void check_cancelled(const int32_t* cancel) {
  if (cancel != nullptr && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) {
    throw Error(JTR_STATUS_CANCELLED, "the computation was cancelled");
  }
}

struct StepResult {
  int64_t step;
  double loss, learning_rate, gradient_norm;
  std::vector<double> terms;  // means over samples, as Trainer::term_names()
};

}  // namespace jtr
