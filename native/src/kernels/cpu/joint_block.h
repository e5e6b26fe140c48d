// What the CPU kernels of the joint stacks share: pixels in blocks, plane by plane, in loops that the compiler
// vectorises. The formulas of one pixel: device/joint_stacks.h.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/device/joint_stacks.h"
#include "kernels/joint_stacks.h"
#include "kernels/multiversion.h"

namespace jtr::kernels::block {

using device::JointInputs;

/// Pixels that are worked on together: their running values stay in the first-level cache.
constexpr int64_t kPixels = 256;

/// A block of a map's channels: value i of channel c is at data[c * stride + i].
template <typename T>
struct Planes {
  T* data;
  int64_t stride;
  JTR_INLINE T* of(int64_t channel) const { return data + channel * stride; }
};

/// Some pixels of one sample.
struct Range {
  int64_t n, first, count;
};

inline int64_t blocks_of(int64_t pixels) { return (pixels + kPixels - 1) / kPixels; }

inline Range range_of(int64_t block, int64_t pixels) {
  const int64_t first = block % blocks_of(pixels) * kPixels;
  return {block / blocks_of(pixels), first, std::min(kPixels, pixels - first)};
}

/// The block's channels of a map where they lie, or, of a map that lies channels last, copied to `scratch` [channels,
/// kPixels].
template <typename T>
JTR_INLINE Planes<const T> load(const device::Shape& s, const T* map, int64_t n, const Range& at, T* scratch) {
  const T* from = map + s.offset(n, 0, at.first);
  if (!s.channels_last) return {from, s.plane()};
  for (int64_t c = 0; c < s.channels; ++c) {
    for (int64_t i = 0; i < at.count; ++i) scratch[c * kPixels + i] = from[i * s.channels + c];
  }
  return {scratch, kPixels};
}

/// Where to write the block's channels of a map: to their place, or to `scratch` first; store() then brings them there.
template <typename T>
JTR_INLINE Planes<T> place(const device::Shape& s, T* map, int64_t n, const Range& at, T* scratch) {
  if (s.channels_last) return {scratch, kPixels};
  return {map + s.offset(n, 0, at.first), s.plane()};
}

template <typename T>
JTR_INLINE void store(const device::Shape& s, T* map, int64_t n, const Range& at, const T* scratch) {
  if (!s.channels_last) return;
  T* to = map + s.offset(n, 0, at.first);
  for (int64_t i = 0; i < at.count; ++i) {
    for (int64_t c = 0; c < s.channels; ++c) to[i * s.channels + c] = scratch[c * kPixels + i];
  }
}

/// Multiplies m by 0 where a label is not valid.
template <typename T>
JTR_INLINE void multiply_validity(const ChannelGroup& g, const T* label, int64_t stride, int64_t count, T* m) {
  switch (g.encoding) {
    case Encoding::kOneHot:
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) m[i] = device::is_class(label[i]) ? m[i] : T{0};
      return;
    case Encoding::kNormalCdf:
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) m[i] = device::is_positive_value(label[i]) ? m[i] : T{0};
      return;
    case Encoding::kDirection:
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        m[i] = device::is_direction(label[i], label[stride + i], label[2 * stride + i]) ? m[i] : T{0};
      }
      return;
    default:
      for (int64_t c = 0; c < g.label_channels; ++c) {
        const T* of = label + c * stride;
#pragma omp simd
        for (int64_t i = 0; i < count; ++i) m[i] = device::is_plain_value(of[i]) ? m[i] : T{0};
      }
  }
}

/// 1 where the labels of all labelled tasks are valid, else 0.
template <typename T>
JTR_INLINE void mask(const ChannelGroups& groups, const JointInputs<T>& in, const Range& at, T* m) {
  for (int64_t i = 0; i < at.count; ++i) m[i] = 1;
  for (int32_t k = 0; k < groups.count; ++k) {
    if (!in.labelled[at.n * groups.count + k]) continue;
    const ChannelGroup& g = groups.group[k];
    multiply_validity(g, in.labels(at.n, g.label) + at.first, in.pixels, at.count, m);
  }
}

/// The class of each pixel's largest logit - log(noise), the first of equals; NaN where one of them is.
template <typename T>
JTR_INLINE void sampled_class(const ChannelGroup& g, const JointInputs<T>& in, int64_t slot, const Range& at, T* id) {
  const T* logit = in.predictions(at.n, g.channel) + at.first;
  const T* noise = in.noises(at.n, slot, g.noise) + at.first;
  T largest[kPixels];
#pragma omp simd
  for (int64_t i = 0; i < at.count; ++i) {
    largest[i] = device::gumbel(logit[i], noise[i]);
    id[i] = 0;
  }
  for (int64_t c = 1; c < g.channels; ++c) {
    const T *x = logit + c * in.pixels, *e = noise + c * in.pixels;
    const T own = static_cast<T>(c);
#pragma omp simd
    for (int64_t i = 0; i < at.count; ++i) {
      const T z = device::gumbel(x[i], e[i]);
      const bool larger = device::takes_over(z, largest[i]);
      id[i] = larger ? own : id[i];
      largest[i] = larger ? z : largest[i];
    }
  }
#pragma omp simd
  for (int64_t i = 0; i < at.count; ++i) id[i] = largest[i] != largest[i] ? largest[i] : id[i];
}

/// Values of a task without classes as they enter the joint space: those that m multiplies.
template <typename T>
JTR_INLINE void encode(const ChannelGroup& g, const T* value, const T* m, int64_t count, T* out) {
  switch (g.encoding) {
    case Encoding::kNormalCdf: {
      const T mean = static_cast<T>(g.mean), scale = static_cast<T>(g.scale);
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) out[i] = device::normal_cdf(value[i] * m[i], mean, scale);
      return;
    }
    case Encoding::kDirection:
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) out[i] = device::direction_code(value[i] * m[i]);
      return;
    default:
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) out[i] = value[i] * m[i];
  }
}

}  // namespace jtr::kernels::block
