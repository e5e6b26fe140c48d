// A view of a batch with every label pattern, and how the kernels of the joint space see it.
#pragma once

#include <string>
#include <vector>

#include "kernels/joint_inputs.h"
#include "methods/joint_space.h"
#include "support.h"

namespace jtr::test {

struct JointCase {
  std::string name;
  std::vector<Variant> specs;
  int64_t height, width;
};

/// All kinds of task, several of one kind, one task; sizes about a block of the CPU kernels (256 pixels) and odd ones.
inline std::vector<JointCase> joint_cases() {
  return {{"AllKinds", {segmentation(5), depth(), normals(), map(2)}, 7, 9},
          {"AllKindsOverABlock", {map(3), normals(), segmentation(13), depth()}, 17, 31},
          {"TwoOfAKind", {segmentation(2), segmentation(7, "more"), depth(), depth("far")}, 16, 16},
          {"Segmentation", {segmentation(3)}, 1, 5},
          {"Normals", {normals()}, 3, 3},
          {"Map", {map()}, 13, 23},
          {"Depth", {depth()}, 2, 2}};
}

/// Sample i has a label of task t where bit t of i is set.
struct JointFixture {
  JointFixture(const JointCase& c, at::ScalarType dtype) : tasks(c.specs) {
    const int64_t k = static_cast<int64_t>(tasks.size()), samples = int64_t{1} << k;
    std::vector<uint8_t> w;
    for (int64_t i = 0; i < samples * k; ++i) w.push_back((i / k) >> (i % k) & 1);
    const at::Tensor labels = random_labels(tasks, 1, samples, c.height, c.width, 3);
    view.prediction = random_predictions(tasks, 1, samples, c.height, c.width, 4)[0].to(dtype);
    view.label = upload_labels(tasks, labels, w, dtype)[0];
    view.labelled = upload_labelled(labelled_matrix(w, c.specs.size()), at::kCPU);
    view.noise = uniform({samples, kNoiseSlots, tasks.noise_channels(), c.height, c.width}, 0.05, 3, 5).to(dtype);
    // Noise that is never used is zero.
    if (view.noise.numel() > 0) view.noise.select(1, kCompletion1)[samples - 1].zero_();
    stacked = {2 * samples, tasks.channels(), c.height, c.width};
  }

  at::Tensor random_stacks(double low, double high, uint64_t seed, at::MemoryFormat format) const {
    return uniform(stacked, low, high, seed).to(view.prediction.scalar_type()).contiguous(format);
  }

  TaskSet tasks;
  JointView view;
  std::vector<int64_t> stacked;
};

/// What a step asks for: view 1 in both modes, view 2 in both.
inline std::vector<StackNoise> stack_uses() {
  return {{kCompletion1, kPrediction1, false},
          {kPrediction1, kPrediction1, true},
          {kCompletion2, kernels::kNoNoise, false},
          {kCompletion2, kernels::kNoNoise, true}};
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace jtr::test
