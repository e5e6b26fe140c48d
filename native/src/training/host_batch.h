// A batch as it crosses the border: tensors over the caller's host memory, checked, then brought to the device.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/inputs/input.h"
#include "tasks/task.h"

namespace jtr {

/// A batch of the caller's. Views and samples may lie anywhere, by their strides; what is inside of a sample has no
/// gaps.
struct HostBatch {
  at::Tensor images;               // float [V, B, 3, H, W], RGB in [0, 1]; or of as many channels as it has
  std::vector<at::Tensor> inputs;  // of each further input: float [V, B, c, H, W], or [B, c] of a vector
  at::Tensor input_present;        // uint8 [B, further inputs], 1 or 0, or undefined: all are there
  std::vector<at::Tensor> labels;  // of each task: float [V, B, l, H, W], or [V, B, l] of an image task
  at::Tensor labelled;             // uint8 [B, K]
  at::Tensor label_weight;         // double [B, K], by which supervised losses are multiplied, or undefined: all 1
  at::Tensor domain;               // int64 [B], the number of each sample's domain, or undefined: all 0
  at::Tensor noise;                // double [B, slots, S, H, W], or undefined
  at::Tensor crops;                // double [V, B, kCropFields], or undefined

  int64_t views() const { return images.size(0); }
  int64_t samples() const { return images.size(1); }
  int64_t height() const { return images.size(3); }
  int64_t width() const { return images.size(4); }

  /// Some of the samples, over the same memory but for the crops.
  HostBatch narrow(int64_t begin, int64_t count) const;
};

/// The tensors of a batch as jtr_trainer_describe tells them: "name", "dtype", "sizes" (numbers, and V views, B
/// samples, H rows, W columns), "required", and what they hold. `noise`: sizes of a sample's, or none where there is
/// none. `domains`: how many there are.
Json describe_batch(const TaskSet& tasks, const InputSet& inputs, int64_t views, bool crops,
                    const std::vector<int64_t>& noise, int64_t domains);

/// Numbers that say how a view was cut out of view 0: scale, top, left, height, width, mirrored.
constexpr int64_t kCropFields = 6;

/// Throws about `field` unless the tensor is there, of this number format and these sizes (-1: any), without gaps
/// inside of its last `packed` dimensions.
void check_tensor(const at::Tensor& tensor, at::ScalarType dtype, at::IntArrayRef sizes, int64_t packed,
                  const std::string& field);
/// Throws unless [..., 3, H, W] images have rows and columns that the network can take: multiples of its stride.
void check_image_size(const at::Tensor& images, int64_t stride, const char* field);
/// Throws unless every value of a float tensor, packed in its last three dimensions, is finite.
void check_finite(const at::Tensor& images, const char* field);
/// Throws unless every entry of the bytes [B, K] is 0 or 1.
void check_labelled(const at::Tensor& labelled, const char* field);
/// Throws unless every weight of the doubles [B, K] is a finite number of 0 or more.
void check_label_weight(const at::Tensor& weight, const char* field);
/// The numbers [B] of samples' domains; undefined: all 0. Throws about `field` unless they are there, `lowest` or more
/// and below `count`.
std::vector<int64_t> checked_domains(const at::Tensor& domain, int64_t samples, int64_t lowest, int64_t count,
                                     const char* field);
/// Throws unless the crops [V, B, 6] of views 1 and on lie inside of view 0.
void check_crops(const at::Tensor& crops, int64_t height, int64_t width, const char* field);

/// Checks the labels that exist in the first `views` views and copies them, in float on the host, with the invalid
/// value where a sample is not labelled: planes [views, B, L, H, W] and vectors [views, B, l]. `pinned`: into memory
/// that a GPU copies from by itself. Fields are "batch.label.<task>".
TaskTensors checked_labels(const TaskSet& tasks, const std::vector<at::Tensor>& labels, const at::Tensor& labelled,
                           int64_t views, int64_t height, int64_t width, bool pinned);

/// Checks the further inputs that are there in the first `views` views and copies them, in float on the host, with 0
/// where one is missing: planes [views, B, c, H, W] or vectors [B, c]. Fields are "<prefix>input.<name>" and
/// "<prefix>input_present".
std::vector<at::Tensor> checked_inputs(const InputSet& inputs, const std::vector<at::Tensor>& given,
                                       const at::Tensor& present, int64_t views, int64_t samples, int64_t height,
                                       int64_t width, bool pinned, const std::string& prefix);

/// [B, further inputs] of 1 and 0 on the device; undefined where there are no further inputs.
at::Tensor upload_present(const InputSet& inputs, const at::Tensor& present, int64_t samples,
                          const at::TensorOptions& options);

/// The matrix [B, K] of labelled tasks on the device.
at::Tensor upload_labelled(const at::Tensor& labelled, at::Device device);

/// Throws about `field` unless the noise is left out or has these sizes and finite numbers of 0 or more.
void check_noise(const at::Tensor& noise, at::IntArrayRef sizes, const char* field);

/// The noise [B, slots, S, H, W] on the device: the caller's, checked, or drawn from (seed, step); that of sample
/// `first` on.
at::Tensor upload_noise(const at::Tensor& noise, at::IntArrayRef sizes, uint64_t seed, int64_t step,
                        const at::TensorOptions& options, const char* field, int64_t first = 0);

}  // namespace jtr
