// What the backward pass computes a second time: the numbers must not know, the memory must.
#include "networks/recomputation.h"

#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <tuple>
#include <vector>

#include "memory/tensor_memory.h"
#include "networks/memory_format.h"
#include "networks/segnet.h"
#include "support.h"

namespace jtr {
namespace {

constexpr Recomputation kAll[] = {Recomputation::kNorms, Recomputation::kStages, Recomputation::kNone};

/// A SegNet with two heads and numbers of its own.
struct Net {
  Net(Recomputation recomputation, int64_t width, const Precision& precision)
      : format(network_memory_format(precision, at::kCPU, width)),
        net(store, 3, width, {{"pred_task1", 5}, {"pred_task2", 1}}, true, recomputation) {
    store.allocate(precision, at::kCPU, format);
    net.initialize(3, 0);
  }

  /// Encoder, decoder and heads, all of whose outputs count.
  at::Tensor loss(const at::Tensor& x, NormMode mode, bool trainable) const {
    const SegNet::Encoded encoded = net.encode(x.contiguous(format), mode, trainable);
    const at::Tensor out = net.decode(encoded, mode, trainable, x.size(0) - 1).contiguous();
    return out.narrow(0, 0, x.size(0) - 1).square().sum() + in_full(encoded.latent).square().sum();
  }

