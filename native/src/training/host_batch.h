// A batch as it crosses the border: host memory of the caller, checked, then brought to the device.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "tasks/task.h"

namespace jtr {

/// As jtr_batch.
struct HostBatch {
  int64_t views, samples, height, width;
  const float* images;            // [V, B, 3, H, W]
  const float* labels;            // [V, B, L, H, W]
  const uint8_t* labelled;        // [B, K]
  const double* noise;            // [B, slots, S, H, W] or null
  const double* crops = nullptr;  // [V, B, kCropFields] or null
};

/// Numbers that say how a view was cut out of view 0: scale, top, left, height, width, mirrored.
constexpr int64_t kCropFields = 6;

/// Throws unless height and width are multiples of the network's stride and samples is positive.
void check_size(int64_t samples, int64_t height, int64_t width, const char* prefix);
/// Throws unless every value is finite.
void check_finite(const float* values, int64_t count, const char* field);
/// Throws unless every entry is 0 or 1.
void check_labelled(const uint8_t* labelled, int64_t count, const char* field);

/// Throws unless the crops of views 1 and on lie inside of view 0.
void check_crops(const double* crops, int64_t views, int64_t samples, int64_t height, int64_t width, const char* field);

/// Checks the labels that exist in the first `views` views and copies them, in float on the host, with the invalid
/// value where a sample is not labelled: [views, B, L, H, W]. `pinned`: into memory that a GPU copies from by itself.
at::Tensor checked_labels(const TaskSet& tasks, const float* labels, const uint8_t* labelled, int64_t views,
                          int64_t samples, int64_t height, int64_t width, bool pinned, const char* field);

/// The same, brought to the device.
at::Tensor upload_labels(const TaskSet& tasks, const float* labels, const uint8_t* labelled, int64_t views,
                         int64_t samples, int64_t height, int64_t width, const at::TensorOptions& options,
                         const char* field);

/// The matrix [B, K] of labelled tasks on the device.
at::Tensor upload_labelled(const uint8_t* labelled, int64_t samples, int64_t tasks, at::Device device);

/// The noise [B, slots, S, H, W] on the device: the caller's, checked, or drawn from (seed, step).
at::Tensor upload_noise(const double* noise, int64_t samples, int64_t slots, int64_t channels, int64_t height,
                        int64_t width, uint64_t seed, int64_t step, const at::TensorOptions& options,
                        const char* field);

}  // namespace jtr
