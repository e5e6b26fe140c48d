// What one thread computes in the kernel of joint_reconstruction.h, for a CUDA grid or for a loop on the CPU.
#pragma once

#include "kernels/device/joint_stacks.h"
#include "kernels/device/norm_relu.h"

namespace jtr::kernels::device {

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
      count = from_label ? (id >= T{0} ? 1 : 0) : (m ? 1 : 0);
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
  T length = 1, along = 0;  // of a direction: 1 / |r|, and then r's component along the target
  bool has_length = true;
  if (g.encoding == Encoding::kDirection) {
    T square = 0;
    for (int64_t c = 0; c < g.channels; ++c) {
      const T x = r[stacks.offset(row, g.channel + c, pixel)];
      square += x * x;
    }
    has_length = square >= static_cast<T>(kMinSquare);
    length = 1 / sqrt(has_length ? square : static_cast<T>(kMinSquare));
  }
  for (int pass = g.encoding == Encoding::kDirection ? 0 : 1; pass < 2; ++pass) {
    for (int64_t c = 0; c < g.channels; ++c) {
      const int64_t i = stacks.offset(row, g.channel + c, pixel);
      // The target, and its contribution to the count, as published or as the masked input itself.
      T target;
      if (targets.stacks) {
        target = stack[i];
        if (g.encoding == Encoding::kDirection) target = 2 * target - 1;
        if (g.encoding == Encoding::kPlain && pass == 1 && c > 0) count += m ? 1 : 0;
      } else {
        target = from_label ? label[c * in.pixels] : value[c * in.pixels];
        if (half == 1 && g.encoding != Encoding::kPlain) target = encoded(g, m ? target : T{0});  // a quirk, kept
        if (pass == 1) count += g.encoding == Encoding::kPlain ? (m ? 1 : 0) : (target != T{0} ? 1 : 0);
        if (g.encoding == Encoding::kNormalCdf) target = encoded(g, target);
      }
      if (pass == 0) {
        along += r[i] * length * target;
        continue;
      }
      T slope = 0;
      if (m) {
        if (g.encoding == Encoding::kDirection) {
          sum -= static_cast<double>(r[i] * length * target);
          slope = has_length ? length * (r[i] * length * along - target) : -length * target;
        } else if (g.encoding == Encoding::kNormalCdf) {
          T y, inner;
          inner_sigmoid(r[i], &y, &inner);
          sum += static_cast<double>(magnitude(y - target));
          slope = sign_of(y - target) * inner;
        } else {
          sum += static_cast<double>(magnitude(r[i] - target));
          slope = sign_of(r[i] - target);
        }
      }
      dr[i] = slope;
    }
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
