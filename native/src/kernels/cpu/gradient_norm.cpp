#include "kernels/gradient_norm.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "kernels/cpu/tensors.h"

namespace jtr::kernels {
namespace {

// Elements whose squares are added up by one thread: fixed, so that the order of additions is.
constexpr int64_t kBlock = 1 << 15;
// Sums side by side, so that the compiler may use vectors without changing the order of additions.
constexpr int64_t kLanes = 8;

template <typename T>
double block_sum(const T* x, int64_t count) {
  std::array<double, kLanes> sums{};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = static_cast<double>(x[i + lane]);
      sums[static_cast<size_t>(lane)] += value * value;
    }
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <typename T>
double sum(const T* x, int64_t count) {
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(blocks));
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      sums[static_cast<size_t>(b)] = block_sum(x + b * kBlock, std::min(kBlock, count - b * kBlock));
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

namespace on_cpu {

double squared_norm(const at::Tensor& flat) {
  if (flat.scalar_type() == at::kDouble) return sum(flat.data_ptr<double>(), flat.numel());
  return sum(flat.data_ptr<float>(), flat.numel());
}

}  // namespace on_cpu
}  // namespace jtr::kernels
