// One tensor for each task, held together: those of pixel tasks as planes of one stack, those of image tasks as
// elements of one vector. Few large tensors cross and compute faster than many small ones.
#pragma once

#include <ATen/ATen.h>

namespace jtr {

/// Predictions, labels or gradients of all tasks, the sample outermost.
struct TaskTensors {
  at::Tensor planes;   // [B, C, H, W]: C channels of all pixel tasks; undefined where there is none
  at::Tensor vectors;  // [B, c]: elements of all image tasks; undefined where there is none

  bool defined() const { return planes.defined() || vectors.defined(); }

  /// The same of something done to both.
  template <typename Body>
  TaskTensors map(const Body& body) const {
    return {planes.defined() ? body(planes) : at::Tensor{}, vectors.defined() ? body(vectors) : at::Tensor{}};
  }

  TaskTensors detach() const {
    return map([](const at::Tensor& x) { return x.detach(); });
  }
  TaskTensors zeros_like() const {
    return map([](const at::Tensor& x) { return at::zeros_like(x); });
  }
  /// Part of the outermost dimension.
  TaskTensors narrow(int64_t begin, int64_t count) const {
    // All of it is itself, without a step of autograd's.
    return map([&](const at::Tensor& x) { return count == x.size(0) ? x : x.narrow(0, begin, count); });
  }
  /// One place of the outermost dimension, which goes.
  TaskTensors operator[](int64_t index) const {
    return map([&](const at::Tensor& x) { return x.select(0, index); });
  }
};

}  // namespace jtr
