#include "kernels/joint_reconstruction.h"

#include <ATen/Parallel.h>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/joint_block.h"
#include "kernels/cpu/tensors.h"
#include "kernels/device/joint_reconstruction.h"
#include "kernels/joint_inputs.h"

namespace jtr::kernels {
namespace {

using block::JointInputs;
using block::kPixels;
using block::Planes;
using block::Range;
using device::Sums;

/// The sums of one task's loss over a block: of each pixel, until the block is done.
template <typename T>
struct PixelSums {
  T loss[kPixels], count[kPixels];

  JTR_INLINE void clear(int64_t pixels) {
    for (int64_t i = 0; i < pixels; ++i) loss[i] = count[i] = 0;
  }
  JTR_INLINE Sums total(int64_t pixels) const {
    double first = 0, second = 0;
#pragma omp simd reduction(+ : first, second)
    for (int64_t i = 0; i < pixels; ++i) {
      first += static_cast<double>(loss[i]);
      second += static_cast<double>(count[i]);
    }
    return {first, second};
  }
};

/// Segmentation; the target is one in the channel that `id` names, or, if that is null, a stack's value.
template <typename T>
JTR_INLINE void one_hot_loss(const ChannelGroup& g, const Planes<const T>& r, const T* id, const Planes<const T>& stack,
                             const T* m, int64_t count, const Planes<T>& dr, T* loss) {
  for (int64_t c = 0; c < g.channels; ++c) {
    const T *x = r.of(c), own = static_cast<T>(c);
    T* to = dr.of(c);
    if (id != nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        T term, slope;
        device::cross_entropy(x[i], device::marked(id[i], own, T{1}), &term, &slope);
        loss[i] += term * m[i];
        to[i] = slope * m[i];
      }
    } else {
      const T* target = stack.of(c);
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        T term, slope;
        device::cross_entropy(x[i], target[i], &term, &slope);
        loss[i] += term * m[i];
        to[i] = slope * m[i];
      }
    }
  }
}

template <typename T>
JTR_INLINE void cdf_loss(const T* r, const T* target, const T* m, int64_t count, T* dr, T* loss) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    T term, slope;
    device::squashed_difference(r[i], target[i], &term, &slope);
    loss[i] += term * m[i];
    dr[i] = slope * m[i];
  }
}

template <typename T>
JTR_INLINE void plain_loss(const T* r, const T* target, const T* m, int64_t count, T* dr, T* loss) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    // A target that is not finite is not multiplied away.
    T term, slope;
    device::difference(r[i], m[i] != T{0} ? target[i] : r[i], &term, &slope);
    loss[i] += m[i] != T{0} ? term : T{0};
    dr[i] = m[i] != T{0} ? slope : T{0};
  }
}

template <typename T>
JTR_INLINE void direction_loss(const Planes<const T>& r, const Planes<const T>& target, const T* m, int64_t count,
                               const Planes<T>& dr, T* loss) {
  const T *x = r.of(0), *y = r.of(1), *z = r.of(2), *a = target.of(0), *b = target.of(1), *c = target.of(2);
  T *dx = dr.of(0), *dy = dr.of(1), *dz = dr.of(2);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    T term, sx, sy, sz;
    device::against_direction(x[i], y[i], z[i], a[i], b[i], c[i], &term, &sx, &sy, &sz);
    loss[i] += term * m[i];
    dx[i] = sx * m[i];
    dy[i] = sy * m[i];
    dz[i] = sz * m[i];
  }
}

template <typename T>
JTR_INLINE void count_nonzero(const T* x, int64_t pixels, T* count) {
#pragma omp simd
  for (int64_t i = 0; i < pixels; ++i) count[i] += device::counts_as_value(x[i]) ? T{1} : T{0};
}

