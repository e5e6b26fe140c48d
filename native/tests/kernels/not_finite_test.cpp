// NaN comes through every kernel, on the CPU and in what CUDA computes: a network with a broken weight must not predict
// numbers that look like others.
#include <cmath>
#include <limits>

#include "kernels/device/joint_reconstruction.h"
#include "kernels/device/norm_relu.h"
#include "kernels/joint_fixture.h"
#include "kernels/joint_reconstruction.h"
#include "kernels/norm_relu.h"
#include "kernels/one_hot.h"

namespace jtr {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

/// A map [2, 21, 5, 38] with one NaN (of either sign: processors make negative ones), whose place is given: vectors and
/// what is left over of them.
using Parameter = std::tuple<at::ScalarType, at::MemoryFormat, int64_t /* column */, int64_t /* channel */>;

class NotFinite : public testing::TestWithParam<Parameter> {
 protected:
  NotFinite() {
    const auto& [dtype, format, column, channel] = GetParam();
    x = test::uniform({2, kChannels, 5, 38}, -1, 1, 1).to(dtype).contiguous(format);
    x[1][channel][2][column] = column % 2 == 0 ? kNan : -kNan;
    gamma = test::uniform({kChannels}, 0.5, 1.5, 2).to(weights());
    beta = test::uniform({kChannels}, -0.5, 0.5, 3).to(weights());
    running = {at::zeros({1, kChannels}, weights()), at::ones({1, kChannels}, weights()),
               at::ones({1, kChannels}, weights())};
  }

  static constexpr int64_t kChannels = 21;
  at::ScalarType weights() const { return std::get<0>(GetParam()) == at::kDouble ? at::kDouble : at::kFloat; }
  int64_t column() const { return std::get<2>(GetParam()); }
  int64_t channel() const { return std::get<3>(GetParam()); }

  /// Only the given place of sample 1 and the channel is NaN.
  void expect_nan_at(const at::Tensor& map, int64_t row, int64_t at_column) const {
    EXPECT_TRUE(std::isnan(map[1][channel()][row][at_column].item<double>()));
    EXPECT_EQ(map.isnan().sum().item<int64_t>(), 1);
  }

  at::Tensor x, gamma, beta;
  kernels::NormStatistics running;  // such as evaluation has
};

TEST_P(NotFinite, NormAndReluKeepIt) { expect_nan_at(kernels::norm_relu(x, gamma, beta, running), 2, column()); }

TEST_P(NotFinite, APoolKeepsIt) {
  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, running);
  expect_nan_at(p, 1, column() / 2);
  EXPECT_LT(code.max().item<int64_t>(), 4);
}

TEST_P(NotFinite, AnUnpoolKeepsIt) {
  at::Tensor y = x.narrow(2, 0, 4).contiguous(x.suggest_memory_format());
  const at::Tensor code = at::full(y.sizes(), 3, at::kByte).contiguous(x.suggest_memory_format());
  expect_nan_at(kernels::unpool(y, code, 8, 76), 5, 2 * column() + 1);
  const at::Tensor large = kernels::unpool(y, code, 8, 76);
  expect_nan_at(kernels::unpool_backward(large, code), 2, column());
}

TEST_P(NotFinite, StatisticsKeepIt) {
  for (const bool per_sample : {false, true}) {
    const kernels::NormStatistics s = kernels::norm_statistics(x, per_sample, 1e-5);
    for (const at::Tensor& of : {s.mean, s.var, s.invstd}) {
      EXPECT_EQ(of.isnan().sum().item<int64_t>(), 1) << per_sample;
      EXPECT_TRUE(std::isnan(of[-1][channel()].item<double>())) << per_sample;
    }
  }
}

TEST_P(NotFinite, GradientsKeepIt) {
  const at::Tensor d = at::ones_like(x);
  // Where z is NaN the gradient passes, as in ATen: what comes out of the sums is NaN in the whole channel.
  const kernels::NormGradients g = kernels::norm_relu_backward(d, x, gamma, beta, running);
  EXPECT_TRUE(g.x.select(1, channel()).isnan().all().item<bool>());
  EXPECT_TRUE(std::isnan(g.gamma[channel()].item<double>()));
  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, running);
  const kernels::NormGradients q = kernels::norm_relu_pool_backward(at::ones_like(p), p, code, x, gamma, beta, running);
  EXPECT_TRUE(std::isnan(q.gamma[channel()].item<double>()));
  EXPECT_TRUE(q.x.select(1, channel()).isnan().all().item<bool>());
}

TEST_P(NotFinite, TheDevicesCodeDoesTheSame) {
  if (x.scalar_type() != at::kDouble) return;  // the formulas are one for all formats
  const bool last = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  const kernels::device::Shape shape{2, kChannels, 5, 38, last}, pooled{2, kChannels, 2, 19, last};
  const auto data = [](const at::Tensor& tensor) { return tensor.data_ptr<double>(); };
  const kernels::device::NormView<double> norm{data(gamma), data(beta), data(running.mean), data(running.invstd), 1};
  const at::Tensor y = at::empty_like(x);
  for (int64_t i = 0; i < shape.elements(); ++i) kernels::device::norm_relu_at(i, data(x), shape, norm, data(y));
  expect_nan_at(y, 2, column());
  const auto [p, code] = kernels::norm_relu_pool(x, gamma, beta, running);
  const at::Tensor own_p = at::empty_like(p), own_code = at::empty_like(code);
  for (int64_t i = 0; i < pooled.elements(); ++i) {
    kernels::device::norm_relu_pool_at(i, data(x), shape, pooled, norm, data(own_p), own_code.data_ptr<uint8_t>());
  }
  expect_nan_at(own_p, 1, column() / 2);
  double mean = 0, var = 0, invstd = 0;
  kernels::device::finish_moments({kNan, kNan}, data(x), shape, 0, 10, 1e-5, &mean, &var, &invstd);
  EXPECT_TRUE(std::isnan(mean) && std::isnan(var) && std::isnan(invstd));
  EXPECT_TRUE(std::isnan(kernels::device::sign_of(kNan)));
}

