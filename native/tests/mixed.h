// Random labels and predictions of tasks of both extents.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "support.h"

namespace jtr::test {

inline Variant classification(int64_t classes = 4, const std::string& name = "room") {
  return task("classification", name, {{"classes", classes}});
}
inline Variant tags(int64_t count = 3, const std::string& name = "tags") {
  return task("tags", name, {{"tags", count}});
}
inline Variant regression(const std::string& name = "pitch") {
  return task("regression", name, {{"channels", 2}, {"means", {3, -20}}, {"deviations", {0.5, 8}}});
}

/// A pixel task of classes and one of values, and every image kind.
inline std::vector<Variant> mixed_tasks() { return {segmentation(), classification(), depth(), tags(), regression()}; }

/// Labels of every task, float [V, B, l, H, W] or [V, B, l]; a fifth of what they say is not known. Those of image
/// tasks are the same in all views.
inline std::vector<at::Tensor> labels_of_all(const std::vector<Variant>& specs, int64_t views, int64_t samples,
                                             int64_t height, int64_t width, uint64_t seed) {
  std::vector<at::Tensor> all;
  for (size_t i = 0; i < specs.size(); ++i) {
    const uint64_t s = seed * 1000 + 10 * i;
    const TaskSet own({specs[i]});
    const Task& task = own[0];
    if (task.extent() == Extent::kPixel) {
      all.push_back(random_labels(own, views, samples, height, width, s));
      continue;
    }
    const std::vector<int64_t> sizes = {samples, task.label_channels()};
    at::Tensor label;
    if (task.kind() == "regression") {
      label = normal(sizes, s);
    } else {
      const double values = task.kind() == "tags" ? 2 : static_cast<double>(task.channels());
      label = uniform(sizes, 0, values - 1e-9, s).floor();
    }
    const at::Tensor hidden = uniform(sizes, 0, 1, s + 5).lt(0.2);
    label = at::where(hidden, at::full({}, task.invalid_label(), at::kDouble), label);
    all.push_back(label.unsqueeze(0).repeat({views, 1, 1}).to(at::kFloat).contiguous());
  }
  return all;
}

/// Predictions as heads give them, of each view.
inline std::vector<TaskTensors> predictions_of_all(const TaskSet& tasks, const std::vector<Variant>& specs,
                                                   int64_t views, int64_t samples, int64_t height, int64_t width,
                                                   uint64_t seed) {
  std::vector<at::Tensor> planes, vectors;
  for (size_t i = 0; i < specs.size(); ++i) {
    const uint64_t s = seed * 1000 + 10 * i;
    const TaskSet own({specs[i]});
    if (own[0].extent() == Extent::kPixel) {
      planes.push_back(random_predictions(own, views, samples, height, width, s));
    } else {
      const at::Tensor raw = uniform({views * samples, own[0].channels()}, -1.5, 1.5, s);
      vectors.push_back(own[0].activate(raw).view({views, samples, own[0].channels()}));
    }
  }
  std::vector<TaskTensors> all;
  const TaskTensors whole = {planes.empty() ? at::Tensor{} : at::cat(planes, 2),
                             vectors.empty() ? at::Tensor{} : at::cat(vectors, 2)};
  for (int64_t v = 0; v < views; ++v) all.push_back(whole[v]);
  EXPECT_EQ(tasks.size(), specs.size());
  return all;
}

/// Row i says what bit t of i does: every pattern of labels.
inline std::vector<uint8_t> all_patterns(size_t tasks) {
  std::vector<uint8_t> w;
  for (size_t i = 0; i < (size_t{1} << tasks); ++i) {
    for (size_t t = 0; t < tasks; ++t) w.push_back(i >> t & 1);
  }
  return w;
}

/// A batch for a trainer, in memory of its own.
struct MixedBatch {
  MixedBatch(const std::vector<Variant>& specs, std::vector<uint8_t> w, int64_t views = 3, int64_t height = 32,
             int64_t width = 32)
      : labelled(std::move(w)) {
    const int64_t samples = static_cast<int64_t>(labelled.size() / specs.size());
    images = uniform({views, samples, 3, height, width}, 0, 1, 1).to(at::kFloat);
    host.images = images;
    host.labels = labels_of_all(specs, views, samples, height, width, 2);
    host.labelled = labelled_matrix(labelled, specs.size());
    const at::Tensor whole =
        at::tensor({1.0, 0.0, 0.0, static_cast<double>(height), static_cast<double>(width), 0.0}, at::kDouble);
    host.crops = whole.expand({views, samples, 6}).contiguous();
  }
  MixedBatch(const MixedBatch&) = delete;
  MixedBatch& operator=(const MixedBatch&) = delete;

  at::Tensor images;
  std::vector<uint8_t> labelled;
  HostBatch host;
};

}  // namespace jtr::test
