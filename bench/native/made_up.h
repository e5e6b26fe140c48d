// What the programs here that take steps share: a list of tasks, and a batch that needs no file.
#pragma once

#include <jtr/jtr.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace jtr::bench {

[[noreturn]] inline void fail(const std::string& message) {
  std::cerr << "error: " << message << "\n";
  std::exit(1);
}

inline void check(bool ok) {
  if (ok) return;
  jtr_error error{};
  error.struct_size = sizeof error;
  jtr_last_error(&error);
  fail(std::string(error.message) + (error.field[0] != 0 ? std::string(" (") + error.field + ")" : ""));
}

template <typename T>
T sized() {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}

struct TaskDescription {
  std::string name, kind;
  int channels;  // of the prediction
  int label_channels;
};

struct Tasks {
  std::vector<TaskDescription> all;
  int label_channels = 0;
};

inline Tasks parse_tasks(const std::string& list) {
  Tasks tasks;
  std::istringstream in(list);
  for (std::string item; std::getline(in, item, ',');) {
    const size_t colon = item.find(':');
    const std::string kind = item.substr(0, colon);
    if (kind != "segmentation" && kind != "depth" && kind != "normals" && kind != "map") {
      fail("'" + item + "' is no task; there are segmentation:N, depth, normals, map[:N]");
    }
    const int given = colon == std::string::npos ? 1 : std::atoi(item.c_str() + colon + 1);
    const int channels = kind == "normals" ? 3 : given;
    tasks.all.push_back({kind + std::to_string(tasks.all.size()), kind, channels, kind == "segmentation" ? 1 : channels});
    tasks.label_channels += tasks.all.back().label_channels;
  }
  return tasks;
}

/// The tasks as they stand in a trainer's options.
inline nlohmann::json task_options(const Tasks& tasks) {
  auto all = nlohmann::json::array();
  for (const TaskDescription& task : tasks.all) {
    nlohmann::json one = {{"name", task.name}, {"kind", task.kind}};
    if (task.kind == "segmentation") one["classes"] = task.channels;
    if (task.kind == "map") one["channels"] = task.channels;
    all.push_back(one);
  }
  return all;
}

/// A tensor, and its sizes and strides.
struct NamedTensor {
  std::string name;
  int32_t dtype;
  std::vector<int64_t> sizes, strides;
  void* data;
  size_t bytes;
};

/// Tensors as they cross.
inline std::vector<jtr_tensor> crossing(const std::vector<NamedTensor>& tensors) {
  std::vector<jtr_tensor> all;
  for (const NamedTensor& tensor : tensors) {
    jtr_tensor one = sized<jtr_tensor>();
    one.name = tensor.name.c_str();
    one.dtype = tensor.dtype;
    one.dimensions = static_cast<int32_t>(tensor.sizes.size());
    one.sizes = tensor.sizes.data();
    one.strides = tensor.strides.empty() ? nullptr : tensor.strides.data();
    one.data = tensor.data;
    one.bytes = static_cast<int64_t>(tensor.bytes);
    all.push_back(one);
  }
  return all;
}

/// Each task's labels in a stack [V, B, L, H, W].
inline void add_labels(std::vector<NamedTensor>& tensors, const Tasks& tasks, std::vector<float>& labels, int64_t views,
                       int64_t samples, int64_t height, int64_t width) {
  const int64_t plane = height * width, stack = tasks.label_channels * plane;
  size_t offset = 0;
  for (const TaskDescription& task : tasks.all) {
    tensors.push_back({"label." + task.name, JTR_DTYPE_FLOAT32, {views, samples, task.label_channels, height, width},
                       {samples * stack, stack, plane, width, 1}, labels.data() + offset,
                       (labels.size() - offset) * sizeof(float)});
    offset += static_cast<size_t>(task.label_channels * plane);
  }
}

/// A batch [V, B, ...] of made-up or read numbers, as a request.
struct Batch {
  Batch(const Tasks& tasks, int64_t views, int64_t samples, int64_t height, int64_t width)
      : images(static_cast<size_t>(views * samples * 3 * height * width)),
        labels(static_cast<size_t>(views * samples * tasks.label_channels * height * width)),
        labelled(static_cast<size_t>(samples) * tasks.all.size()) {
    named.push_back({"image", JTR_DTYPE_FLOAT32, {views, samples, 3, height, width}, {}, images.data(),
                     images.size() * sizeof(float)});
    add_labels(named, tasks, labels, views, samples, height, width);
    named.push_back({"labelled", JTR_DTYPE_UINT8, {samples, static_cast<int64_t>(tasks.all.size())}, {}, labelled.data(),
                     labelled.size()});
    inputs = crossing(named);
    request = sized<jtr_step_request>();
    request.inputs = inputs.data();
    request.input_count = static_cast<int32_t>(inputs.size());
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  std::vector<float> images, labels;
  std::vector<uint8_t> labelled;
  std::vector<NamedTensor> named;
  std::vector<jtr_tensor> inputs;
  jtr_step_request request;
};

/// Images and labels that need no file: smooth waves, valid for every kind of task, and one label a sample.
inline void make_up(const Tasks& tasks, size_t views, size_t samples, size_t height, size_t width, std::vector<float>& images,
             std::vector<float>& labels, std::vector<uint8_t>& labelled) {
  const auto wave = [width](size_t pixel, size_t phase) {
    const double y = static_cast<double>(pixel / width), x = static_cast<double>(pixel % width);
    return static_cast<float>(0.5 + 0.45 * std::sin(0.11 * x + 0.07 * y + 1.7 * static_cast<double>(phase)));
  };
  const size_t pixels = height * width;
  for (size_t plane = 0; plane < images.size() / pixels; ++plane) {
    for (size_t i = 0; i < pixels; ++i) images[plane * pixels + i] = wave(i, plane);
  }
  float* out = labels.data();
  for (size_t sample = 0; sample < views * samples; ++sample) {
    for (const TaskDescription& task : tasks.all) {
      const bool normals = task.kind == "normals";
      const size_t channels = static_cast<size_t>(task.label_channels);
      for (size_t c = 0; c < channels; ++c) {
        for (size_t i = 0; i < pixels; ++i) {
          const float value = wave(i, sample + c);
          if (task.kind == "segmentation") {
            *out++ = std::floor(value * static_cast<float>(task.channels));
          } else if (normals) {
            *out++ = c == 0 ? value : c == 1 ? 0 : std::sqrt(1 - wave(i, sample) * wave(i, sample));
          } else {
            *out++ = value;
          }
        }
      }
    }
  }
  for (size_t sample = 0; sample < samples; ++sample) labelled[sample * tasks.all.size() + sample % tasks.all.size()] = 1;
}

}  // namespace jtr::bench
