// On a GPU, against the CPU's results: kernels, whole steps of every method, the next batch's copy. Skipped where there
// is no GPU, or no CUDA in this library.
#include <cmath>

#include "compat.h"
#include "kernels/adam.h"
#include "kernels/exponential_noise.h"
#include "kernels/gradient_norm.h"
#include "kernels/norm_relu.h"
#include "kernels/one_hot.h"
#include "methods/method.h"
#include "support.h"

namespace jtr {
namespace {

const at::Device kGpu(at::kCUDA, 0);

/// Sums of up to 8,643 terms in double.
constexpr double kKernelBound = 1e-12;
/// A step through both networks in double: convolutions of cuDNN and oneDNN add up in other orders.
constexpr double kStepBound = 1e-8;

struct OnGpu : testing::Test {
  void SetUp() override {
    if (!JTR_WITH_CUDA || cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU, or this library has no CUDA";
  }
};

class CudaNormRelu : public testing::TestWithParam<std::tuple<bool, at::MemoryFormat, std::vector<int64_t>>> {
 protected:
  void SetUp() override {
    if (!JTR_WITH_CUDA || cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU, or this library has no CUDA";
  }
};

kernels::NormStatistics moved(const kernels::NormStatistics& s) {
  return {s.mean.to(kGpu), s.var.to(kGpu), s.invstd.to(kGpu)};
}

void expect_same(const at::Tensor& gpu, const at::Tensor& cpu, const char* what) {
  EXPECT_TRUE(gpu.is_cuda()) << what;
  EXPECT_LT(test::relative_error(gpu.to(at::kCPU), cpu), kKernelBound) << what;
}

TEST_P(CudaNormRelu, AgreesWithTheCpu) {
  const auto& [per_sample, format, sizes] = GetParam();
  const at::Tensor x = test::uniform(sizes, -1, 3, 1).contiguous(format), gx = x.to(kGpu).contiguous(format);
  const at::Tensor gamma = test::uniform({sizes[1]}, -1.5, 1.5, 2), beta = test::uniform({sizes[1]}, -0.5, 0.5, 3);
  const at::Tensor ggamma = gamma.to(kGpu), gbeta = beta.to(kGpu);
  const kernels::NormStatistics s = kernels::norm_statistics(x, per_sample, 1e-5);
  const kernels::NormStatistics gs = kernels::norm_statistics(gx, per_sample, 1e-5);
  expect_same(gs.mean, s.mean, "mean");
  expect_same(gs.var, s.var, "var");
  expect_same(gs.invstd, s.invstd, "invstd");
  expect_same(kernels::norm_relu(gx, ggamma, gbeta, moved(s)), kernels::norm_relu(x, gamma, beta, s), "norm_relu");
  const auto compare = [](const kernels::NormGradients& a, const kernels::NormGradients& b) {
    expect_same(a.x, b.x, "gradient of x");
    expect_same(a.gamma, b.gamma, "gradient of gamma");
    expect_same(a.beta, b.beta, "gradient of beta");
  };
  const at::Tensor d = test::uniform(sizes, -1, 1, 4).contiguous(format), gd = d.to(kGpu).contiguous(format);
  compare(kernels::norm_relu_backward(gd, gx, ggamma, gbeta, moved(s)),
          kernels::norm_relu_backward(d, x, gamma, beta, s));

  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, s);
  const auto [gp, gcode] = kernels::norm_relu_pool(gx, ggamma, gbeta, moved(s));
  expect_same(gp, p, "norm_relu_pool");
  EXPECT_TRUE(gcode.to(at::kCPU).equal(code));
  const at::Tensor dp = test::uniform(p.sizes(), -1, 1, 5).contiguous(format), gdp = dp.to(kGpu).contiguous(format);
  compare(kernels::norm_relu_pool_backward(gdp, gp, gcode, gx, ggamma, gbeta, moved(s)),
          kernels::norm_relu_pool_backward(dp, p, code, x, gamma, beta, s));
  expect_same(kernels::unpool(gp, gcode, sizes[2], sizes[3]), kernels::unpool(p, code, sizes[2], sizes[3]), "unpool");
  expect_same(kernels::unpool_backward(gd, gcode), kernels::unpool_backward(d, code), "unpool_backward");
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, CudaNormRelu,
    testing::Combine(testing::Bool(), testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                     testing::Values(std::vector<int64_t>{3, 5, 8, 12}, std::vector<int64_t>{2, 3, 7, 5},
                                     std::vector<int64_t>{1, 4, 2, 2}, std::vector<int64_t>{2, 2, 67, 129},
                                     std::vector<int64_t>{5, 33, 4, 6})));

/// A GPU is enough: without CUDA in this library, ATen computes on it.
struct OnAnyGpu : testing::Test {
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU";
  }
};

TEST_F(OnAnyGpu, PointwiseKernelsAgreeWithTheCpuWithAndWithoutCudaInThisLibrary) {
  at::Tensor noise = at::empty({1003}, at::kDouble), gpu_noise = noise.to(kGpu);
  kernels::exponential_noise(noise, 7, 3);
  kernels::exponential_noise(gpu_noise, 7, 3);
  EXPECT_LT(test::relative_error(gpu_noise.to(at::kCPU), noise), 1e-6);  // logarithms in float
  const at::Tensor g = test::uniform({5001}, -1, 1, 2).to(at::kFloat);
  EXPECT_NEAR(kernels::squared_norm(g.to(kGpu)), kernels::squared_norm(g), 1e-9);
}

TEST_F(OnGpu, ReductionsTakeMoreChannelsThanAGridHasInY) {
  for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const at::Tensor x = test::uniform({1, 76800, 3, 4}, -1, 3, 1).contiguous(format);
    const kernels::NormStatistics s = kernels::norm_statistics(x, true, 1e-5);
    const kernels::NormStatistics gs = kernels::norm_statistics(x.to(kGpu).contiguous(format), true, 1e-5);
    expect_same(gs.mean, s.mean, "mean");
    expect_same(gs.invstd, s.invstd, "invstd");
  }
}

using CudaKernels = OnGpu;

TEST_F(CudaKernels, PointwiseOnesAgreeWithTheCpu) {
  const at::Tensor x = test::uniform({2, 13, 7, 9}, -3, 3, 1);
  EXPECT_TRUE(kernels::one_hot_of_max(x.to(kGpu)).to(at::kCPU).equal(kernels::one_hot_of_max(x)));

  at::Tensor noise = at::empty({1003}, at::kDouble), gpu_noise = noise.to(kGpu);
  kernels::exponential_noise(noise, 7, 3);
  kernels::exponential_noise(gpu_noise, 7, 3);
  expect_same(gpu_noise, noise, "exponential_noise");

  const at::Tensor g = test::uniform({5001}, -1, 1, 2);
  EXPECT_NEAR(kernels::squared_norm(g.to(kGpu)), kernels::squared_norm(g), 1e-9);
  at::Tensor p = test::uniform({5001}, -1, 1, 3), m = test::uniform({5001}, -1, 1, 4),
             v = test::uniform({5001}, 0, 1, 5);
  at::Tensor gp = p.to(kGpu), gm = m.to(kGpu), gv = v.to(kGpu);
  const kernels::AdamFactors factors{0.9, 0.999, 1e-8, 1e-2, 0.1};
  kernels::adam(p, g, m, v, factors);
  kernels::adam(gp, g.to(kGpu), gm, gv, factors);
  expect_same(gp, p, "adam: weights");
  expect_same(gm, m, "adam: first moment");
  expect_same(gv, v, "adam: second moment");
}

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};
const std::vector<uint8_t> kLabelled = {1, 0, 0, 1, 0, 1, 1, 0};

