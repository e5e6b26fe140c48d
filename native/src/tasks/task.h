// A kind of task: what the network predicts, what a label is, the supervised loss, and how predictions and labels enter
// the joint space of the methods that have one. One file a kind; each registers itself.
//
// Shapes: of a pixel task, prediction [B, c, H, W], label [B, l, H, W] with invalid_label() where there is none, and
// masks [B, 1, H, W] of the prediction's number format; of an image task, prediction [B, c], label [B, l], and masks
// [B, 1] or [B, l]. Losses are per sample, [B].
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/device/joint_channels.h"
#include "options/registry.h"
#include "tasks/task_tensors.h"

namespace jtr {

/// What a task says something about.
enum class Extent { kPixel, kImage };

/// Pixels that every view of a step with noise has at least: a SegNet's stride, squared.
constexpr int64_t kLeastPixels = 32 * 32;

/// Options of every kind of task.
struct TaskOptions {
  std::string name;
  void visit(OptionVisitor& v) {
    v.word("name", name, "Name of the task, of at most 100 bytes without '/', '\\', ':' and control characters.");
  }
};

struct TaskSetting {};

class Task {
 public:
  /// Throws unless the name can be one: in file names, tensors' names and on the screen.
  Task(const std::string& kind, const std::string& name);
  virtual ~Task() = default;

  static Registry<Task, TaskSetting>& registry();

  const std::string& kind() const { return kind_; }
  const std::string& name() const { return name_; }
  virtual Extent extent() const { return Extent::kPixel; }
  virtual int64_t channels() const = 0;
  virtual int64_t label_channels() const = 0;
  /// The label value that says "none".
  virtual float invalid_label() const = 0;

  /// Throws unless every value of a label ([l, H * W], or [l] with one pixel, in host memory) can be one.
  virtual void check_label(const float* label, int64_t pixels, const char* field) const = 0;

  /// Raw head output to prediction.
  virtual at::Tensor activate(const at::Tensor& raw) const { return raw; }
  /// Where the label is valid: bool [B, 1, H, W], or [B, 1].
  virtual at::Tensor valid(const at::Tensor& label) const = 0;
  /// Of an image task whose label may be known in part: bool [B, l]. Else as valid().
  virtual at::Tensor known(const at::Tensor& label) const { return valid(label); }
  /// Mean over what is valid, 0 where nothing is.
  virtual at::Tensor supervised_loss(const at::Tensor& prediction, const at::Tensor& label) const = 0;

  /// Whether such targets are probabilities along dimension 1.
  virtual bool has_classes() const { return false; }
  /// Whether each element of such a target, [B, c], is a probability by itself.
  virtual bool has_tags() const { return false; }
  /// A prediction as the target of another one. Segmentation: probabilities, of logits divided by `temperature`.
  virtual at::Tensor prediction_as_target(const at::Tensor& prediction, double /*temperature*/ = 1) const {
    return prediction;
  }
  /// What becomes of such a target's values when a window of it is enlarged by `scale` and perhaps mirrored, besides
  /// their places: scale and mirrored (0 or 1) are [B, 1, 1, 1].
  virtual at::Tensor enlarged(const at::Tensor& target, const at::Tensor& scale, const at::Tensor& mirrored) const;
  /// How far a prediction is from such a target, at each place: [B, H, W], or [B], of tags [B, c]. Cross entropy, L1, 1
  /// - dot product.
  virtual at::Tensor disagreement(const at::Tensor& prediction, const at::Tensor& target, double temperature) const = 0;
  /// Mean of the disagreement over all places, weighted by `confidence` (like the disagreement) where it is defined:
  /// [B].
  at::Tensor agreement_loss(const at::Tensor& prediction, const at::Tensor& target, double temperature = 1,
                            const at::Tensor& confidence = {}) const;

  // --- The joint space: only of kinds that have a place in it. What an image task encodes, [B, c], is constant over
  // the picture; a reconstruction is planes, [B, c, H, W], of it too. The mask of an image task is its own: which
  // elements of a label are known, and ones where the sample is not labelled. ---

  /// Whether the functions below serve; methods that need them refuse other tasks.
  virtual bool in_joint_space() const { return false; }
  /// Number of channels of Gumbel noise that the task uses, 0 for most. A channel holds kLeastPixels draws or more.
  virtual int64_t noise_channels() const { return 0; }
  /// How the kernels of the joint space (kernels/joint_stacks.h) are to encode the task, where they know it; else the
  /// operations below serve. Places and numbers of channels are filled in by the TaskSet.
  virtual std::optional<kernels::device::ChannelGroup> channel_group() const { return std::nullopt; }

