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

/// A task as it stands in a trainer's options.
inline Variant task(const std::string& kind, const std::string& name, Json options = Json::object()) {
  options["name"] = name;
  return Variant::of(kind, options, "kind");
}
inline Variant segmentation(int64_t classes = 5, const std::string& name = "segmentation") {
  return task("segmentation", name, {{"classes", classes}});
}
inline Variant depth(const std::string& name = "depth") {
  return task("depth", name, {{"mean", 2.3618}, {"std", 1.5876}});
}
inline Variant normals() { return task("normals", "normals"); }
inline Variant map(int64_t channels = 1) { return task("map", "map", {{"channels", channels}}); }

/// The task itself.
inline std::unique_ptr<Task> make_task(const Variant& spec) { return Task::registry().make(spec, {}); }

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
    const std::string& kind = tasks[t].kind();
    if (kind == "segmentation") {
      label = uniform({n, 1, height, width}, 0, static_cast<double>(tasks[t].channels()) - 1e-9, s).floor();
    } else if (kind == "depth") {
      label = uniform({n, 1, height, width}, 0.5, 8, s);
    } else if (kind == "normals") {
      const at::Tensor v = uniform({n, 3, height, width}, -1, 1, s);
      label = v / v.norm(2, {1}, true);
    } else {
      label = uniform({n, tasks[t].channels(), height, width}, 0, 1, s);
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
    const bool is_map = tasks[t].kind() == "map", is_depth = tasks[t].kind() == "depth";
    parts.push_back(
        tasks[t].activate(uniform({views * samples, tasks[t].channels(), height, width}, is_map || is_depth ? 0.1 : -2,
                                  is_depth ? 6 : (is_map ? 0.9 : 2), seed * 100 + 70 + t)));
  }
  return at::cat(parts, 1).view({views, samples, tasks.channels(), height, width}).contiguous();
}

/// Each task's part of a stack of labels [V, B, L, H, W], over the same memory.
inline std::vector<at::Tensor> split_labels(const TaskSet& tasks, const at::Tensor& stack) {
  std::vector<at::Tensor> parts;
  for (size_t t = 0; t < tasks.size(); ++t) {
    parts.push_back(stack.narrow(2, tasks.label_offset(t), tasks[t].label_channels()));
  }
  return parts;
}

/// [B, K] over the memory of `labelled`.
inline at::Tensor labelled_matrix(std::vector<uint8_t>& labelled, size_t tasks) {
  return at::from_blob(labelled.data(), {static_cast<int64_t>(labelled.size() / tasks), static_cast<int64_t>(tasks)},
                       at::kByte);
}

/// Labels [V, B, L, H, W] as a step sees them: the invalid value where a sample is not labelled.
inline at::Tensor upload_labels(const TaskSet& tasks, const at::Tensor& stack, std::vector<uint8_t> labelled,
                                at::ScalarType dtype) {
  return checked_labels(tasks, split_labels(tasks, stack), labelled_matrix(labelled, tasks.size()), stack.size(0),
                        stack.size(3), stack.size(4), false)
      .planes.to(dtype);
}

/// A batch in memory of its own.
struct OwnedBatch {
  at::Tensor images, labels;  // [3, B, 3, H, W], [3, B, L, H, W]
  std::vector<uint8_t> labelled;
  HostBatch host{};
};

inline OwnedBatch random_batch(const std::vector<Variant>& specs, std::vector<uint8_t> labelled, int64_t height,
                               int64_t width, uint64_t seed) {
  const TaskSet tasks(specs);
  const int64_t samples = static_cast<int64_t>(labelled.size() / specs.size());
  OwnedBatch batch;
  batch.images = uniform({3, samples, 3, height, width}, 0, 1, seed).to(at::kFloat);
  batch.labels = random_labels(tasks, 3, samples, height, width, seed);
  batch.labelled = std::move(labelled);
  batch.host.images = batch.images;
  batch.host.labels = split_labels(tasks, batch.labels);
  batch.host.labelled = labelled_matrix(batch.labelled, specs.size());
  return batch;
}

inline TrainerOptions trainer_options(std::vector<Variant> tasks, const std::string& method = "jtr", int64_t width = 2,
                                      Precision precision = at::kDouble) {
  TrainerOptions options;
  options.tasks = std::move(tasks);
  options.network = Variant::of("segnet", {{"width", width}});
  options.method = Variant::of(method);
  options.optimizer = Variant::of("adam", {{"learning_rate", 1e-3}});
  options.seed = 7;
  if (method == "teacher") options.ema_decay = 0.9;
  options.format = precision.stored == at::kDouble        ? Format::kFloat64
                   : precision.convolved == at::kBFloat16 ? Format::kBFloat16
                                                          : Format::kFloat32;
  options.device_choice = DeviceChoice::kCpu;
  return options;
}

/// A name as GoogleTest takes it.
inline std::string identifier(std::string name) {
  for (size_t plus = name.find('+'); plus != std::string::npos; plus = name.find('+')) name.replace(plus, 1, "_plus");
  return name;
}

/// What a step did, with the method's first and second term by the names that the JTR loss has for them.
struct Losses {
  int64_t step;
  double loss, supervised, dist, recon, learning_rate, gradient_norm;
};

inline Losses step(Trainer& trainer, const HostBatch& batch, const StepRequest& request = {}) {
  const StepResult done = trainer.step(batch, request);
  const size_t own = 1 + trainer.tasks().size();
  const auto term = [&](size_t i) { return done.terms.size() > i ? done.terms[i] : 0; };
  return {done.step, done.loss, done.terms[0], term(own), term(own + 1), done.learning_rate, done.gradient_norm};
}

/// Asks for the predictions of all tasks in a tensor [V, B, C, H, W].
inline void want_predictions(StepRequest& request, const Trainer& trainer, const at::Tensor& out) {
  for (size_t t = 0; t < trainer.tasks().size(); ++t) {
    request.predictions.emplace_back(t,
                                     out.narrow(2, trainer.tasks().channel_offset(t), trainer.tasks()[t].channels()));
  }
}

/// Predictions of all pixel tasks, float [N, C, H, W].
inline at::Tensor predict(const Trainer& trainer, const at::Tensor& images) {
  const TaskSet& tasks = trainer.tasks();
  const at::Tensor out = at::empty({images.size(0), tasks.channels(), images.size(2), images.size(3)}, at::kFloat);
  StepRequest::Numbered wanted;
  for (size_t t = 0; t < tasks.size(); ++t) wanted.emplace_back(t, tasks.prediction(out, t));
  trainer.predict(images, wanted);
  return out;
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
  for (const TensorEntry& entry : trainer.state().entries()) {
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
