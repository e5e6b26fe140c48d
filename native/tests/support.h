// What several native tests share: small random batches, and closeness.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "error.h"
#include "seeds.h"
#include "tasks/task.h"
#include "training/host_batch.h"
#include "training/trainer.h"

namespace jtr::test {

inline TaskSpec segmentation(int64_t classes = 5) {
  return {"segmentation", JTR_TASK_KIND_SEGMENTATION, classes, 0, 1};
}
inline TaskSpec depth() { return {"depth", JTR_TASK_KIND_DEPTH, 1, 2.3618, 1.5876}; }
inline TaskSpec normals() { return {"normals", JTR_TASK_KIND_NORMALS, 3, 0, 1}; }
inline TaskSpec map(int64_t channels = 1) { return {"map", JTR_TASK_KIND_MAP, channels, 0, 1}; }

/// A generator of the running test's own numbers: of its name and of `seed`, whatever ran before and in whatever order.
inline at::Generator generator(uint64_t seed) {
  at::Generator own = at::globalContext().defaultGenerator(at::kCPU).clone();
  own.set_current_seed(seed_of_test() + seed);
  return own;
}

/// Random numbers of the running test, in double: uniform ones.
inline at::Tensor uniform(at::IntArrayRef sizes, double low, double high, uint64_t seed) {
  return at::empty(sizes, at::kDouble).uniform_(low, high, generator(seed));
}

/// Normal ones, of mean 0 and deviation 1.
inline at::Tensor normal(at::IntArrayRef sizes, uint64_t seed) {
  return at::empty(sizes, at::kDouble).normal_(0, 1, generator(seed));
}

/// Labels of every task for V x B samples, a fifth of the pixels invalid: float [V, B, L, H, W].
inline at::Tensor random_labels(const TaskSet& tasks, int64_t views, int64_t samples, int64_t height, int64_t width,
                                uint64_t seed) {
  const int64_t n = views * samples;
  std::vector<at::Tensor> parts;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const uint64_t s = seed * 100 + t;
    at::Tensor label;
    switch (tasks[t].spec().kind) {
      case JTR_TASK_KIND_SEGMENTATION:
        label = uniform({n, 1, height, width}, 0, static_cast<double>(tasks[t].channels()) - 1e-9, s).floor();
        break;
      case JTR_TASK_KIND_DEPTH:
        label = uniform({n, 1, height, width}, 0.5, 8, s);
        break;
      case JTR_TASK_KIND_NORMALS: {
        const at::Tensor v = uniform({n, 3, height, width}, -1, 1, s);
        label = v / v.norm(2, {1}, true);
        break;
      }
      case JTR_TASK_KIND_MAP:
        label = uniform({n, tasks[t].channels(), height, width}, 0, 1, s);
        break;
    }
    const at::Tensor hidden = uniform({n, 1, height, width}, 0, 1, s + 50).lt(0.2);
    parts.push_back(at::where(hidden, at::full({}, tasks[t].invalid_label(), at::kDouble), label));
  }
  return at::cat(parts, 1).view({views, samples, tasks.label_channels(), height, width}).to(at::kFloat).contiguous();
}

/// Predictions as heads give them (normals of unit length): double [V, B, C, H, W].
inline at::Tensor random_predictions(const TaskSet& tasks, int64_t views, int64_t samples, int64_t height,
                                     int64_t width, uint64_t seed) {
  std::vector<at::Tensor> parts;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const bool is_map = tasks[t].spec().kind == JTR_TASK_KIND_MAP,
               is_depth = tasks[t].spec().kind == JTR_TASK_KIND_DEPTH;
    parts.push_back(
        tasks[t].activate(uniform({views * samples, tasks[t].channels(), height, width}, is_map || is_depth ? 0.1 : -2,
                                  is_depth ? 6 : (is_map ? 0.9 : 2), seed * 100 + 70 + t)));
  }
  return at::cat(parts, 1).view({views, samples, tasks.channels(), height, width}).contiguous();
}

/// A batch in memory of its own.
struct OwnedBatch {
  at::Tensor images, labels;
  std::vector<uint8_t> labelled;
  HostBatch host{};
};

inline OwnedBatch random_batch(const std::vector<TaskSpec>& specs, std::vector<uint8_t> labelled, int64_t height,
                               int64_t width, uint64_t seed) {
  const TaskSet tasks(specs);
  const int64_t samples = static_cast<int64_t>(labelled.size() / specs.size());
  OwnedBatch batch;
  batch.images = uniform({3, samples, 3, height, width}, 0, 1, seed).to(at::kFloat);
  batch.labels = random_labels(tasks, 3, samples, height, width, seed);
  batch.labelled = std::move(labelled);
  batch.host = {3,
                samples,
                height,
                width,
                batch.images.data_ptr<float>(),
                batch.labels.data_ptr<float>(),
                batch.labelled.data(),
                nullptr};
  return batch;
}

inline TrainerOptions trainer_options(std::vector<TaskSpec> tasks, const std::string& method = "jtr", int64_t width = 2,
                                      Precision precision = at::kDouble) {
  return {std::move(tasks),
          width,
          method,
          {JTR_JOINT_TASK_MODE_PUBLISHED, width, 4, 2, 0},
          {1e-3, 0.9, 0.999, 1e-8, 0, 0.5},
          7,
          precision,
          at::Device(at::kCPU)};
}

/// |a - b| / |b|, L2.
inline double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm().clamp_min(1e-300)).item<double>();
}

/// Step of central differences through a whole network.
constexpr double kNetworkStep = 1e-7;

/// Compares gradients of a network's weights with finite differences. A ReLU or pool that turns over within the step
/// spoils the difference of an early layer's weight a little, so nine in ten must agree closely and all roughly.
inline void expect_gradients_agree(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  ASSERT_GT(actual.size(), 30u);
  size_t close = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(actual[i] - expected[i]), size = std::abs(expected[i]);
    close += error < 1e-6 + 1e-4 * size;
    EXPECT_LT(error, 2e-3 + 2e-2 * size) << "gradient " << i << ": " << actual[i] << ", expected " << expected[i];
  }
  EXPECT_GE(static_cast<double>(close), 0.9 * static_cast<double>(actual.size()));
}

/// All state of a trainer in one tensor.
inline at::Tensor all_state(const Trainer& trainer) {
  std::vector<at::Tensor> parts;
  for (const TensorEntry& entry : trainer.tensors(JTR_TENSOR_KIND_STATE).entries()) {
    parts.push_back(entry.tensor.flatten().to(at::kDouble).clone());
  }
  return at::cat(parts);
}

/// Runs `body`, which must throw an Error; gives it back.
inline Error caught(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(JTR_STATUS_OK, "");
}

}  // namespace jtr::test