/// One half of one task: `stack` has no data unless the stacks are the targets.
template <typename T>
JTR_INLINE Sums half_of_group(const ChannelGroup& g, bool labelled, int64_t half, const JointInputs<T>& in,
                              const ReconstructionTargets& targets, const Range& at, const Planes<const T>& r,
                              const Planes<const T>& stack, const T* m, const Planes<T>& dr) {
  PixelSums<T> sums;
  sums.clear(at.count);
  const bool from_label = labelled && half == 0;
  const T* label = in.labels(at.n, g.label) + at.first;
  const T* raw = from_label ? label : in.predictions(at.n, g.channel) + at.first;
  // What the published targets are multiplied by: those of the prediction stack by the mask.
  T ones[kPixels], target[3 * kPixels];
  for (int64_t i = 0; i < at.count; ++i) ones[i] = 1;
  if (targets.stacks) std::copy_n(m, at.count, sums.count);

  if (g.encoding == Encoding::kOneHot) {
    if (targets.stacks) {
      one_hot_loss<T>(g, r, nullptr, stack, m, at.count, dr, sums.loss);
    } else if (from_label) {
#pragma omp simd
      for (int64_t i = 0; i < at.count; ++i) sums.count[i] = device::counts_as_class(label[i]) ? T{1} : T{0};
      one_hot_loss(g, r, label, stack, m, at.count, dr, sums.loss);
    } else {
      block::sampled_class(g, in, half == 0 ? targets.completion : targets.prediction, at, target);
      std::copy_n(m, at.count, sums.count);
      one_hot_loss<T>(g, r, target, stack, m, at.count, dr, sums.loss);
    }
  } else if (g.encoding == Encoding::kNormalCdf) {
    if (targets.stacks) {
      cdf_loss(r.of(0), stack.of(0), m, at.count, dr.of(0), sums.loss);
      return sums.total(at.count);
    }
    if (half == 0) {
      std::copy_n(raw, at.count, target);
    } else {
      block::encode(g, raw, m, at.count, target);  // and again below: a quirk, kept
    }
    count_nonzero(target, at.count, sums.count);
    T* once_more = target + kPixels;
    block::encode(g, target, ones, at.count, once_more);
    cdf_loss(r.of(0), once_more, m, at.count, dr.of(0), sums.loss);
  } else if (g.encoding == Encoding::kDirection) {
    for (int64_t c = 0; c < 3; ++c) {
      T* to = target + c * kPixels;
      if (targets.stacks) {
        const T* from = stack.of(c);
#pragma omp simd
        for (int64_t i = 0; i < at.count; ++i) to[i] = device::direction_of_code(from[i]);
      } else {
        if (half == 0) {
          std::copy_n(raw + c * in.pixels, at.count, to);
        } else {
          block::encode(g, raw + c * in.pixels, m, at.count, to);  // in [0, 1], yet a direction: a quirk, kept
        }
        count_nonzero(to, at.count, sums.count);
      }
    }
    direction_loss<T>(r, {target, kPixels}, m, at.count, dr, sums.loss);
  } else {
    const T channels = static_cast<T>(g.channels);
    for (int64_t i = 0; i < at.count; ++i) sums.count[i] = channels * m[i];
    for (int64_t c = 0; c < g.channels; ++c) {
      plain_loss(r.of(c), targets.stacks ? stack.of(c) : raw + c * in.pixels, m, at.count, dr.of(c), sums.loss);
    }
  }
  return sums.total(at.count);
}

/// A block of one sample; `sums` is [2, groups].
template <typename T>
JTR_INLINE void losses_block(const ChannelGroups& groups, const JointInputs<T>& in,
                             const ReconstructionTargets& targets, const Range& at, const device::Shape& shape,
                             const T* r, const T* stacks, T* scratch, T* dr, Sums* sums) {
  T m[kPixels];
  block::mask(groups, in, at, m);
  T *for_stacks = scratch + shape.channels * kPixels, *for_result = scratch + 2 * shape.channels * kPixels;
  for (int64_t half = 0; half < 2; ++half) {
    const int64_t row = half * in.samples + at.n;
    const Planes<const T> from = block::load(shape, r, row, at, scratch);
    const Planes<const T> stack =
        targets.stacks ? block::load(shape, stacks, row, at, for_stacks) : Planes<const T>{for_stacks, kPixels};
    const Planes<T> to = block::place(shape, dr, row, at, for_result);
    for (int32_t k = 0; k < groups.count; ++k) {
      const ChannelGroup& g = groups.group[k];
      sums[half * groups.count + k] = half_of_group<T>(
          g, in.labelled[at.n * groups.count + k], half, in, targets, at, {from.of(g.channel), from.stride},
          {stack.of(g.channel), stack.stride}, m, {to.of(g.channel), to.stride});
    }
    block::store(shape, dr, row, at, for_result);
  }
}

