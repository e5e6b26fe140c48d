// The CUDA kernels of joint_stacks.h and joint_reconstruction.h, against the CPU's: every kind of task, every pattern
// of labels, both layouts, several orders of threads.
#include <limits>

#include "emulated/tests/on_device.h"
#include "kernels/joint_inputs.h"

namespace jtr {
namespace {

using emulated::to_device;
using emulated::to_host;
using kernels::ChannelGroup;
using kernels::ChannelGroups;
using kernels::Encoding;
using kernels::JointView;
using kernels::StackNoise;
using test::checked_once;
using test::drawn;
using test::on_cpu;
using test::on_cuda;

/// Segmentation of 5 classes, depth, normals, a map of 2 channels; another of 3 classes.
ChannelGroups five_groups() {
  ChannelGroups groups{};
  const auto add = [&](Encoding encoding, int64_t channels, int64_t labels, int64_t noise) {
    ChannelGroup& group = groups.group[groups.count];
    group.encoding = encoding;
    group.channels = channels;
    group.label_channels = labels;
    group.noise_channels = noise;
    if (groups.count > 0) {
      const ChannelGroup& before = groups.group[groups.count - 1];
      group.channel = before.channel + before.channels;
      group.label = before.label + before.label_channels;
      group.noise = before.noise + before.noise_channels;
    }
    ++groups.count;
  };
  add(Encoding::kOneHot, 5, 1, 5);
  add(Encoding::kNormalCdf, 1, 1, 0);
  add(Encoding::kDirection, 3, 3, 0);
  add(Encoding::kPlain, 2, 2, 0);
  add(Encoding::kOneHot, 3, 1, 3);
  groups.group[1].mean = 2.3618;
  groups.group[1].scale = 1 / (1.5876 * std::sqrt(2.0));
  return groups;
}

constexpr int64_t kChannels = 14, kNoise = 8, kSlots = 4;
constexpr int64_t kTasks = 5, kSamples = 1 << kTasks;

/// Sample i has a label of task t where bit t of i is set; a fifth of the labels is not known.
JointView every_pattern(at::ScalarType dtype, int64_t height, int64_t width) {
  const auto plane = [&](int64_t channels, double low, double high, uint64_t seed) {
    return drawn({kSamples, channels, height, width}, low, high, seed);
  };
  const auto directions = [&](uint64_t seed) {
    const at::Tensor v = plane(3, -1, 1, seed);
    return v / v.norm(2, {1}, true);
  };
  const at::Tensor prediction =
      at::cat({plane(5, -2, 2, 1), plane(1, 0.1, 6, 2), directions(3), plane(2, 0.1, 0.9, 4), plane(3, -2, 2, 5)}, 1);
  const at::Tensor bits =
      at::arange(kSamples, at::kLong).unsqueeze(1).bitwise_right_shift(at::arange(kTasks, at::kLong));
  const at::Tensor labelled = bits.bitwise_and(1).to(at::kBool);
  const auto known = [&](int64_t task, const at::Tensor& label, double invalid) {
    const at::Tensor keep = plane(1, 0, 1, 20 + static_cast<uint64_t>(task))
                                .ge(0.2)
                                .logical_and(labelled.select(1, task).view({kSamples, 1, 1, 1}));
    return at::where(keep, label, at::full({}, invalid, at::kDouble));
  };
  const at::Tensor label =
      at::cat({known(0, plane(1, 0, 5 - 1e-9, 6).floor(), -1), known(1, plane(1, 0.5, 8, 7), 0),
               known(2, directions(8), 0), known(3, plane(2, 0, 1, 9), std::numeric_limits<double>::quiet_NaN()),
               known(4, plane(1, 0, 3 - 1e-9, 10).floor(), -1)},
              1);
  const at::Tensor noise = drawn({kSamples, kSlots, kNoise, height, width}, 0.05, 3, 11);
  return {prediction.to(dtype).contiguous(), label.to(dtype).contiguous(), labelled.contiguous(), noise.to(dtype)};
}

JointView moved(const JointView& v) {
  return {to_device(v.prediction), to_device(v.label), to_device(v.labelled), to_device(v.noise)};
}

using Parameter = std::tuple<at::ScalarType, at::MemoryFormat, std::pair<int64_t, int64_t>>;

class EmulatedJointSpace : public testing::TestWithParam<Parameter> {
 protected:
  at::ScalarType dtype = std::get<0>(GetParam());
  at::MemoryFormat format = std::get<1>(GetParam());
  int64_t height = std::get<2>(GetParam()).first, width = std::get<2>(GetParam()).second;
  ChannelGroups groups = five_groups();
  JointView view = every_pattern(dtype, height, width), device = moved(view);
  kernels::device::Shape shape = kernels::stacks_shape(view.prediction, format);

