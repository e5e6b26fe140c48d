// What the CUDA kernels of the joint stacks share.
#pragma once

#include "kernels/cuda/launch.h"
#include "kernels/device/joint_stacks.h"

namespace jtr::kernels::cuda {

template <typename T>
device::JointInputs<T> inputs(const JointData& view) {
  device::JointInputs<T> in;
  static_cast<device::JointSizes&>(in) = view;
  in.prediction = static_cast<const T*>(view.prediction);
  in.label = static_cast<const T*>(view.label);
  in.noise = static_cast<const T*>(view.noise);
  in.labelled = view.labelled;
  return in;
}

}  // namespace jtr::kernels::cuda
