// How the tasks' channels enter the joint space, as plain data: what the kernels of joint_stacks.h and
// joint_reconstruction.h know of a task. (The formulas as ATen operations are in tasks/*.cpp.)
#pragma once

#include <cstdint>

#include "philox.h"

namespace jtr::kernels::device {

enum class Encoding : int32_t {
  kOneHot,     // logits as a straight-through Gumbel-softmax or a softmax; label: a class, -1 for none
  kNormalCdf,  // a positive value through a normal distribution's CDF; label 0 for none
  kDirection,  // a unit vector of 3 channels as (x + 1) / 2; label: components whose sum is 0 for none
  kPlain,      // values in [0, 1] as they are; label: not finite for none
};

/// The channels of one task.
struct ChannelGroup {
  Encoding encoding;
  double mean = 0, scale = 1;  // of kNormalCdf: scale is 1 / (std sqrt(2))
  int64_t channels = 0, label_channels = 0, noise_channels = 0;
  int64_t channel = 0, label = 0, noise = 0;  // the first ones in a stack of predictions, of labels, of noise
};

/// More tasks than this go without kernels.
constexpr int kMostGroups = 16;

/// By value, so that it travels to a device as an argument.
struct ChannelGroups {
  int32_t count;
  ChannelGroup group[kMostGroups];
};

/// How large the tensors of one view of a batch are.
struct JointSizes {
  int64_t samples = 0, pixels = 0, channels = 0, label_channels = 0;
  int64_t noise_channels = 0, slots = 0;  // 0 where there is no noise
};

/// One view of a batch; everything lies channels first, without gaps.
template <typename T>
struct JointInputs : JointSizes {
  const T* prediction = nullptr;   // [N, channels, pixels]
  const T* label = nullptr;        // [N, label_channels, pixels]
  const T* noise = nullptr;        // [N, slots, noise_channels, pixels]; null for none
  const bool* labelled = nullptr;  // [N, groups]

  JTR_HOST_DEVICE const T* predictions(int64_t n, int64_t channel) const {
    return prediction + (n * channels + channel) * pixels;
  }
  JTR_HOST_DEVICE const T* labels(int64_t n, int64_t channel) const {
    return label + (n * label_channels + channel) * pixels;
  }
  JTR_HOST_DEVICE const T* noises(int64_t n, int64_t slot, int64_t channel) const {
    return noise + ((n * slots + slot) * noise_channels + channel) * pixels;
  }
};

constexpr int64_t kNoNoise = -1;

/// Which noise each use takes, and whether encoded labels are multiplied by the mask.
struct StackNoise {
  int64_t completion, prediction;  // slots; the prediction stack's may be kNoNoise: a plain softmax
  bool mask_labels;
};

/// What reconstructions are compared with.
struct ReconstructionTargets {
  bool stacks;                     // the masked stacks themselves, per valid pixel; else as published:
  int64_t completion, prediction;  // noise of the segmentation targets
};

/// Below this squared length a vector has no direction; it is divided by the root of this instead.
constexpr double kMinSquare = 1e-24;

}  // namespace jtr::kernels::device
