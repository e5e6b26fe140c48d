// The tensors of a view as the kernels take them.
#pragma once

#include "kernels/device/layout.h"
#include "kernels/joint_stacks.h"

namespace jtr::kernels {

/// A view whose tensors lie channels first without gaps.
inline JointView packed(const JointView& view) {
  return {view.prediction.contiguous(), view.label.contiguous(), view.labelled.contiguous(), view.noise.contiguous()};
}

/// A set of tasks without noise has none at all.
inline bool has_noise(const JointView& view) { return view.noise.defined() && view.noise.numel() > 0; }

inline device::JointSizes sizes_of(const JointView& view) {
  device::JointSizes sizes;
  sizes.samples = view.prediction.size(0);
  sizes.channels = view.prediction.size(1);
  sizes.pixels = view.prediction.size(2) * view.prediction.size(3);
  sizes.label_channels = view.label.size(1);
  if (has_noise(view)) {
    sizes.slots = view.noise.size(1);
    sizes.noise_channels = view.noise.size(2);
  }
  return sizes;
}

/// `view` must be packed, and outlive the result.
template <typename T>
device::JointInputs<T> inputs_of(const JointView& view) {
  device::JointInputs<T> in;
  static_cast<device::JointSizes&>(in) = sizes_of(view);
  in.prediction = view.prediction.data_ptr<T>();
  in.label = view.label.data_ptr<T>();
  in.noise = has_noise(view) ? view.noise.data_ptr<T>() : nullptr;
  in.labelled = view.labelled.data_ptr<bool>();
  return in;
}

/// The shape of the view's stacks in a layout.
inline device::Shape stacks_shape(const at::Tensor& prediction, at::MemoryFormat format) {
  return {2 * prediction.size(0), prediction.size(1), prediction.size(2), prediction.size(3),
          format == at::MemoryFormat::ChannelsLast};
}

}  // namespace jtr::kernels
