// Times jtr_trainer_step, through the C interface alone, on a batch read from a file or made up. Prints one line of JSON: seconds
// of each step, processor seconds, the last loss and the peak memory: the process's, or on a GPU its tensors'.
//
//   jtr_step [--batch FILE] --width 64 --samples 4 --height 64 --columns 96 --tasks segmentation:13,depth,normals
//            [--method jtr] [--steps 6] [--warm-up 1] [--threads 2] [--device cpu|cuda]
//            [--precision float32|bfloat16] [--recomputation norms|stages|none]
//            [--network '{"name": "encoder_decoder"}'] [--optimizer '{"name": "adamw"}'] [--predict 1]
//
// --predict 1 times predictions on the images of the first view instead of steps.
//
// The batch file holds, without header, float32 images [3, B, 3, H, W], float32 labels [3, B, L, H, W] and bytes
// labelled [B, K], as a step's inputs want them. bench/published/compare.py writes such files.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "made_up.h"

namespace {

using namespace jtr::bench;

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
                                                {"--precision", "float32"},  {"--recomputation", "norms"},
                                                {"--batch", ""},     {"--tasks", "segmentation:13,depth,normals"},
                                                {"--micro-batch", "0"}, {"--network", ""}, {"--optimizer", ""},
                                                {"--predict", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (options.count(argv[i]) == 0) fail(std::string("there is no option '") + argv[i] + "'");
    options[argv[i]] = argv[i + 1];
  }
  auto number = [&](const char* name) { return std::atoi(options[name].c_str()); };

  const Tasks tasks = parse_tasks(options["--tasks"]);
  const size_t views = 3, samples = static_cast<size_t>(number("--samples"));
  Batch batch(tasks, static_cast<int64_t>(views), number("--samples"), number("--height"), number("--columns"));
  if (options["--batch"].empty()) {
    make_up(tasks, views, samples, static_cast<size_t>(number("--height")), static_cast<size_t>(number("--columns")),
            batch.images, batch.labels, batch.labelled);
  } else {
    std::ifstream file(options["--batch"], std::ios::binary);
    auto read = [&](void* to, size_t bytes) { file.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes)); };
    read(batch.images.data(), batch.images.size() * sizeof(float));
    read(batch.labels.data(), batch.labels.size() * sizeof(float));
    read(batch.labelled.data(), batch.labelled.size());
    if (!file) fail("'" + options["--batch"] + "' cannot be read, or is shorter than a batch of this size");
  }

  check(jtr_set_threads(number("--threads")) == JTR_STATUS_OK);
  nlohmann::json make = {{"tasks", task_options(tasks)},
                         {"network", {{"name", "segnet"}, {"width", number("--width")}}},
                         {"method", {{"name", options["--method"]}}},
                         {"precision", options["--precision"]},
                         {"recomputation", options["--recomputation"]},
                         {"device", options["--device"]}};
  for (const char* part : {"network", "optimizer"}) {
    const std::string& wish = options[std::string("--") + part];
    if (!wish.empty()) make[part] = nlohmann::json::parse(wish);
  }
  if (number("--micro-batch") > 0) make["method"]["micro_batch"] = number("--micro-batch");
  jtr_trainer* trainer = jtr_trainer_create(make.dump().c_str());
  check(trainer != nullptr);

  jtr_step_result result = sized<jtr_step_result>();
  // As in a training: a GPU gets the next batch while it computes.
  batch.request.next_inputs = batch.inputs.data();
  batch.request.next_input_count = static_cast<int32_t>(batch.inputs.size());
  // The images of the first view, and room for their predictions.
  const int64_t height = number("--height"), columns = number("--columns"), images = number("--samples");
  std::vector<NamedTensor> image = {{"image", JTR_DTYPE_FLOAT32, {images, 3, height, columns}, {}, batch.images.data(),
                                     static_cast<size_t>(3 * images * height * columns) * sizeof(float)}};
  std::vector<NamedTensor> outputs;
  std::vector<std::vector<float>> predicted;
  for (const TaskDescription& task : tasks.all) {
    predicted.emplace_back(static_cast<size_t>(images * task.channels * height * columns));
    outputs.push_back({"prediction." + task.name, JTR_DTYPE_FLOAT32, {images, task.channels, height, columns}, {},
                       predicted.back().data(), predicted.back().size() * sizeof(float)});
  }
  const std::vector<jtr_tensor> asked = crossing(image), answers = crossing(outputs);
  jtr_predict_request ask = sized<jtr_predict_request>();
  ask.inputs = asked.data();
  ask.input_count = 1;
  ask.outputs = answers.data();
  ask.output_count = static_cast<int32_t>(answers.size());
  const bool predicts = number("--predict") != 0;
  std::vector<double> wall, processor;
  for (int step = -number("--warm-up"); step < number("--steps"); ++step) {
    const auto begin = std::chrono::steady_clock::now();
    const double begin_processor = processor_seconds();
    check((predicts ? jtr_trainer_predict(trainer, &ask) : jtr_trainer_step(trainer, &batch.request, &result)) ==
          JTR_STATUS_OK);
    if (step < 0) continue;
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    processor.push_back(processor_seconds() - begin_processor);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  int64_t peak = usage.ru_maxrss * int64_t{1024};
  if (options["--device"] == "cuda") {
    jtr_cuda_memory_info memory = sized<jtr_cuda_memory_info>();
    check(jtr_get_cuda_memory(0, &memory) == JTR_STATUS_OK);
    peak = memory.peak_bytes;
  }
  jtr_trainer_destroy(trainer);

  auto list = [](const std::vector<double>& values) {
    std::ostringstream out;
    for (size_t i = 0; i < values.size(); ++i) out << (i == 0 ? "" : ", ") << values[i];
    return out.str();
  };
  std::cout << "{\"seconds\": [" << list(wall) << "], \"processor_seconds\": [" << list(processor)
            << "], \"loss\": " << result.loss << ", \"peak_bytes\": " << peak << "}\n";
  return 0;
}