  at::Tensor stacks_between(double low, double high, uint64_t seed) const {
    return drawn({2 * kSamples, kChannels, height, width}, low, high, seed, dtype, format);
  }
  void expect_same(const at::Tensor& on_gpu, const at::Tensor& cpu, const char* what) const {
    EXPECT_FALSE(cpu.isnan().any().item<bool>()) << what;
    EXPECT_LT(test::error_of(on_gpu, cpu), dtype == at::kDouble ? 1e-12 : 5e-6) << what;
  }
};

/// Noise slots of labels' completions and of predictions, and whether labels are masked: both views in both modes.
std::vector<StackNoise> uses() {
  return {{0, 1, false}, {1, 1, true}, {2, kernels::kNoNoise, false}, {3, kernels::kNoNoise, true}};
}

TEST_P(EmulatedJointSpace, BuildsTheStacksAndTheirGradient) {
  const at::Tensor d = stacks_between(-1, 1, 30), gd = to_device(d);
  for (const StackNoise& use : uses()) {
    at::Tensor expected = stacks_between(5, 6, 31);
    on_cpu().joint_stacks(groups, view, use, shape, expected);
    at::Tensor gradient = drawn(view.prediction.sizes(), -1, 1, 32, dtype);
    const at::Tensor before = gradient.clone();
    on_cpu().joint_stacks_backward(groups, view, use, d, shape, gradient);
    for (const unsigned order : test::kOrders) {
      at::Tensor out = to_device(stacks_between(5, 6, 31)), own = to_device(before);
      checked_once(order, [&] {
        on_cuda().joint_stacks(groups, device, use, shape, out);
        return 0;
      });
      expect_same(out, expected, "stacks");
      checked_once(order, [&] {
        on_cuda().joint_stacks_backward(groups, device, use, gd, shape, own);
        return 0;
      });
      expect_same(own, gradient, "gradient of the predictions");
    }
  }
}

TEST_P(EmulatedJointSpace, GivesTheReconstructionLossAndItsGradient) {
  const at::Tensor r = stacks_between(-3, 3, 33), gr = to_device(r);
  for (const bool corrected : {false, true}) {
    at::Tensor stacks = stacks_between(0, 1, 34);
    on_cpu().joint_stacks(groups, view, {2, kernels::kNoNoise, corrected}, shape, stacks);
    const at::Tensor gstacks = to_device(stacks);
    const kernels::ReconstructionTargets targets = {corrected, 0, 3};
    at::Tensor loss = at::empty({kSamples}, dtype), dr = at::empty_like(r);
    on_cpu().joint_reconstruction(groups, view, r, targets, stacks, shape, 0.3, loss, dr);
    for (const unsigned order : test::kOrders) {
      at::Tensor own_loss = to_device(at::full({kSamples}, 7.0, dtype)), own = to_device(stacks_between(5, 6, 35));
      checked_once(order, [&] {
        on_cuda().joint_reconstruction(groups, device, gr, targets, gstacks, shape, 0.3, own_loss, own);
        return 0;
      });
      expect_same(own_loss, loss, "loss");
      expect_same(own, dr, "gradient");
    }
  }
}

std::string name_of_case(const testing::TestParamInfo<Parameter>& info) {
  const auto& [dtype, format, sides] = info.param;
  return test::name_of(dtype, format) + "_" + std::to_string(sides.first) + "_" + std::to_string(sides.second);
}

using Sides = std::pair<int64_t, int64_t>;

INSTANTIATE_TEST_SUITE_P(Cases, EmulatedJointSpace,
                         testing::Combine(testing::Values(at::kDouble, at::kFloat),
                                          testing::Values(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast),
                                          testing::Values(Sides{1, 1}, Sides{7, 9})),
                         name_of_case);

}  // namespace
}  // namespace jtr