  /// Prediction into the joint space. `noise` [B, noise_channels, H, W], or [B, noise_channels * H * W] of an image
  /// task: exponential noise of the straight-through Gumbel-softmax; undefined: the plain softmax.
  virtual at::Tensor encode_prediction(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const;
  /// Label into the joint space; `mask` undefined: unmasked, as published.
  virtual at::Tensor encode_label(const at::Tensor& label, const at::Tensor& mask) const;

  /// Published mode: what the reconstruction of the completed stack is compared with where the sample is labelled ...
  virtual at::Tensor label_target(const at::Tensor& label) const;
  /// ... and where it is not ...
  virtual at::Tensor completion_target(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const;
  /// ... and what the reconstruction of the prediction stack is compared with.
  virtual at::Tensor prediction_target(const at::Tensor& prediction, const at::Tensor& mask,
                                       const at::Tensor& noise) const;
  /// Published mode: the loss of a reconstruction `r` (raw auto-encoder output) against such a target.
  virtual at::Tensor reconstruction_loss(const at::Tensor& r, const at::Tensor& target, const at::Tensor& mask) const;
  /// Corrected mode: against the auto-encoder's own masked input, per valid pixel.
  virtual at::Tensor corrected_reconstruction_loss(const at::Tensor& r, const at::Tensor& encoded,
                                                   const at::Tensor& mask) const;

  /// MTPSL: prediction and label as inputs of its mapping network.
  virtual at::Tensor mapping_prediction(const at::Tensor& prediction, const at::Tensor& noise) const;
  virtual at::Tensor mapping_label(const at::Tensor& label) const;

 private:
  [[noreturn]] void not_in_joint_space() const;

  std::string kind_, name_;
};

/// Throws about `field` unless a task may have this name: not empty, UTF-8, at most 100 bytes, neither "." nor "..",
/// and without '/', '\\', ':' and control characters.
void check_task_name(const std::string& name, const std::string& field);

/// The tasks of one network, with their places in the stacks.
class TaskSet {
 public:
  /// Throws about "tasks[i]" where one cannot be made, or two have one name.
  explicit TaskSet(const std::vector<Variant>& tasks);

  /// The tasks of these numbers by themselves, in that order.
  TaskSet only(const std::vector<size_t>& numbers) const;

  size_t size() const { return tasks_.size(); }
  const Task& operator[](size_t i) const { return *tasks_[i]; }
  /// The number of the task of that name; throws about `field` where there is none.
  size_t number(const std::string& name, const std::string& field) const;
  /// Channels of the pixel tasks' predictions, of their labels, and of all noise.
  int64_t channels() const { return planes_.channels; }
  int64_t label_channels() const { return planes_.label_channels; }
  int64_t noise_channels() const { return noise_channels_; }
  /// Elements of the image tasks' predictions and labels.
  int64_t vector_channels() const { return vectors_.channels; }
  int64_t vector_label_channels() const { return vectors_.label_channels; }
  /// Place in the stack of planes or in the vector.
  int64_t channel_offset(size_t i) const { return channel_offset_[i]; }
  int64_t label_offset(size_t i) const { return label_offset_[i]; }
  /// Numbers of the tasks of an extent, in order.
  const std::vector<size_t>& of(Extent extent) const { return extent == Extent::kPixel ? pixel_tasks_ : image_tasks_; }
  /// All pixel tasks as kernels see them; nothing where there is one that they do not know, or too many.
  const std::optional<kernels::device::ChannelGroups>& channel_groups() const { return channel_groups_; }

  /// Task i's part of predictions or of labels.
  at::Tensor prediction(const TaskTensors& all, size_t i) const;
  at::Tensor label(const TaskTensors& all, size_t i) const;
  /// The same of a stack [B, C, H, W] of pixel tasks alone.
  at::Tensor prediction(const at::Tensor& planes, size_t i) const { return prediction(TaskTensors{planes, {}}, i); }
  at::Tensor label(const at::Tensor& planes, size_t i) const { return label(TaskTensors{planes, {}}, i); }
  /// What task i has in a stack of noise [B, S, H, W]: channels, or all that they hold, [B, n], for an image task;
  /// undefined for a task without noise.
  at::Tensor noise(const at::Tensor& stack, size_t i) const;

  /// Raw outputs of all heads to predictions.
  TaskTensors activate(const TaskTensors& raw) const;

 private:
  struct Sizes {
    int64_t channels = 0, label_channels = 0;
  };
  void add_channel_group(const Task& task);

  std::vector<Variant> made_of_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<int64_t> channel_offset_, label_offset_, noise_offset_;
  std::vector<size_t> pixel_tasks_, image_tasks_;
  Sizes planes_, vectors_;
  int64_t noise_channels_ = 0;
  std::optional<kernels::device::ChannelGroups> channel_groups_;
};

/// Sum over all but the first dimension: [B, ...] -> [B].
at::Tensor sum_per_sample(const at::Tensor& x);
/// Mean over all but the first dimension: [B, ...] -> [B].
at::Tensor mean_per_sample(const at::Tensor& x);
/// Number of elements other than 0 of each sample, at least 1: [B, ...] -> [B].
at::Tensor count_nonzero_per_sample(const at::Tensor& x);

}  // namespace jtr
