// Each kernel by itself, bytes/s against a measured copy (Google Benchmark): jtr_bench [--benchmark_filter=REGEX]
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "kernels/adam.h"
#include "kernels/exponential_noise.h"
#include "kernels/joint_reconstruction.h"
#include "kernels/norm_relu.h"
#include "kernels/one_hot.h"
#include "tasks/task.h"

namespace {

using namespace jtr;

/// A stage's map: of the first and third stage at 288 x 384, and of the demo's first.
struct Case {
  int64_t n, c, h, w;
};
constexpr Case kCases[] = {{1, 64, 288, 384}, {12, 256, 16, 24}, {24, 16, 32, 64}};

struct Map {
  explicit Map(const benchmark::State& state) {
    const Case& s = kCases[state.range(0)];
    const auto format = state.range(1) != 0 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    x = at::randn({s.n, s.c, s.h, s.w}).contiguous(format);
    gamma = at::rand({s.c}) + 0.5;
    beta = at::randn({s.c});
    statistics = kernels::norm_statistics(x, false, 1e-5);
  }
  at::Tensor x, gamma, beta;
  kernels::NormStatistics statistics;
};

/// Counts what a kernel must read and write: `maps` times the map's bytes.
void count(benchmark::State& state, const at::Tensor& x, double maps) {
  state.SetBytesProcessed(static_cast<int64_t>(static_cast<double>(state.iterations()) * maps *
                                               static_cast<double>(x.nbytes())));
  const Case& s = kCases[state.range(0)];
  state.SetLabel(std::to_string(s.n) + "x" + std::to_string(s.c) + "x" + std::to_string(s.h) + "x" +
                 std::to_string(s.w) + (state.range(1) != 0 ? " channels last" : " channels first"));
}

void copy(benchmark::State& state) {
  const Map m(state);
  at::Tensor y = at::empty_like(m.x);
  for (auto _ : state) y.copy_(m.x);
  count(state, m.x, 2);
}

void norm_statistics(benchmark::State& state) {
  const Map m(state);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::norm_statistics(m.x, false, 1e-5));
  count(state, m.x, 1);
}

void norm_relu(benchmark::State& state) {
  const Map m(state);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::norm_relu(m.x, m.gamma, m.beta, m.statistics));
  count(state, m.x, 2);
}

void norm_relu_pool(benchmark::State& state) {
  const Map m(state);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::norm_relu_pool(m.x, m.gamma, m.beta, m.statistics));
  count(state, m.x, 1.3125);
}

void norm_relu_backward(benchmark::State& state) {
  const Map m(state);
  at::Tensor d = at::randn_like(m.x);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::norm_relu_backward(d, m.x, m.gamma, m.beta, m.statistics));
  count(state, m.x, 5);  // twice over both, and the result
}

void norm_relu_pool_backward(benchmark::State& state) {
  const Map m(state);
  const auto [p, code] = kernels::norm_relu_pool(m.x, m.gamma, m.beta, m.statistics);
  const at::Tensor d = at::randn_like(p);
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::norm_relu_pool_backward(d, p, code, m.x, m.gamma, m.beta, m.statistics));
  }
  count(state, m.x, 4.125);
}

void unpool(benchmark::State& state) {
  const Map m(state);
  const auto [p, code] = kernels::norm_relu_pool(m.x, m.gamma, m.beta, m.statistics);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::unpool(p, code, m.x.size(2), m.x.size(3)));
  count(state, m.x, 1.3125);
}

void unpool_backward(benchmark::State& state) {
  const Map m(state);
  const auto [p, code] = kernels::norm_relu_pool(m.x, m.gamma, m.beta, m.statistics);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::unpool_backward(m.x, code));
  count(state, m.x, 1.3125);
}

void one_hot_of_max(benchmark::State& state) {
  const Map m(state);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::one_hot_of_max(m.x));
  count(state, m.x, 2);
}

void exponential_noise(benchmark::State& state) {
  const Map m(state);
  at::Tensor out = at::empty_like(m.x);
  for (auto _ : state) kernels::exponential_noise(out, 1, 2);
  count(state, m.x, 1);
}

void adam(benchmark::State& state) {
  const Map m(state);
  at::Tensor p = at::zeros_like(m.x), first = at::zeros_like(p), second = at::zeros_like(p);
  for (auto _ : state) kernels::adam(p, m.x, first, second, {0.9, 0.999, 1e-8, 1e-4, 1});
  count(state, m.x, 7);
}

