// What Joint-Task Regularization (Nishi et al., CVPR 2024) computes outside its auto-encoder: the stacks of predictions
// and labels that go into it, and the reconstruction loss of what comes out.
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "kernels/joint_stacks.h"
#include "tasks/task.h"

namespace jtr {

using kernels::JointView;
using kernels::StackNoise;

/// Noise slots of a sample, one for each use of the straight-through Gumbel-softmax.
enum NoiseSlot : int64_t {
  kPrediction1 = 0,        // prediction stack of view 1
  kCompletion1 = 1,        // completed label stack of view 1
  kCompletion2 = 2,        // completed label stack of view 2
  kCompletionTarget2 = 3,  // target of the completed stack's reconstruction
  kPredictionTarget2 = 4,  // target of the prediction stack's reconstruction
  kNoiseSlots = 5,
};

struct Reconstruction {
  at::Tensor loss;  // [b]: of both reconstructions
  at::Tensor grad;  // `scale` times its gradient, like the reconstructions
};

class JointSpace {
 public:
  virtual ~JointSpace() = default;

  /// [2b, C, H, W]: the encoded labels, completed by encoded predictions where a sample is not labelled; then the
  /// encoded predictions. Without gradient.
  virtual at::Tensor stacks(const JointView& view, const StackNoise& noise) const = 0;
  /// Adds to `grad` the gradient of the predictions of tasks that are not labelled, from the stacks' gradient.
  virtual void stacks_backward(const JointView& view, const StackNoise& noise, const at::Tensor& d,
                               at::Tensor& grad) const = 0;
  /// L_recon of the auto-encoder's output r [2b, C, H, W] for those stacks.
  virtual Reconstruction reconstruction(const JointView& view, const at::Tensor& r, const at::Tensor& stacks,
                                        double scale) const = 0;
};

struct JointSpaceOptions {
  const TaskSet* tasks;
  bool corrected;           // the mode: published or corrected
  at::MemoryFormat format;  // of the stacks
};

/// Of the pixel tasks, by kernels where they are for the device and know all of these, else as below.
std::unique_ptr<JointSpace> make_joint_space(const JointSpaceOptions& options, at::Device device);
/// By ATen operations and autograd: the formulas as they are written, for every device; what kernels are tested with.
std::unique_ptr<JointSpace> make_plain_joint_space(const JointSpaceOptions& options);
/// Of the image tasks: predictions and labels of views are [b, c], stacks [2b, c], reconstructions [2b, c, H, W]. An
/// image task masks what is not known of itself alone, and no mask of pixels touches it.
std::unique_ptr<JointSpace> make_image_joint_space(const JointSpaceOptions& options);

}  // namespace jtr
