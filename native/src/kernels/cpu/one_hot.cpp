#include "kernels/one_hot.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "kernels/cpu/tensors.h"
#include "kernels/device/largest.h"
#include "kernels/multiversion.h"

namespace jtr::kernels {
namespace {

/// Pixels that are worked on together: their running maxima stay in the first-level cache.
constexpr int64_t kBlock = 512;

template <typename T>
JTR_INLINE void block(const T* x, T* out, int64_t channels, int64_t plane, int64_t count) {
  T best[kBlock];
  int32_t index[kBlock];
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    best[i] = x[i];
    index[i] = 0;
  }
  for (int64_t c = 1; c < channels; ++c) {
    const T* in = x + c * plane;
    const int32_t channel = static_cast<int32_t>(c);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      const bool larger = device::takes_over(in[i], best[i]);
      index[i] = larger ? channel : index[i];
      best[i] = larger ? in[i] : best[i];
    }
  }
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) best[i] = best[i] != best[i] ? best[i] : T{0};
  for (int64_t c = 0; c < channels; ++c) {
    T* to = out + c * plane;
    const int32_t channel = static_cast<int32_t>(c);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) to[i] = (index[i] == channel ? T{1} : T{0}) + best[i];
  }
}

JTR_MULTIVERSION void one_hot_block(const float* x, float* out, int64_t channels, int64_t plane, int64_t count) {
  block(x, out, channels, plane, count);
}

JTR_MULTIVERSION void one_hot_block(const double* x, double* out, int64_t channels, int64_t plane, int64_t count) {
  block(x, out, channels, plane, count);
}

template <typename T>
void run(const T* x, T* out, int64_t samples, int64_t channels, int64_t plane) {
  const int64_t blocks = (plane + kBlock - 1) / kBlock;
  at::parallel_for(0, samples * blocks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = (i % blocks) * kBlock, offset = (i / blocks) * channels * plane + first;
      one_hot_block(x + offset, out + offset, channels, plane, std::min(kBlock, plane - first));
    }
  });
}

}  // namespace

namespace on_cpu {

at::Tensor one_hot_of_max(const at::Tensor& x) {
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty_like(in);
  const int64_t plane = x.size(2) * x.size(3);
  if (x.scalar_type() == at::kDouble) {
    run(in.data_ptr<double>(), out.data_ptr<double>(), x.size(0), x.size(1), plane);
  } else {
    run(in.data_ptr<float>(), out.data_ptr<float>(), x.size(0), x.size(1), plane);
  }
  return out;
}

}  // namespace on_cpu
}  // namespace jtr::kernels