  at::MemoryFormat format;
  ParameterStore store;
  SegNet net;
};

constexpr const char* kFormats[] = {"Float", "Double", "BFloat16"};

using Case = std::tuple<NormMode, int /* of kFormats */, bool /* one image at a time */>;

class RecomputedNetwork : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { set_chunk_bytes(std::get<2>(GetParam()) ? 1 : 0); }
  void TearDown() override { set_chunk_bytes(0); }
  NormMode mode() const { return std::get<0>(GetParam()); }
  Precision precision() const {
    switch (std::get<1>(GetParam())) {
      case 0:
        return at::kFloat;
      case 1:
        return at::kDouble;
      default:
        return {at::kFloat, at::kBFloat16};
    }
  }
  at::Tensor images() const {
    return test::uniform({2, 3, 32, 96}, -1, 1, 4).to(precision().stored).requires_grad_(true);
  }
};

TEST_P(RecomputedNetwork, ChangesNoBitOfTheNumbers) {
  // 3 is channels first everywhere; 16, on a processor with AVX-512, channels last (but in double).
  for (const int64_t width : {3, 16}) {
    if (width == 16 && precision().convolved == at::kDouble) continue;
    at::Tensor loss, x_grad, gradients, buffers;
    for (const Recomputation recomputation : kAll) {
      Net net(recomputation, width, precision());
      const at::Tensor x = images();
      const at::Tensor got = net.loss(x, mode(), true);
      torch::autograd::backward({got}, {});
      if (recomputation == Recomputation::kNorms) {
        loss = got.detach();
        x_grad = x.grad();
        gradients = net.store.flat_gradients().clone();
        buffers = net.store.flat_buffers().clone();
        EXPECT_GT(gradients.norm().item<double>(), 0);
        continue;
      }
      EXPECT_TRUE(at::equal(got.detach(), loss)) << static_cast<int>(recomputation) << ", width " << width;
      EXPECT_TRUE(at::equal(x.grad(), x_grad)) << static_cast<int>(recomputation) << ", width " << width;
      EXPECT_TRUE(at::equal(net.store.flat_gradients(), gradients))
          << static_cast<int>(recomputation) << ", width " << width;
      EXPECT_TRUE(at::equal(net.store.flat_buffers(), buffers))
          << static_cast<int>(recomputation) << ", width " << width;
    }
  }
}

TEST_P(RecomputedNetwork, GivesFrozenWeightsNoGradientAndTheInputItsOwn) {
  at::Tensor expected;
  for (const Recomputation recomputation : kAll) {
    Net net(recomputation, 3, precision());
    const at::Tensor x = images();
    const at::Tensor got = torch::autograd::grad({net.loss(x, mode(), false)}, {x})[0];
    EXPECT_EQ(net.store.flat_gradients().abs().max().item<double>(), 0);
    if (!expected.defined()) expected = got;
    EXPECT_TRUE(at::equal(got, expected)) << static_cast<int>(recomputation);
  }
}

TEST_P(RecomputedNetwork, GivesTheSameGradientsEachTimeThatAGraphIsUsed) {
  for (const Recomputation recomputation : kAll) {
    Net net(recomputation, 3, precision());
    const at::Tensor loss = net.loss(images().detach(), mode(), true);
    torch::autograd::backward({loss}, {}, true);
    const at::Tensor once = net.store.flat_gradients().clone(), buffers = net.store.flat_buffers().clone();
    net.store.zero_gradients();
    torch::autograd::backward({loss}, {});
    EXPECT_TRUE(at::equal(net.store.flat_gradients(), once)) << static_cast<int>(recomputation);
    EXPECT_TRUE(at::equal(net.store.flat_buffers(), buffers)) << static_cast<int>(recomputation);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, RecomputedNetwork,
                         testing::Combine(testing::Values(NormMode::kBatch, NormMode::kPerSample),
                                          testing::Values(0, 1, 2), testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == NormMode::kBatch ? "Batch" : "PerSample") +
                                  kFormats[std::get<1>(info.param)] + (std::get<2>(info.param) ? "OneByOne" : "Whole");
                         });

TEST(RecomputedSegNet, UpdatesRunningStatisticsOnce) {
  Net net(Recomputation::kStages, 3, at::kDouble);
  const at::Tensor x = test::uniform({2, 3, 32, 32}, -1, 1, 4);
  torch::autograd::backward({net.loss(x, NormMode::kBatch, true)}, {});
  int counters = 0;
  for (const NamedTensor& buffer : net.store.buffer_list()) {
    if (!buffer.is_counter) continue;
    EXPECT_EQ(slice(net.store.flat_buffers(), buffer).item<double>(), 1) << buffer.name;
    ++counters;
  }
  EXPECT_EQ(counters, 26);
}

/// Bytes of large tensors that a forward pass leaves behind for the backward pass.
double bytes_kept(Recomputation recomputation) {
  Net net(recomputation, 8, at::kFloat);
  const at::Tensor x = test::uniform({4, 3, 256, 256}, -1, 1, 4).to(at::kFloat);
  const size_t before = memory::pool_bytes_in_use();
  const at::Tensor loss = net.loss(x, NormMode::kBatch, true);
  return static_cast<double>(memory::pool_bytes_in_use()) - static_cast<double>(before);
}

TEST(RecomputedSegNet, KeepsAsManyBytesAsItSays) {
  const memory::PoolUser pool;
  const at::Tensor probe = at::empty({1 << 20});
  if (memory::pool_bytes_in_use() == 0) GTEST_SKIP() << "tensors come from libtorch's own memory here";
  const double norms = bytes_kept(Recomputation::kNorms), stages = bytes_kept(Recomputation::kStages),
               none = bytes_kept(Recomputation::kNone);
  // In units of a first stage's map, per image: the encoder keeps 2, 1, 3/4, 3/8, 3/32 raw maps of its stages and the
  // decoder 2, 1/2, 3/8, 3/16, 3/32; between stages pass 1/4, 1/8, 1/16, 1/32, 1/128 with their places (a quarter of
  // their bytes) downwards and as much but the last upwards. 7.4 and 1.1 and what the outputs take; a map read beside
  // each raw one with none.
  EXPECT_LT(stages, 0.3 * norms) << stages << " of " << norms;
  EXPECT_GT(none, 1.5 * norms) << none << " of " << norms;
}

TEST(Recomputed, AStageRunsOnceWithoutAndTwiceWithABackwardPass) {
  int calls = 0, again = 0;
  const at::Tensor weight = at::full({3}, 2.0, at::kDouble).requires_grad_(true);
  const Stage stage = [&](const std::vector<at::Tensor>& in, bool second) -> std::vector<at::Tensor> {
    ++calls;
    again += second;
    return {in[0] * weight, in[0].gt(0)};
  };
  const at::Tensor x = at::tensor({1.0, -2.0, 3.0}, at::kDouble);
  {
    const at::NoGradGuard no_grad;
    EXPECT_FALSE(recomputed({x}, {weight}, stage)[0].requires_grad());
    EXPECT_EQ(calls, 1);
  }
  // The input needs no gradient, the weight does.
  const std::vector<at::Tensor> out = recomputed({x}, {weight}, stage);
  EXPECT_TRUE(out[0].requires_grad());
  EXPECT_FALSE(out[1].requires_grad());
  EXPECT_TRUE(at::equal(torch::autograd::grad({out[0].sum()}, {weight})[0], x));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(again, 1);
}

TEST(Recomputed, AnErrorInTheBackwardPassReachesItsCaller) {
  const at::Tensor x = at::ones({2}, at::kDouble).requires_grad_(true);
  const at::Tensor y =
      recomputed({x}, {}, [](const std::vector<at::Tensor>& in, bool again) -> std::vector<at::Tensor> {
        if (again) throw Error(JTR_STATUS_OUT_OF_MEMORY, "no more");
        return {in[0] * 2};
      })[0];
  EXPECT_EQ(test::caught([&] { torch::autograd::grad({y.sum()}, {x}); }).status(), JTR_STATUS_OUT_OF_MEMORY);
}

}  // namespace
}  // namespace jtr