/// Multiplies a sample's gradient by its tasks' factors: `factor` [C].
template <typename T>
JTR_INLINE void scale_rows(const device::Shape& shape, const T* factor, int64_t row, const Range& at, T* dr) {
  T* to = dr + shape.offset(row, 0, at.first);
  if (shape.channels_last) {
    for (int64_t i = 0; i < at.count; ++i) {
#pragma omp simd
      for (int64_t c = 0; c < shape.channels; ++c) to[i * shape.channels + c] *= factor[c];
    }
    return;
  }
  for (int64_t c = 0; c < shape.channels; ++c) {
#pragma omp simd
    for (int64_t i = 0; i < at.count; ++i) to[c * shape.plane() + i] *= factor[c];
  }
}

#define JTR_JOINT_BLOCKS(T)                                                                                           \
  JTR_MULTIVERSION void run_losses(const ChannelGroups& groups, const JointInputs<T>& in,                             \
                                   const ReconstructionTargets& targets, const Range& at, const device::Shape& shape, \
                                   const T* r, const T* stacks, T* scratch, T* dr, Sums* sums) {                      \
    losses_block(groups, in, targets, at, shape, r, stacks, scratch, dr, sums);                                       \
  }                                                                                                                   \
  JTR_MULTIVERSION void run_scale(const device::Shape& shape, const T* factor, int64_t row, const Range& at, T* dr) { \
    scale_rows(shape, factor, row, at, dr);                                                                           \
  }
JTR_JOINT_BLOCKS(float)
JTR_JOINT_BLOCKS(double)
#undef JTR_JOINT_BLOCKS

template <typename T>
void run(const ChannelGroups& groups, const JointInputs<T>& in, const ReconstructionTargets& targets,
         const device::Shape& shape, const T* r, const T* stacks, double scale, T* loss, T* dr) {
  const int64_t blocks = block::blocks_of(in.pixels), terms = 2 * groups.count;
  std::vector<Sums> partial(in.samples * blocks * terms);
  at::parallel_for(0, in.samples * blocks, 4, [&](int64_t begin, int64_t end) {
    std::vector<T> scratch(3 * shape.channels * kPixels);
    for (int64_t i = begin; i < end; ++i) {
      run_losses(groups, in, targets, block::range_of(i, in.pixels), shape, r, stacks, scratch.data(), dr,
                 partial.data() + i * terms);
    }
  });
  // In the order of the blocks, whatever the number of threads.
  std::vector<T> factor(in.samples * 2 * shape.channels);
  for (int64_t n = 0; n < in.samples; ++n) {
    double total = 0;
    for (int64_t term = 0; term < terms; ++term) {
      Sums sums{0, 0};
      for (int64_t b = 0; b < blocks; ++b) sums = sums + partial[(n * blocks + b) * terms + term];
      const ChannelGroup& g = groups.group[term % groups.count];
      total += device::reconstruction_loss(g, sums);
      T* of = factor.data() + (term / groups.count * in.samples + n) * shape.channels + g.channel;
      std::fill_n(of, g.channels, static_cast<T>(device::reconstruction_factor(sums, scale)));
    }
    loss[n] = static_cast<T>(total);
  }
  at::parallel_for(0, shape.samples * blocks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Range at = block::range_of(i, in.pixels);
      run_scale(shape, factor.data() + at.n * shape.channels, at.n, at, dr);
    }
  });
}

}  // namespace

namespace on_cpu {

void joint_reconstruction(const ChannelGroups& groups, const JointView& view, const at::Tensor& r,
                          const ReconstructionTargets& targets, const at::Tensor& stacks, const device::Shape& shape,
                          double scale, at::Tensor& loss, at::Tensor& dr) {
  dispatch(dr, [&](auto zero) {
    using T = decltype(zero);
    run(groups, inputs_of<T>(view), targets, shape, r.data_ptr<T>(), targets.stacks ? stacks.data_ptr<T>() : nullptr,
        scale, loss.data_ptr<T>(), dr.data_ptr<T>());
  });
}

}  // namespace on_cpu
}  // namespace jtr::kernels
