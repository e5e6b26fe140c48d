// What one thread computes in the kernel of joint_reconstruction.h, for a CUDA grid or for a loop on the CPU.
#pragma once

#include "kernels/device/joint_stacks.h"
#include "kernels/device/norm_relu.h"

namespace jtr::kernels::device {

/// The loss of a value in [0, 1], of which the reconstruction gives the logit: |inner_sigmoid(r) - target|, and its
/// derivative.
template <typename T>
JTR_HOST_DEVICE void squashed_difference(T r, T target, T* loss, T* slope) {
  T y, inner;
  inner_sigmoid(r, &y, &inner);
  *loss = magnitude(y - target);
  *slope = sign_of(y - target) * inner;
}

/// The loss of a plain value: |r - target|, and its derivative.
template <typename T>
JTR_HOST_DEVICE void difference(T r, T target, T* loss, T* slope) {
  *loss = magnitude(r - target);
  *slope = sign_of(r - target);
}

/// The loss of a direction but for the 1 before it: -r / |r| . target, and its derivatives. Below kMinSquare a vector
/// has no direction, and is divided by a constant.
template <typename T>
JTR_HOST_DEVICE void against_direction(T x, T y, T z, T a, T b, T c, T* loss, T* dx, T* dy, T* dz) {
  const T least = static_cast<T>(kMinSquare), square = x * x + y * y + z * z;
  const bool has_length = square >= least;
  const T length = 1 / root_of(has_length ? square : least);
  const T u = x * length, v = y * length, w = z * length, along = u * a + v * b + w * c;
  const T inward = has_length ? along : T{0};
  *loss = -along;
  *dx = length * (u * inward - a);
  *dy = length * (v * inward - b);
  *dz = length * (w * inward - c);
}

/// Whether a published target counts among the pixels that a loss is divided by: of classes, of values and directions.
template <typename T>
JTR_HOST_DEVICE bool counts_as_class(T id) {
  return id >= T{0};
}
template <typename T>
JTR_HOST_DEVICE bool counts_as_value(T target) {
  return target != T{0};
}

/// A direction out of its place in the joint space: the inverse of direction_code().
template <typename T>
JTR_HOST_DEVICE T direction_of_code(T code) {
  return 2 * code - 1;
}

/// The sum of one task's loss in one half at one pixel, and its share of the number that the sum is divided by. Writes
/// the sum's gradient to `dr`. half 0 is the reconstruction of the completed stack, 1 that of the prediction stack.
template <typename T>
JTR_HOST_DEVICE Sums reconstruction_at(int64_t n, int64_t half, int32_t k, int64_t pixel, const ChannelGroups& groups,
                                       const JointInputs<T>& in, const ReconstructionTargets& targets,
                                       const Shape& stacks, const T* r, const T* stack, T* dr) {
  const ChannelGroup& g = groups.group[k];
  const int64_t row = half * in.samples + n;
  const bool m = mask_at(groups, in, n, pixel), labelled = in.labelled[n * groups.count + k];
  const bool from_label = labelled && half == 0;
  const T *value = in.predictions(n, g.channel) + pixel, *label = in.labels(n, g.label) + pixel;
  double sum = 0, count = targets.stacks && m ? 1 : 0;
  if (g.encoding == Encoding::kOneHot) {
    T id = -1;
    if (!targets.stacks) {
      id = from_label ? label[0] : sampled_class(g, in, n, half == 0 ? targets.completion : targets.prediction, pixel);
      count = (from_label ? counts_as_class(id) : m) ? 1 : 0;
    }
    for (int64_t c = 0; c < g.channels; ++c) {
      const int64_t i = stacks.offset(row, g.channel + c, pixel);
      T loss = 0, slope = 0;
      if (m) cross_entropy(r[i], targets.stacks ? stack[i] : marked(id, static_cast<T>(c), T{1}), &loss, &slope);
      sum += static_cast<double>(loss);
      dr[i] = slope;
    }
    return {sum, count};
  }
  // A channel's target, and what it adds to the count: as published, or the masked input itself.
  const auto target_of = [&](int64_t c) {
    T target;
    if (targets.stacks) {
      target = stack[stacks.offset(row, g.channel + c, pixel)];
      if (g.encoding == Encoding::kPlain && c > 0) count += m ? 1 : 0;
      return g.encoding == Encoding::kDirection ? direction_of_code(target) : target;
    }
    target = from_label ? label[c * in.pixels] : value[c * in.pixels];
    if (half == 1 && g.encoding != Encoding::kPlain) target = encoded(g, m ? target : T{0});  // a quirk, kept
    count += (g.encoding == Encoding::kPlain ? m : counts_as_value(target)) ? 1 : 0;
    return g.encoding == Encoding::kNormalCdf ? encoded(g, target) : target;
  };
  const auto place_of = [&](int64_t c) { return stacks.offset(row, g.channel + c, pixel); };
  if (g.encoding == Encoding::kDirection) {
    T loss = 0, dx = 0, dy = 0, dz = 0;
    const T a = target_of(0), b = target_of(1), c = target_of(2);
    if (m) against_direction(r[place_of(0)], r[place_of(1)], r[place_of(2)], a, b, c, &loss, &dx, &dy, &dz);
    dr[place_of(0)] = dx;
    dr[place_of(1)] = dy;
    dr[place_of(2)] = dz;
    return {static_cast<double>(loss), count};
  }
  for (int64_t c = 0; c < g.channels; ++c) {
    T loss = 0, slope = 0;
    const T target = target_of(c), from = r[place_of(c)];
    if (m && g.encoding == Encoding::kNormalCdf) squashed_difference(from, target, &loss, &slope);
    if (m && g.encoding == Encoding::kPlain) difference(from, target, &loss, &slope);
    sum += static_cast<double>(loss);
    dr[place_of(c)] = slope;
  }
  return {sum, count};
}

/// One task's loss in one half from its sums over all pixels.
JTR_HOST_DEVICE double reconstruction_loss(const ChannelGroup& g, const Sums& sums) {
  const double count = sums.second > 1 ? sums.second : 1;
  return (g.encoding == Encoding::kDirection ? 1 : 0) + sums.first / count;
}

/// What the sum's gradient is multiplied by.
JTR_HOST_DEVICE double reconstruction_factor(const Sums& sums, double scale) {
  return scale / (sums.second > 1 ? sums.second : 1);
}

/// The task that a channel belongs to.
JTR_HOST_DEVICE int32_t group_of(const ChannelGroups& groups, int64_t channel) {
  int32_t k = 0;
  while (k + 1 < groups.count && channel >= groups.group[k + 1].channel) ++k;
  return k;
}

}  // namespace jtr::kernels::device
