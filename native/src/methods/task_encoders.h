// Learned encoders of tasks for a joint space: each task's encoded values, whether planes
// or values of the whole image, become as many planes as every other task's, and what the auto-encoder makes of these
// goes back through a decoder of the task. All are linear: the auto-encoder that they are learned with is not.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "networks/parameters.h"
#include "tasks/task.h"

namespace jtr {

class TaskEncoders {
 public:
  /// Declares "task_encoder.<task>.weight", ".bias" and "task_decoder.<task>.weight", ".bias" of each task in `store`.
  TaskEncoders(ParameterStore& store, const TaskSet& tasks, int64_t planes_of_task);

  void initialize(uint64_t seed, uint32_t stream);

  /// Of a task's planes a convolution of 1x1; of an image task's values a linear map, constant over the picture. Planes
  /// [n, C, H, W] and vectors [n, c] -> [n, planes of all tasks, H, W]. `trainable` false: no gradient to the weights.
  at::Tensor encode(const TaskTensors& values, bool trainable) const;
  /// Back to the tasks: planes [n, C, H, W], and of the image tasks [n, c, 1, 1], of the mean over the picture.
  TaskTensors decode(const at::Tensor& planes) const;

 private:
  struct Coder {
    int64_t weight, bias, decoder_weight, decoder_bias;
  };
  const at::Tensor& weight(int64_t i, bool trainable) const {
    return trainable ? store_.parameter(i) : store_.frozen(i);
  }

  ParameterStore& store_;
  const TaskSet& tasks_;
  int64_t planes_of_task_;
  std::vector<Coder> coders_;  // of each task
};

}  // namespace jtr
