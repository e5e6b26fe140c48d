// The tensors of a view as the kernels take them.
#pragma once

#include "kernels/device/layout.h"
#include "kernels/joint_stacks.h"

namespace jtr::kernels {

/// A view whose tensors lie channels first without gaps.
inline JointView packed(const JointView& view) {
  return {view.prediction.contiguous(), view.label.contiguous(), view.labelled.contiguous(), view.noise.contiguous()};
}

/// `view` must be packed, and outlive the result.
template <typename T>
device::JointInputs<T> inputs_of(const JointView& view) {
  const at::Tensor &p = view.prediction, &l = view.label;
  // A set of tasks without noise has none at all.
  const bool has_noise = view.noise.defined() && view.noise.numel() > 0;
  return {p.data_ptr<T>(),
          l.data_ptr<T>(),
          has_noise ? view.noise.data_ptr<T>() : nullptr,
          view.labelled.data_ptr<bool>(),
          p.size(0),
          p.size(2) * p.size(3),
          p.size(1),
          l.size(1),
          has_noise ? view.noise.size(2) : 0,
          has_noise ? view.noise.size(1) : 0};
}

/// The shape of the view's stacks in a layout.
inline device::Shape stacks_shape(const at::Tensor& prediction, at::MemoryFormat format) {
  return {2 * prediction.size(0), prediction.size(1), prediction.size(2), prediction.size(3),
          format == at::MemoryFormat::ChannelsLast};
}

}  // namespace jtr::kernels
