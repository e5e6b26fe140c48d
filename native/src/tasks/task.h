// A kind of task: what the network predicts, what a label is, the supervised loss, and how predictions and labels enter
// the joint space (METHOD sections 2 and 5). One file a kind; registry.cpp lists them.
//
// Shapes: prediction [B, c, H, W], label [B, l, H, W] with invalid_label() where there is none, masks [B, 1, H, W] of
// the prediction's number format. Losses are per sample, [B].
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jtr/jtr.h"
#include "kernels/device/joint_channels.h"

namespace jtr {

struct TaskSpec {
  std::string name;
  jtr_task_kind kind;
  int64_t channels;
  double depth_mean;
  double depth_std;
};

class Task {
 public:
  explicit Task(TaskSpec spec) : spec_(std::move(spec)) {}
  virtual ~Task() = default;

  const TaskSpec& spec() const { return spec_; }
  int64_t channels() const { return spec_.channels; }
  virtual int64_t label_channels() const = 0;
  /// The label value that says "none".
  virtual float invalid_label() const = 0;

  /// Throws unless every value of a label ([l, H * W] in host memory) can be one.
  virtual void check_label(const float* label, int64_t pixels, const char* field) const = 0;

  /// Raw head output to prediction.
  virtual at::Tensor activate(const at::Tensor& raw) const { return raw; }
  /// Where the label is valid: bool [B, 1, H, W].
  virtual at::Tensor valid(const at::Tensor& label) const = 0;
  /// Mean over valid pixels, 0 where there is none.
  virtual at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const = 0;

  /// Number of channels of Gumbel noise that the task uses, 0 for most.
  virtual int64_t noise_channels() const { return 0; }

  /// How the kernels of the joint space (kernels/joint_stacks.h) are to encode the task, where they know it; else the
  /// operations below serve. Places and numbers of channels are filled in by the TaskSet.
  virtual std::optional<kernels::device::ChannelGroup> channel_group() const { return std::nullopt; }

  /// Prediction into the joint space. `noise` [B, noise_channels, H, W]: exponential noise of the straight-through
  /// Gumbel-softmax; undefined: the plain softmax.
  virtual at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const = 0;
  /// Label into the joint space; `mask` undefined: unmasked, as published.
  virtual at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const = 0;

  /// Published mode: what the reconstruction of the completed stack is compared with where the sample is labelled ...
  virtual at::Tensor label_target(const at::Tensor& label) const = 0;
  /// ... and where it is not ...
  virtual at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const = 0;
  /// ... and what the reconstruction of the prediction stack is compared with.
  virtual at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const = 0;
  /// Published mode: the loss of a reconstruction `r` (raw auto-encoder output) against such a target.
  virtual at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target,
                                         const at::Tensor& mask) const = 0;
  /// Corrected mode: against the auto-encoder's own masked input, per valid pixel.
  virtual at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                                   const at::Tensor& mask) const = 0;

  /// A prediction as the target of another one: segmentation as probabilities.
  virtual at::Tensor prediction_as_target(const at::Tensor& prediction) const { return prediction; }
  /// What becomes of such a target's values when a window of it is enlarged by `scale` and perhaps mirrored, besides
  /// their places: scale and mirrored (0 or 1) are [B, 1, 1, 1].
  virtual at::Tensor enlarged(const at::Tensor& target, const at::Tensor& scale, const at::Tensor& mirrored) const;
  /// How far a prediction is from such a target, mean over all pixels: cross entropy, L1, 1 - dot product.
  virtual at::Tensor agreement_loss(const at::Tensor& prediction, const at::Tensor& target) const = 0;

  /// MTPSL: prediction and label as inputs of its mapping network.
  virtual at::Tensor mapping_prediction(const at::Tensor& prediction, const at::Tensor& noise) const;
  virtual at::Tensor mapping_label(const at::Tensor& label) const;

 private:
  TaskSpec spec_;
};

std::unique_ptr<Task> make_task(const TaskSpec& spec);

/// The tasks of one network, with their places in the stacks.
class TaskSet {
 public:
  explicit TaskSet(const std::vector<TaskSpec>& specs);

  size_t size() const { return tasks_.size(); }
  const Task& operator[](size_t i) const { return *tasks_[i]; }
  int64_t channels() const { return channels_; }
  int64_t label_channels() const { return label_channels_; }
  int64_t noise_channels() const { return noise_channels_; }
  int64_t channel_offset(size_t i) const { return channel_offset_[i]; }
  int64_t label_offset(size_t i) const { return label_offset_[i]; }
  /// All tasks as kernels see them; nothing where there is one that they do not know, or too many.
  const std::optional<kernels::device::ChannelGroups>& channel_groups() const { return channel_groups_; }

  /// The channels of task i in a stack of predictions [B, C, H, W].
  at::Tensor prediction(const at::Tensor& stack, size_t i) const;
  /// The channels of task i in a stack of labels [B, L, H, W].
  at::Tensor label(const at::Tensor& stack, size_t i) const;
  /// The channels of task i in a stack of noise [B, S, H, W]; undefined for a task without noise.
  at::Tensor noise(const at::Tensor& stack, size_t i) const;

 private:
  void add_channel_group(const Task& task);

  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<int64_t> channel_offset_, label_offset_, noise_offset_;
  int64_t channels_ = 0, label_channels_ = 0, noise_channels_ = 0;
  std::optional<kernels::device::ChannelGroups> channel_groups_;
};

/// Sum over all but the first dimension: [B, ...] -> [B].
at::Tensor sum_per_sample(const at::Tensor& x);
/// Mean over all but the first dimension: [B, ...] -> [B].
at::Tensor mean_per_sample(const at::Tensor& x);
/// Number of elements other than 0 of each sample, at least 1: [B, ...] -> [B].
at::Tensor count_nonzero_per_sample(const at::Tensor& x);

}  // namespace jtr
