#include "kernels/joint_stacks.h"

#include <ATen/Parallel.h>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/joint_block.h"
#include "kernels/cpu/tensors.h"
#include "kernels/joint_inputs.h"

namespace jtr::kernels {
namespace {

using block::JointInputs;
using block::kPixels;
using block::Planes;
using block::Range;

/// One where `id` names the channel; NaN where it names none.
template <typename T>
JTR_INLINE void mark(const ChannelGroup& g, const T* id, const T* one, int64_t count, const Planes<T>& out) {
  for (int64_t c = 0; c < g.channels; ++c) {
    T* to = out.of(c);
    const T own = static_cast<T>(c);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) to[i] = device::marked(id[i], own, one[i]);
  }
}

template <typename T>
JTR_INLINE void softmax(const ChannelGroup& g, const T* logit, int64_t stride, const T* m, int64_t count,
                        const Planes<T>& out) {
  T largest[kPixels], sum[kPixels];
  for (int64_t i = 0; i < count; ++i) {
    largest[i] = logit[i];
    sum[i] = 0;
  }
  for (int64_t c = 1; c < g.channels; ++c) {
    const T* x = logit + c * stride;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) largest[i] = x[i] > largest[i] ? x[i] : largest[i];
  }
  for (int64_t c = 0; c < g.channels; ++c) {
    const T* x = logit + c * stride;
    T* to = out.of(c);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      to[i] = device::exp_of(x[i] - largest[i]);
      sum[i] += to[i];
    }
  }
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) sum[i] = m[i] / sum[i];
  for (int64_t c = 0; c < g.channels; ++c) {
    T* to = out.of(c);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) to[i] *= sum[i];
  }
}

template <typename T>
JTR_INLINE void stacks_block(const ChannelGroups& groups, const JointInputs<T>& in, const StackNoise& noise,
                             const Range& at, const Planes<T>& completion, const Planes<T>& prediction) {
  T m[kPixels], ones[kPixels], id[kPixels];
  block::mask(groups, in, at, m);
  for (int64_t i = 0; i < at.count; ++i) ones[i] = 1;
  const T* label_mask = noise.mask_labels ? m : ones;
  for (int32_t k = 0; k < groups.count; ++k) {
    const ChannelGroup& g = groups.group[k];
    const bool labelled = in.labelled[at.n * groups.count + k];
    const T *value = in.predictions(at.n, g.channel) + at.first, *label = in.labels(at.n, g.label) + at.first;
    const Planes<T> known = {completion.of(g.channel), completion.stride};
    const Planes<T> predicted = {prediction.of(g.channel), prediction.stride};
    if (g.encoding == Encoding::kOneHot) {
      if (!labelled) block::sampled_class(g, in, noise.completion, at, id);
      mark(g, labelled ? label : id, labelled ? label_mask : m, at.count, known);
      if (noise.prediction == kNoNoise) {
        softmax(g, value, in.pixels, m, at.count, predicted);
      } else {
        if (labelled || noise.prediction != noise.completion) block::sampled_class(g, in, noise.prediction, at, id);
        mark(g, id, m, at.count, predicted);
      }
      continue;
    }
    T valid[kPixels], finite[kPixels];
    const bool plain = labelled && g.encoding == Encoding::kPlain;
    if (plain) {
      for (int64_t i = 0; i < at.count; ++i) valid[i] = label_mask[i];
      block::multiply_validity(g, label, in.pixels, at.count, valid);
    }
    for (int64_t c = 0; c < g.channels; ++c) {
      block::encode(g, value + c * in.pixels, m, at.count, predicted.of(c));
      const T* from = label + c * in.pixels;
      if (!labelled) {
        std::copy_n(predicted.of(c), at.count, known.of(c));
      } else if (plain) {
        // A value that is not finite is not multiplied away.
#pragma omp simd
        for (int64_t i = 0; i < at.count; ++i) finite[i] = valid[i] != T{0} ? from[i] : T{0};
        std::copy_n(finite, at.count, known.of(c));
      } else {
        block::encode(g, from, label_mask, at.count, known.of(c));
      }
    }
  }
}

/// Adds the gradient of a softmax, of the logits less the noise's logarithm unless `noise` is null; `more` may be null.
/// `soft` [channels, kPixels] is scratch memory.
template <typename T>
JTR_INLINE void softmax_gradient(const ChannelGroup& g, const T* logit, const T* noise, int64_t pixels, const T* m,
                                 int64_t count, const Planes<const T>& d, const T* more, T* soft, T* grad) {
  T largest[kPixels], sum[kPixels], weighted[kPixels];
  for (int64_t c = 0; c < g.channels; ++c) {
    const T* x = logit + c * pixels;
    T* z = soft + c * kPixels;
    if (noise == nullptr) {
      for (int64_t i = 0; i < count; ++i) z[i] = x[i];
    } else {
      const T* e = noise + c * pixels;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) z[i] = device::gumbel(x[i], e[i]);
    }
    if (c == 0) {
      for (int64_t i = 0; i < count; ++i) largest[i] = z[i];
    } else {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) largest[i] = z[i] > largest[i] ? z[i] : largest[i];
    }
  }
  for (int64_t i = 0; i < count; ++i) sum[i] = weighted[i] = 0;
  for (int64_t c = 0; c < g.channels; ++c) {
    const T *of = d.of(c), *added = more == nullptr ? nullptr : more + c * d.stride;
    T* z = soft + c * kPixels;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      z[i] = device::exp_of(z[i] - largest[i]);
      sum[i] += z[i];
      weighted[i] += z[i] * of[i];
    }
    if (added == nullptr) continue;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) weighted[i] += z[i] * added[i];
  }
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    weighted[i] /= sum[i];
    sum[i] = m[i] / sum[i];
  }
  for (int64_t c = 0; c < g.channels; ++c) {
    const T *of = d.of(c), *added = more == nullptr ? nullptr : more + c * d.stride, *z = soft + c * kPixels;
    T* to = grad + c * pixels;
    if (added == nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) to[i] += device::softmax_slope(z[i] * sum[i], of[i], weighted[i]);
    } else {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        to[i] += device::softmax_slope(z[i] * sum[i], of[i] + added[i], weighted[i]);
      }
    }
  }
}