/// Options of a trainer on the GPU, without TF32, which is a format of ten bits.
TrainerOptions on_gpu(TrainerOptions options) {
  options.device_choice = DeviceChoice::kCuda;
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  return options;
}

class CudaStep : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!JTR_WITH_CUDA || cuda_device_count() == 0) GTEST_SKIP() << "there is no GPU, or this library has no CUDA";
  }
};

TEST_P(CudaStep, GivesTheCpusLossesAndGradients) {
  Trainer cpu(test::trainer_options(kTasks, GetParam(), 4));
  Trainer gpu(on_gpu(test::trainer_options(kTasks, GetParam(), 4)));
  EXPECT_EQ(test::relative_error(test::all_state(gpu).to(at::kCPU), test::all_state(cpu)), 0) << "initial weights";
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 32, 64, 1);
  batch.host.crops = at::tensor({1.5, 2.0, 3.0, 20.0, 40.0, 1.0}, at::kDouble).expand({3, 2, kCropFields}).clone();
  batch.host.crops.select(2, 5).select(1, 0).zero_();  // one mirrored, one not
  const test::Losses expected = test::step(cpu, batch.host), actual = test::step(gpu, batch.host);
  EXPECT_NEAR(actual.loss, expected.loss, kStepBound * std::abs(expected.loss));
  EXPECT_NEAR(actual.dist, expected.dist, kStepBound * (1 + std::abs(expected.dist)));
  EXPECT_NEAR(actual.recon, expected.recon, kStepBound * (1 + std::abs(expected.recon)));
  EXPECT_NEAR(actual.gradient_norm, expected.gradient_norm, 1e-6 * expected.gradient_norm);
}

INSTANTIATE_TEST_SUITE_P(Methods, CudaStep,
                         testing::Values("supervised", "single_task", "consistency", "direct_map", "perceptual_map",
                                         "mtpsl", "jtr"));

using CudaTraining = OnGpu;

TEST_F(CudaTraining, CopyingTheNextBatchAheadChangesNothing) {
  Trainer plain(on_gpu(test::trainer_options(kTasks, "jtr", 4)));
  Trainer ahead(on_gpu(test::trainer_options(kTasks, "jtr", 4)));
  std::vector<test::OwnedBatch> batches;
  for (uint64_t i = 0; i < 4; ++i) batches.push_back(test::random_batch(kTasks, kLabelled, 64, 96, i + 1));
  for (size_t i = 0; i < batches.size(); ++i) {
    StepRequest request;
    if (i + 1 < batches.size()) request.next = &batches[i + 1].host;
    const test::Losses expected = test::step(plain, batches[i].host),
                       actual = test::step(ahead, batches[i].host, request);
    // cuDNN's gradients of weights may add up in another order from one run to the next.
    EXPECT_NEAR(actual.loss, expected.loss, 1e-6 * std::abs(expected.loss)) << "step " << i;
  }
}

TEST_F(CudaTraining, InBFloat16ItLearnsABatchByHeart) {
  Trainer trainer(on_gpu(test::trainer_options(kTasks, "jtr", 8, Precision{at::kFloat, at::kBFloat16})));
  test::OwnedBatch batch = test::random_batch(kTasks, kLabelled, 64, 64, 1);
  const double first = test::step(trainer, batch.host).supervised;
  double last = first;
  for (int i = 0; i < 60; ++i) last = test::step(trainer, batch.host).supervised;
  EXPECT_LT(last, 0.9 * first);
}

}  // namespace
}  // namespace jtr