/// A view of segmentation (13), depth and normals, the first two labelled in turn.
struct View {
  explicit View(const benchmark::State& state)
      : tasks({Variant::of("segmentation", {{"name", "segmentation"}, {"classes", 13}}, "kind"),
               Variant::of("depth", {{"name", "depth"}, {"mean", 2.3618}, {"std", 1.5876}}, "kind"),
               Variant::of("normals", {{"name", "normals"}}, "kind")}),
        groups(*tasks.channel_groups()),
        format(state.range(1) != 0 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous) {
    const Case& s = kCases[state.range(0)];
    view = {at::randn({s.n, tasks.channels(), s.h, s.w}), at::rand({s.n, tasks.label_channels(), s.h, s.w}).round(),
            at::zeros({s.n, 3}, at::kBool), at::rand({s.n, 5, 13, s.h, s.w})};
    for (int64_t n = 0; n < s.n; ++n) view.labelled[n][n % 2].fill_(true);
    stacks = kernels::joint_stacks(groups, view, {1, 0, false}, format);
  }

  /// Counts what must be read and written: `maps` as large as both stacks, and `views` times the predictions.
  void count(benchmark::State& state, double maps, double views) const {
    state.SetBytesProcessed(static_cast<int64_t>(
        static_cast<double>(state.iterations()) *
        (maps * static_cast<double>(stacks.nbytes()) + views * static_cast<double>(view.prediction.nbytes()))));
    const Case& s = kCases[state.range(0)];
    state.SetLabel(std::to_string(s.n) + "x17x" + std::to_string(s.h) + "x" + std::to_string(s.w) +
                   (state.range(1) != 0 ? " channels last" : " channels first"));
  }

  TaskSet tasks;
  kernels::ChannelGroups groups;
  at::MemoryFormat format;
  kernels::JointView view;
  at::Tensor stacks;
};

void joint_stacks(benchmark::State& state) {
  const View v(state);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::joint_stacks(v.groups, v.view, {1, 0, false}, v.format));
  v.count(state, 1, 1 + 2 * 13.0 / 17);  // predictions, and noise for each half
}

void joint_stacks_soft(benchmark::State& state) {
  const View v(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::joint_stacks(v.groups, v.view, {2, kernels::kNoNoise, false}, v.format));
  }
  v.count(state, 1, 1 + 13.0 / 17);
}

void joint_stacks_backward(benchmark::State& state) {
  const View v(state);
  at::Tensor grad = at::zeros_like(v.view.prediction);
  for (auto _ : state) kernels::joint_stacks_backward(v.groups, v.view, {1, 0, false}, v.stacks, grad);
  v.count(state, 1, 3 + 2 * 13.0 / 17);
}

void joint_reconstruction(benchmark::State& state) {
  const View v(state);
  const at::Tensor r = at::randn_like(v.stacks);
  at::Tensor dr;
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::joint_reconstruction(v.groups, v.view, r, {false, 3, 4}, {}, 1, dr));
  }
  v.count(state, 4, 1 + 2 * 13.0 / 17);  // the gradient is written, then multiplied
}

void layouts(benchmark::internal::Benchmark* b) {
  for (int64_t c = 0; c < static_cast<int64_t>(std::size(kCases)); ++c) {
    for (const int64_t last : {0, 1}) b->Args({c, last});
  }
  b->UseRealTime();
}

BENCHMARK(copy)->Apply(layouts);
BENCHMARK(norm_statistics)->Apply(layouts);
BENCHMARK(norm_relu)->Apply(layouts);
BENCHMARK(norm_relu_pool)->Apply(layouts);
BENCHMARK(norm_relu_backward)->Apply(layouts);
BENCHMARK(norm_relu_pool_backward)->Apply(layouts);
BENCHMARK(unpool)->Apply(layouts);
BENCHMARK(unpool_backward)->Apply(layouts);
BENCHMARK(one_hot_of_max)->Apply(layouts);
BENCHMARK(exponential_noise)->Apply(layouts);
BENCHMARK(adam)->Apply(layouts);
BENCHMARK(joint_stacks)->Apply(layouts);
BENCHMARK(joint_stacks_soft)->Apply(layouts);
BENCHMARK(joint_stacks_backward)->Apply(layouts);
BENCHMARK(joint_reconstruction)->Apply(layouts);

}  // namespace

BENCHMARK_MAIN();
