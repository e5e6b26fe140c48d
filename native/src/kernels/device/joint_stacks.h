// What one thread computes in the kernels of joint_stacks.h, for a CUDA grid or for a loop on the CPU. An index counts
// samples times pixels.
#pragma once

#include "kernels/device/joint_channels.h"
#include "kernels/device/joint_math.h"
#include "kernels/device/largest.h"
#include "kernels/device/layout.h"

namespace jtr::kernels::device {

/// Whether a label of each encoding is one: a class, a positive value, a direction, a value of a plain map.
template <typename T>
JTR_HOST_DEVICE bool is_class(T id) {
  return id != T{-1};
}
template <typename T>
JTR_HOST_DEVICE bool is_positive_value(T value) {
  return value != T{0};
}
template <typename T>
JTR_HOST_DEVICE bool is_direction(T x, T y, T z) {
  return x + y + z != T{0};
}
template <typename T>
JTR_HOST_DEVICE bool is_plain_value(T value) {
  return value - value == T{0};  // neither NaN nor infinite
}

/// Whether the label of one task is valid at a pixel; `label` points at that pixel in the task's first channel.
template <typename T>
JTR_HOST_DEVICE bool is_valid(const ChannelGroup& g, const T* label, int64_t pixels) {
  switch (g.encoding) {
    case Encoding::kOneHot:
      return is_class(label[0]);
    case Encoding::kNormalCdf:
      return is_positive_value(label[0]);
    case Encoding::kDirection:
      return is_direction(label[0], label[pixels], label[2 * pixels]);
    default:
      break;
  }
  for (int64_t c = 0; c < g.label_channels; ++c) {
    if (!is_plain_value(label[c * pixels])) return false;
  }
  return true;
}

/// Whether the labels of all labelled tasks are valid.
template <typename T>
JTR_HOST_DEVICE bool mask_at(const ChannelGroups& groups, const JointInputs<T>& in, int64_t n, int64_t pixel) {
  for (int32_t k = 0; k < groups.count; ++k) {
    const ChannelGroup& g = groups.group[k];
    if (in.labelled[n * groups.count + k] && !is_valid(g, in.labels(n, g.label) + pixel, in.pixels)) return false;
  }
  return true;
}

/// What a one-hot of class `id` is in channel `own`: `one` or 0; NaN for the class NaN.
template <typename T>
JTR_HOST_DEVICE T marked(T id, T own, T one) {
  const T value = id == own ? one : T{0};
  return id != id ? id : value;
}

/// The class of the largest logit - log(noise), the first of equals; NaN where one of them is.
template <typename T>
JTR_HOST_DEVICE T sampled_class(const ChannelGroup& g, const JointInputs<T>& in, int64_t n, int64_t slot,
                                int64_t pixel) {
  const T *logit = in.predictions(n, g.channel) + pixel, *noise = in.noises(n, slot, g.noise) + pixel;
  int64_t best = 0;
  T largest = gumbel(logit[0], noise[0]);
  for (int64_t c = 1; c < g.channels; ++c) {
    const T z = gumbel(logit[c * in.pixels], noise[c * in.pixels]);
    if (takes_over(z, largest)) {
      largest = z;
      best = c;
    }
  }
  return largest != largest ? largest : static_cast<T>(best);
}

/// A channel's logit, with noise unless `noise` is null; both point at a pixel.
template <typename T>
JTR_HOST_DEVICE T noisy_logit(const T* logit, const T* noise, int64_t offset) {
  return noise == nullptr ? logit[offset] : gumbel(logit[offset], noise[offset]);
}

/// A component of a direction, in [-1, 1], as it enters the joint space, and the derivative of that.
template <typename T>
JTR_HOST_DEVICE T direction_code(T value) {
  return (value + 1) * static_cast<T>(0.5);
}
template <typename T>
JTR_HOST_DEVICE T direction_code_slope() {
  return static_cast<T>(0.5);
}

/// A value, that is not a class, as it enters the joint space.
template <typename T>
JTR_HOST_DEVICE T encoded(const ChannelGroup& g, T value) {
  switch (g.encoding) {
    case Encoding::kNormalCdf:
      return normal_cdf(value, static_cast<T>(g.mean), static_cast<T>(g.scale));
    case Encoding::kDirection:
      return direction_code(value);
    default:
      return value;
  }
}

/// The derivative of encoded().
template <typename T>
JTR_HOST_DEVICE T encoded_slope(const ChannelGroup& g, T value) {
  switch (g.encoding) {
    case Encoding::kNormalCdf:
      return normal_density(value, static_cast<T>(g.mean), static_cast<T>(g.scale));
    case Encoding::kDirection:
      return direction_code_slope<T>();
    default:
      return T{1};
  }
}

/// Both stacks at one pixel; `stacks` has 2 * in.samples samples.
template <typename T>
JTR_HOST_DEVICE void stacks_at(int64_t index, const ChannelGroups& groups, const JointInputs<T>& in,
                               const StackNoise& noise, const Shape& stacks, T* out) {
  const int64_t n = index / in.pixels, pixel = index % in.pixels;
  const T m = mask_at(groups, in, n, pixel) ? T{1} : T{0};
  for (int32_t k = 0; k < groups.count; ++k) {
    const ChannelGroup& g = groups.group[k];
    const bool labelled = in.labelled[n * groups.count + k];
    const T *value = in.predictions(n, g.channel) + pixel, *label = in.labels(n, g.label) + pixel;
    if (g.encoding == Encoding::kOneHot) {
      const T id = labelled ? label[0] : sampled_class(g, in, n, noise.completion, pixel);
      const T one = labelled && !noise.mask_labels ? T{1} : m;
      for (int64_t c = 0; c < g.channels; ++c) {
        out[stacks.offset(n, g.channel + c, pixel)] = marked(id, static_cast<T>(c), one);
      }
      if (noise.prediction != kNoNoise) {
        const T sampled = sampled_class(g, in, n, noise.prediction, pixel);
        for (int64_t c = 0; c < g.channels; ++c) {
          out[stacks.offset(in.samples + n, g.channel + c, pixel)] = marked(sampled, static_cast<T>(c), m);
        }
        continue;
      }
      T largest = value[0], sum = 0;
      for (int64_t c = 1; c < g.channels; ++c) {
        largest = value[c * in.pixels] > largest ? value[c * in.pixels] : largest;
      }
      for (int64_t c = 0; c < g.channels; ++c) sum += exp_of(value[c * in.pixels] - largest);
      for (int64_t c = 0; c < g.channels; ++c) {
        out[stacks.offset(in.samples + n, g.channel + c, pixel)] = exp_of(value[c * in.pixels] - largest) * (m / sum);
      }
      continue;
    }
    for (int64_t c = 0; c < g.channels; ++c) {
      const T predicted = encoded(g, value[c * in.pixels] * m);
      out[stacks.offset(in.samples + n, g.channel + c, pixel)] = predicted;
      T known = predicted;
      if (labelled) {
        known = label[c * in.pixels];
        if (noise.mask_labels && m == T{0}) known = 0;
        if (g.encoding == Encoding::kPlain && !is_valid(g, label, in.pixels)) known = 0;
        known = encoded(g, known);
      }
      out[stacks.offset(n, g.channel + c, pixel)] = known;
    }
  }
}

/// The gradient of a softmax's logit: `soft` is the logit's share, `d` the gradient of that share, `mean` the mean of
/// all shares' gradients, weighted by the shares.
template <typename T>
JTR_HOST_DEVICE T softmax_slope(T soft, T d, T mean) {
  return soft * (d - mean);
}

/// Adds the gradient of a softmax, of the logits less the noise's logarithm unless `noise` is null: soft_c (d_c - sum
/// of soft d). `d` and `more` (or null) are added up.
template <typename T>
JTR_HOST_DEVICE void softmax_gradient(const ChannelGroup& g, const T* logit, const T* noise, int64_t pixels, const T* d,
                                      const T* more, int64_t d_stride, T* grad) {
  T largest = noisy_logit(logit, noise, 0), sum = 0, weighted = 0;
  for (int64_t c = 1; c < g.channels; ++c) {
    const T z = noisy_logit(logit, noise, c * pixels);
    largest = z > largest ? z : largest;
  }
  for (int64_t c = 0; c < g.channels; ++c) {
    const T e = exp_of(noisy_logit(logit, noise, c * pixels) - largest);
    sum += e;
    weighted += e * (d[c * d_stride] + (more == nullptr ? T{0} : more[c * d_stride]));
  }
  for (int64_t c = 0; c < g.channels; ++c) {
    const T soft = exp_of(noisy_logit(logit, noise, c * pixels) - largest) / sum;
    grad[c * pixels] +=
        softmax_slope(soft, d[c * d_stride] + (more == nullptr ? T{0} : more[c * d_stride]), weighted / sum);
  }
}

/// The gradient at one pixel.
template <typename T>
JTR_HOST_DEVICE void stacks_backward_at(int64_t index, const ChannelGroups& groups, const JointInputs<T>& in,
                                        const StackNoise& noise, const Shape& stacks, const T* d, T* grad) {
  const int64_t n = index / in.pixels, pixel = index % in.pixels;
  if (!mask_at(groups, in, n, pixel)) return;
  const int64_t stride = stacks.offset(0, 1, 0) - stacks.offset(0, 0, 0);
  for (int32_t k = 0; k < groups.count; ++k) {
    const ChannelGroup& g = groups.group[k];
    if (in.labelled[n * groups.count + k]) continue;
    const T* value = in.predictions(n, g.channel) + pixel;
    const T* of_completion = d + stacks.offset(n, g.channel, pixel);
    const T* of_prediction = d + stacks.offset(in.samples + n, g.channel, pixel);
    T* to = grad + (n * in.channels + g.channel) * in.pixels + pixel;
    if (g.encoding != Encoding::kOneHot) {
      for (int64_t c = 0; c < g.channels; ++c) {
        to[c * in.pixels] +=
            (of_completion[c * stride] + of_prediction[c * stride]) * encoded_slope(g, value[c * in.pixels]);
      }
      continue;
    }
    const T* first = in.noises(n, noise.completion, g.noise) + pixel;
    const T* second = noise.prediction == kNoNoise ? nullptr : in.noises(n, noise.prediction, g.noise) + pixel;
    if (first == second) {  // one sample, used twice
      softmax_gradient(g, value, first, in.pixels, of_completion, of_prediction, stride, to);
    } else {
      softmax_gradient<T>(g, value, first, in.pixels, of_completion, nullptr, stride, to);
      softmax_gradient<T>(g, value, second, in.pixels, of_prediction, nullptr, stride, to);
    }
  }
}

}  // namespace jtr::kernels::device
