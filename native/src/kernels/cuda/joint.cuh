// What the CUDA kernels of the joint stacks share.
#pragma once

#include "kernels/cuda/launch.h"
#include "kernels/device/joint_stacks.h"

namespace jtr::kernels::cuda {

template <typename T>
device::JointInputs<T> inputs(const JointData& view) {
  return {static_cast<const T*>(view.prediction),
          static_cast<const T*>(view.label),
          static_cast<const T*>(view.noise),
          view.labelled,
          view.samples,
          view.pixels,
          view.channels,
          view.label_channels,
          view.noise_channels,
          view.slots};
}

}  // namespace jtr::kernels::cuda