template <typename T>
JTR_INLINE void backward_block(const ChannelGroups& groups, const JointInputs<T>& in, const StackNoise& noise,
                               const Range& at, const Planes<const T>& completion, const Planes<const T>& prediction,
                               T* scratch, T* grad) {
  T m[kPixels];
  block::mask(groups, in, at, m);
  for (int32_t k = 0; k < groups.count; ++k) {
    const ChannelGroup& g = groups.group[k];
    if (in.labelled[at.n * groups.count + k]) continue;
    const T* value = in.predictions(at.n, g.channel) + at.first;
    T* to = grad + (at.n * in.channels + g.channel) * in.pixels + at.first;
    if (g.encoding == Encoding::kOneHot) {
      const T* first = in.noises(at.n, noise.completion, g.noise) + at.first;
      const T* second = noise.prediction == kNoNoise ? nullptr : in.noises(at.n, noise.prediction, g.noise) + at.first;
      const Planes<const T> one = {completion.of(g.channel), completion.stride};
      const Planes<const T> other = {prediction.of(g.channel), prediction.stride};
      if (first == second) {  // one sample, used twice
        softmax_gradient(g, value, first, in.pixels, m, at.count, one, other.data, scratch, to);
      } else {
        softmax_gradient<T>(g, value, first, in.pixels, m, at.count, one, nullptr, scratch, to);
        softmax_gradient<T>(g, value, second, in.pixels, m, at.count, other, nullptr, scratch, to);
      }
      continue;
    }
    const T mean = static_cast<T>(g.mean), scale = static_cast<T>(g.scale);
    for (int64_t c = 0; c < g.channels; ++c) {
      const T *a = completion.of(g.channel + c), *b = prediction.of(g.channel + c), *x = value + c * in.pixels;
      T* out = to + c * in.pixels;
      if (g.encoding == Encoding::kNormalCdf) {
#pragma omp simd
        for (int64_t i = 0; i < at.count; ++i) {
          out[i] += (a[i] + b[i]) * (m[i] * device::normal_density(x[i], mean, scale));
        }
      } else {
        const T slope = g.encoding == Encoding::kDirection ? device::direction_code_slope<T>() : T{1};
#pragma omp simd
        for (int64_t i = 0; i < at.count; ++i) out[i] += (a[i] + b[i]) * (m[i] * slope);
      }
    }
  }
}

#define JTR_JOINT_BLOCKS(T)                                                                                          \
  JTR_MULTIVERSION void run_stacks(const ChannelGroups& groups, const JointInputs<T>& in, const StackNoise& noise,   \
                                   const Range& at, const device::Shape& shape, T* out, T* scratch) {                \
    T* second = scratch + shape.channels * kPixels;                                                                  \
    stacks_block(groups, in, noise, at, block::place(shape, out, at.n, at, scratch),                                 \
                 block::place(shape, out, in.samples + at.n, at, second));                                           \
    block::store(shape, out, at.n, at, scratch);                                                                     \
    block::store(shape, out, in.samples + at.n, at, second);                                                         \
  }                                                                                                                  \
  JTR_MULTIVERSION void run_backward(const ChannelGroups& groups, const JointInputs<T>& in, const StackNoise& noise, \
                                     const Range& at, const device::Shape& shape, const T* d, T* scratch, T* grad) { \
    const int64_t part = shape.channels * kPixels;                                                                   \
    backward_block<T>(groups, in, noise, at, block::load(shape, d, at.n, at, scratch),                               \
                      block::load(shape, d, in.samples + at.n, at, scratch + part), scratch + 2 * part, grad);       \
  }
JTR_JOINT_BLOCKS(float)
JTR_JOINT_BLOCKS(double)
#undef JTR_JOINT_BLOCKS

}  // namespace

namespace on_cpu {

void joint_stacks(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                  const device::Shape& shape, at::Tensor& out) {
  dispatch(out, [&](auto zero) {
    using T = decltype(zero);
    const JointInputs<T> in = inputs_of<T>(view);
    T* to = out.data_ptr<T>();
    at::parallel_for(0, in.samples * block::blocks_of(in.pixels), 4, [&](int64_t begin, int64_t end) {
      std::vector<T> scratch(2 * shape.channels * kPixels);
      for (int64_t i = begin; i < end; ++i) {
        run_stacks(groups, in, noise, block::range_of(i, in.pixels), shape, to, scratch.data());
      }
    });
  });
}

void joint_stacks_backward(const ChannelGroups& groups, const JointView& view, const StackNoise& noise,
                           const at::Tensor& d, const device::Shape& shape, at::Tensor& grad) {
  dispatch(grad, [&](auto zero) {
    using T = decltype(zero);
    const JointInputs<T> in = inputs_of<T>(view);
    const T* source = d.data_ptr<T>();
    T* target = grad.data_ptr<T>();
    at::parallel_for(0, in.samples * block::blocks_of(in.pixels), 4, [&](int64_t begin, int64_t end) {
      std::vector<T> scratch(3 * shape.channels * kPixels);
      for (int64_t i = begin; i < end; ++i) {
        run_backward(groups, in, noise, block::range_of(i, in.pixels), shape, source, scratch.data(), target);
      }
    });
  });
}

}  // namespace on_cpu
}  // namespace jtr::kernels
