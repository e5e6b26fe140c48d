// When buckets of gradients are summed: while the backward pass still runs, always in the same order.
#include "training/gradient_buckets.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "support.h"

namespace jtr {
namespace {

constexpr int64_t kWeights = 4, kElements = 6;

/// Two processes, of which the other has the same gradients; notes what is begun.
class Noted final : public Communicator {
 public:
  explicit Noted(int64_t weights_a_bucket) : bytes_(weights_a_bucket * kElements * 8) {}
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 2; }
  void all_reduce(at::Tensor&, Reduction) override {}
  void broadcast(at::Tensor&) override {}
  void barrier() override {}
  int64_t bucket_bytes() const override { return bytes_; }
  std::unique_ptr<Pending> begin_sum(const at::Tensor& gradients) override {
    begun.push_back(gradients);
    return std::make_unique<Sum>(gradients);
  }

  std::vector<at::Tensor> begun;

 private:
  struct Sum final : Pending {
    explicit Sum(at::Tensor values) : values(std::move(values)) {}
    void wait() override { values.mul_(2); }
    at::Tensor values;
  };
  int64_t bytes_;
};

/// A chain of layers y <- sin(w_i y), of which some are left out.
struct Chain {
  explicit Chain(int64_t weights_a_bucket) : communicator(weights_a_bucket), buckets(communicator) {
    for (int64_t i = 0; i < kWeights; ++i) store.add_parameter(std::to_string(i), {kElements});
    store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
    store.flat_parameters().copy_(test::normal({kWeights * kElements}, 1));
    own.add_parameter("own", {2});
    own.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
    buckets.add(own, true);
    buckets.add(store, false);
  }
  /// How many sums were begun when the gradient came to each layer's output, the last first.
  std::vector<size_t> run(const std::vector<int64_t>& layers, bool begins = true) {
    store.zero_gradients();
    own.flat_gradients().fill_(1);
    communicator.begun.clear();
    std::vector<size_t> at_layers;
    at::Tensor y = test::normal({kElements}, 2);
    for (const int64_t i : layers) {
      y = (store.parameter(i) * y).sin();
      y.register_hook([&](const at::Tensor&) { at_layers.push_back(communicator.begun.size()); });
    }
    const at::Tensor loss = y.sum();
    if (begins) buckets.begin({loss});
    torch::autograd::backward({loss}, {});
    at_layers.push_back(communicator.begun.size());
    alone = store.flat_gradients().clone();
    buckets.finish();
    return at_layers;
  }
  /// Places of the sums' first elements in the network's gradients; -1: the method's own.
  std::vector<int64_t> order() const {
    std::vector<int64_t> all;
    for (const at::Tensor& gradients : communicator.begun) {
      const bool is_own = gradients.is_alias_of(own.flat_gradients());
      all.push_back(is_own ? -1 : gradients.storage_offset() - store.flat_gradients().storage_offset());
    }
    return all;
  }

  Noted communicator;
  ParameterStore store, own;
  GradientBuckets buckets;
  at::Tensor alone;
};

TEST(GradientBuckets, AreSummedWhileTheBackwardPassRuns) {
  Chain chain(1);
  // One that is there before, then a bucket for each layer that the pass has left.
  EXPECT_EQ(chain.run({0, 1, 2, 3}), (std::vector<size_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(chain.order(), (std::vector<int64_t>{-1, 3 * kElements, 2 * kElements, kElements, 0}));
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
  EXPECT_TRUE(at::equal(chain.own.flat_gradients(), at::full({2}, 2, at::kDouble)));
  EXPECT_TRUE(chain.buckets.were_finite());
}

TEST(GradientBuckets, HoldAsManyWeightsAsFit) {
  Chain chain(3);
  EXPECT_EQ(chain.run({0, 1, 2, 3}), (std::vector<size_t>{1, 1, 1, 2, 3}));
  EXPECT_EQ(chain.order(), (std::vector<int64_t>{-1, kElements, 0}));
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
}

TEST(GradientBuckets, KeepTheirOrderWhateverTheGraph) {
  Chain chain(1);
  const std::vector<int64_t> order = {-1, 3 * kElements, 2 * kElements, kElements, 0};
  // The last weights come last: all wait for them, and go together.
  EXPECT_EQ(chain.run({3, 2, 1, 0}), (std::vector<size_t>{1, 1, 1, 1, 5}));
  EXPECT_EQ(chain.order(), order);
  // What has no gradient in this step is waited for by none.
  EXPECT_EQ(chain.run({0, 2}), (std::vector<size_t>{2, 4, 5}));
  EXPECT_EQ(chain.order(), order);
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
  // Twice in a graph, it is there once both are.
  EXPECT_EQ(chain.run({3, 1, 3}), (std::vector<size_t>{1, 1, 1, 5}));
  EXPECT_EQ(chain.order(), order);
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
}

TEST(GradientBuckets, AreSummedAtTheEndWhereNoPassWasAnnounced) {
  Chain chain(1);
  EXPECT_EQ(chain.run({0, 1, 2, 3}, false), (std::vector<size_t>{0, 0, 0, 0, 0}));
  EXPECT_EQ(chain.communicator.begun.size(), 5u);
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
}

TEST(GradientBuckets, OfNoSizeAreOneForAllAfterThePass) {
  Chain chain(0);
  EXPECT_EQ(chain.run({0, 1, 2, 3}), (std::vector<size_t>{0, 0, 0, 0, 0}));
  EXPECT_EQ(chain.order(), (std::vector<int64_t>{-1, 0}));
  EXPECT_TRUE(at::equal(chain.store.flat_gradients(), 2 * chain.alone));
}

TEST(GradientBuckets, TellWhatWasNotFiniteBeforeTheSum) {
  for (const double bad : {std::nan(""), -HUGE_VAL}) {
    Chain chain(1);
    at::Tensor weight = chain.store.frozen(2);
    weight[1] = bad;
    chain.run({0, 1, 2, 3});
    EXPECT_FALSE(chain.buckets.were_finite());
    weight[1] = 1;
    chain.run({0, 1, 2, 3});
    EXPECT_TRUE(chain.buckets.were_finite());
  }
}

}  // namespace
}  // namespace jtr