INSTANTIATE_TEST_SUITE_P(Kernels, NotFinite,
                         testing::Combine(testing::Values(at::kFloat, at::kDouble, at::kBFloat16),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values<int64_t>(0, 1, 2, 37), testing::Values<int64_t>(0, 20)));

TEST(OneHot, APixelWithANanHasNoLargestChannel) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    for (const int64_t place : {0, 3, 6}) {
      const at::Tensor x = test::uniform({1, 7, 5, 41}, -1, 1, 1).to(dtype);
      x[0][place][3][9] = kNan;
      x[0][2][1][1] = std::numeric_limits<double>::infinity();  // which is the largest
      const at::Tensor out = kernels::one_hot_of_max(x);
      const at::Tensor bad = out.isnan();
      EXPECT_TRUE(bad.select(3, 9).select(2, 3).all().item<bool>()) << place;
      EXPECT_EQ(bad.sum().item<int64_t>(), 7) << place;
      EXPECT_EQ(out[0][2][1][1].item<double>(), 1) << place;
      at::Tensor device = at::empty_like(x.to(at::kDouble));
      const at::Tensor wide = x.to(at::kDouble);
      for (int64_t i = 0; i < 5 * 41; ++i) {
        kernels::device::one_hot_at<double, double>(i, wide.data_ptr<double>(), {1, 7, 5, 41, false},
                                                    device.data_ptr<double>());
      }
      EXPECT_TRUE(device.isnan().equal(bad)) << place;
      EXPECT_TRUE(device.nan_to_num(-1).equal(out.to(at::kDouble).nan_to_num(-1))) << place;
    }
  }
}

/// A prediction of each kind of task that is NaN at a pixel makes the stacks, and so the losses, NaN.
class NotFinitePredictions : public testing::TestWithParam<std::tuple<at::ScalarType, Variant>> {};

TEST_P(NotFinitePredictions, MakeStacksAndLossesNotFinite) {
  const auto& [dtype, spec] = GetParam();
  test::JointFixture f({"", {spec}, 5, 60}, dtype);  // sample 0 is not labelled, sample 1 is
  const int64_t channel = f.tasks.channels() - 1;
  f.view.prediction[0][channel][2][33] = kNan;
  f.view.label.masked_fill_(f.view.label.eq(f.tasks[0].invalid_label()).logical_or(f.view.label.isnan()), 0.5);
  if (f.tasks[0].kind() == "segmentation") f.view.label.floor_();
  const kernels::ChannelGroups groups = *f.tasks.channel_groups();
  const auto plain = make_plain_joint_space({&f.tasks, false, at::MemoryFormat::Contiguous});
  for (const StackNoise& use : test::stack_uses()) {
    const at::Tensor stacks = kernels::joint_stacks(groups, f.view, use, at::MemoryFormat::Contiguous);
    EXPECT_TRUE(stacks.isnan().equal(plain->stacks(f.view, use).isnan()));
    for (const int64_t row : {0, 2}) {  // the completed stack and that of predictions
      EXPECT_TRUE(std::isnan(stacks[row][channel][2][33].item<double>())) << row;
    }
    EXPECT_FALSE(stacks[1].isnan().any().item<bool>());
  }
  const at::Tensor r = f.random_stacks(-3, 3, 9, at::MemoryFormat::Contiguous);
  at::Tensor dr;
  const at::Tensor loss =
      kernels::joint_reconstruction(groups, f.view, r, {false, kCompletionTarget2, kPredictionTarget2}, {}, 1, dr);
  EXPECT_TRUE(std::isnan(loss[0].item<double>()));
  EXPECT_TRUE(std::isfinite(loss[1].item<double>()));
  if (dtype != at::kDouble) return;
  const auto in = kernels::inputs_of<double>(f.view);
  const at::Tensor out = at::empty(f.stacked, at::kDouble);
  const StackNoise use = test::stack_uses()[0];
  for (int64_t i = 0; i < in.samples * in.pixels; ++i) {
    kernels::device::stacks_at(i, groups, in, use,
                               kernels::stacks_shape(f.view.prediction, at::MemoryFormat::Contiguous),
                               out.data_ptr<double>());
  }
  EXPECT_TRUE(out.isnan().equal(plain->stacks(f.view, use).isnan()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, NotFinitePredictions,
                         testing::Combine(testing::Values(at::kFloat, at::kDouble),
                                          testing::Values(test::segmentation(5), test::depth(), test::normals(),
                                                          test::map(2))),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == at::kDouble ? "Double" : "Float") +
                                  std::get<1>(info.param).options.value("name", std::string());
                         });

}  // namespace
}  // namespace jtr
