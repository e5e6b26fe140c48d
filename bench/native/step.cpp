// Times jtr_trainer_step, through the C interface alone, on a batch read from a file or made up. Prints one line of JSON: seconds
// of each step, processor seconds, the last loss and the process's peak memory.
//
//   jtr_step [--batch FILE] --width 64 --samples 4 --height 64 --columns 96 --tasks segmentation:13,depth,normals
//            [--method jtr] [--steps 6] [--warm-up 1] [--threads 2] [--device cpu|cuda]
//
// The batch file holds, without header, float32 images [3, B, 3, H, W], float32 labels [3, B, L, H, W] and bytes
// labelled [B, K], as jtr_batch wants them. bench/published/compare.py writes such files.
#include <jtr/jtr.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& message) {
  std::cerr << "jtr_step: " << message << "\n";
  std::exit(1);
}

void check(bool ok) {
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

Tasks parse_tasks(const std::string& list) {
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
jtr_trainer_options published_options() {
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
void make_up(const Tasks& tasks, size_t views, size_t samples, size_t height, size_t width, std::vector<float>& images,
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

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--method", "jtr"}, {"--steps", "6"},    {"--warm-up", "1"},
                                                {"--threads", "2"},  {"--width", "64"},   {"--samples", "4"},
                                                {"--height", "64"},  {"--columns", "96"}, {"--device", "cpu"},
                                                {"--batch", ""},     {"--tasks", "segmentation:13,depth,normals"},
                                                {"--micro-batch", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (options.count(argv[i]) == 0) fail(std::string("there is no option '") + argv[i] + "'");
    options[argv[i]] = argv[i + 1];
  }
  auto number = [&](const char* name) { return std::atoi(options[name].c_str()); };

  const Tasks tasks = parse_tasks(options["--tasks"]);
  const size_t views = 3, samples = static_cast<size_t>(number("--samples"));
  const size_t pixels = static_cast<size_t>(number("--height")) * static_cast<size_t>(number("--columns"));
  std::vector<float> images(views * samples * 3 * pixels);
  std::vector<float> labels(views * samples * static_cast<size_t>(tasks.label_channels) * pixels);
  std::vector<uint8_t> labelled(samples * tasks.names.size());
  if (options["--batch"].empty()) {
    make_up(tasks, views, samples, static_cast<size_t>(number("--height")), static_cast<size_t>(number("--columns")),
            images, labels, labelled);
  } else {
    std::ifstream file(options["--batch"], std::ios::binary);
    auto read = [&](void* to, size_t bytes) { file.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes)); };
    read(images.data(), images.size() * sizeof(float));
    read(labels.data(), labels.size() * sizeof(float));
    read(labelled.data(), labelled.size());
    if (!file) fail("'" + options["--batch"] + "' cannot be read, or is shorter than a batch of this size");
  }

  check(jtr_set_threads(number("--threads")) == JTR_STATUS_OK);
  jtr_trainer_options make = published_options();
  make.tasks = tasks.descriptions.data();
  make.task_count = static_cast<int32_t>(tasks.descriptions.size());
  make.width = make.joint_task.width = make.direct_map.width = make.perceptual_map.width = number("--width");
  make.method = options["--method"].c_str();
  make.joint_task.micro_batch = make.mtpsl.micro_batch = number("--micro-batch");
  make.device = options["--device"] == "cuda" ? JTR_DEVICE_KIND_CUDA : JTR_DEVICE_KIND_CPU;
  jtr_trainer* trainer = jtr_trainer_create(&make);
  check(trainer != nullptr);

  jtr_batch batch = sized<jtr_batch>();
  batch.views = static_cast<int32_t>(views);
  batch.samples = static_cast<int32_t>(samples);
  batch.height = number("--height");
  batch.width = number("--columns");
  batch.images = images.data();
  batch.labels = labels.data();
  batch.labelled = labelled.data();
  jtr_step_result result = sized<jtr_step_result>();
  std::vector<double> wall, processor;
  for (int step = -number("--warm-up"); step < number("--steps"); ++step) {
    const auto begin = std::chrono::steady_clock::now();
    const double begin_processor = processor_seconds();
    check(jtr_trainer_step(trainer, &batch, nullptr, &result) == JTR_STATUS_OK);
    if (step < 0) continue;
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    processor.push_back(processor_seconds() - begin_processor);
  }
  jtr_trainer_destroy(trainer);

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto list = [](const std::vector<double>& values) {
    std::ostringstream out;
    for (size_t i = 0; i < values.size(); ++i) out << (i == 0 ? "" : ", ") << values[i];
    return out.str();
  };
  std::cout << "{\"seconds\": [" << list(wall) << "], \"processor_seconds\": [" << list(processor)
            << "], \"loss\": " << result.loss << ", \"peak_bytes\": " << usage.ru_maxrss * 1024LL << "}\n";
  return 0;
}
