// What a network reads of some samples: the photographs, and the further inputs beside them.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace jtr {

/// The sample outermost. Photographs alone are one of these.
struct InputTensors {
  at::Tensor image;                 // [N, c, H, W]
  std::vector<at::Tensor> further;  // of each further input: planes [N, c, H, W], or a vector [N, c]; 0 where missing
  at::Tensor present;               // [N, further inputs], 1 or 0; undefined where there are none

  InputTensors() = default;
  InputTensors(at::Tensor image) : image(std::move(image)) {}  // NOLINT(google-explicit-constructor)
  InputTensors(at::Tensor image, std::vector<at::Tensor> further, at::Tensor present)
      : image(std::move(image)), further(std::move(further)), present(std::move(present)) {}

  int64_t samples() const { return image.size(0); }

  /// The same of something done to the image and to each further input that is planes; vectors stay.
  template <typename Body>
  InputTensors map_planes(const Body& body) const {
    InputTensors made = *this;
    made.image = body(image);
    for (at::Tensor& input : made.further) {
      if (input.dim() == 4) input = body(input);
    }
    return made;
  }
  /// The same of something done to each tensor.
  template <typename Body>
  InputTensors map(const Body& body) const {
    InputTensors made = *this;
    made.image = body(image);
    for (at::Tensor& input : made.further) input = body(input);
    if (made.present.defined()) made.present = body(made.present);
    return made;
  }

  /// Some of the samples.
  InputTensors narrow(int64_t begin, int64_t count) const {
    return map([&](const at::Tensor& x) { return x.narrow(0, begin, count); });
  }
  /// The mirror images; vectors say nothing of left and right.
  InputTensors mirrored() const {
    return map_planes([](const at::Tensor& x) { return x.flip(3); });
  }
  /// These samples, then others.
  InputTensors followed_by(const InputTensors& other) const {
    InputTensors all = *this;
    all.image = at::cat({image, other.image});
    for (size_t i = 0; i < further.size(); ++i) all.further[i] = at::cat({further[i], other.further[i]});
    if (present.defined()) all.present = at::cat({present, other.present});
    return all;
  }
  /// Without what `kept` [N, further inputs] has a 0 for.
  InputTensors with_only(const at::Tensor& kept) const {
    InputTensors made = *this;
    made.present = present * kept;
    for (size_t i = 0; i < further.size(); ++i) {
      std::vector<int64_t> column(static_cast<size_t>(further[i].dim()), 1);
      column[0] = kept.size(0);
      made.further[i] = further[i] * kept.select(1, static_cast<int64_t>(i)).view(column);
    }
    return made;
  }
};

}  // namespace jtr
