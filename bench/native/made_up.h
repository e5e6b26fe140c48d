// What the programs here that take steps share: options as published, a list of tasks, and a batch that needs no file.
#pragma once

#include <jtr/jtr.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
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

struct Tasks {
  std::vector<std::string> names;
  std::vector<jtr_task_desc> descriptions;
  int label_channels = 0;
};

inline Tasks parse_tasks(const std::string& list) {
  static const std::map<std::string, jtr_task_kind> kinds = {{"segmentation", JTR_TASK_KIND_SEGMENTATION},
                                                             {"depth", JTR_TASK_KIND_DEPTH},
                                                             {"normals", JTR_TASK_KIND_NORMALS},
                                                             {"map", JTR_TASK_KIND_MAP}};
  Tasks tasks;
  std::istringstream in(list);
  for (std::string item; std::getline(in, item, ',');) {
    const size_t colon = item.find(':');
    const auto kind = kinds.find(item.substr(0, colon));
    if (kind == kinds.end()) fail("'" + item + "' is no task; there are segmentation:N, depth, normals, map[:N]");
    jtr_task_desc task = sized<jtr_task_desc>();
    task.kind = kind->second;
    const int given = colon == std::string::npos ? 1 : std::atoi(item.c_str() + colon + 1);
    task.channels = kind->second == JTR_TASK_KIND_NORMALS ? 3 : given;
    task.depth_mean = 2.3618;
    task.depth_std = 1.5876;
    tasks.label_channels += kind->second == JTR_TASK_KIND_SEGMENTATION ? 1 : task.channels;
    tasks.names.push_back(kind->first + std::to_string(tasks.names.size()));
    tasks.descriptions.push_back(task);
  }
  for (size_t i = 0; i < tasks.names.size(); ++i) tasks.descriptions[i].name = tasks.names[i].c_str();
  return tasks;
}

/// Everything but tasks, width, method and device, as published.
inline jtr_trainer_options published_options() {
  jtr_trainer_options options = sized<jtr_trainer_options>();
  options.joint_task = sized<jtr_joint_task_options>();
  options.joint_task.lambda_dist = 4;
  options.joint_task.lambda_recon = 2;
  options.consistency = sized<jtr_consistency_options>();
  options.consistency.weight = options.consistency.temperature = 1;
  options.direct_map = options.perceptual_map = sized<jtr_pair_map_options>();
  options.direct_map.weight = options.perceptual_map.weight = 1;
  options.adam = sized<jtr_adam_options>();
  options.adam.learning_rate = 1e-4;
  options.adam.beta1 = 0.9;
  options.adam.beta2 = 0.999;
  options.adam.epsilon = 1e-8;
  options.adam.decay_factor = 1;
  options.mtpsl = sized<jtr_mtpsl_options>();
  options.mtpsl.con_weight = 2;
  options.mtpsl.reg_weight = 0.5;
  options.mtpsl.film = options.adam;
  options.mtpsl.film.learning_rate = 1e-3;
  options.balancing = sized<jtr_balancing_options>();
  options.balancing.name = "equal";
  options.balancing.temperature = 2;
  options.balancing.period_steps = 1;
  options.balancing.initial_log_variance = -0.5;
  return options;
}

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
    for (const jtr_task_desc& task : tasks.descriptions) {
      const bool normals = task.kind == JTR_TASK_KIND_NORMALS;
      const size_t channels = task.kind == JTR_TASK_KIND_SEGMENTATION ? 1 : static_cast<size_t>(task.channels);
      for (size_t c = 0; c < channels; ++c) {
        for (size_t i = 0; i < pixels; ++i) {
          const float value = wave(i, sample + c);
          if (task.kind == JTR_TASK_KIND_SEGMENTATION) {
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
  for (size_t sample = 0; sample < samples; ++sample) labelled[sample * tasks.names.size() + sample % tasks.names.size()] = 1;
}

}  // namespace jtr::bench
