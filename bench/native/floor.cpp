// How fast a step could be if it were convolutions and nothing else: records every convolution of one JTR step (shape,
// memory layout, which gradients), runs each of them alone with its operands in cache, and adds up. Prints one line of
// JSON; GFLOP/s, two operations a multiply-add.
//
//   jtr_floor --width 64 --samples 4 --height 64 --columns 96 --tasks segmentation:13,depth,normals
//             [--threads 2] [--seconds 0.2] [--steps 3]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <tuple>

#include "made_up.h"

namespace {

using namespace jtr::bench;
using Clock = std::chrono::steady_clock;

enum Pass { kForward, kBackward };

/// What makes two convolutions the same work.
using Convolution = std::tuple<Pass, std::vector<int64_t>, std::vector<int64_t>, bool, bool, bool>;

std::mutex gate;
std::map<Convolution, int> seen;

std::unique_ptr<at::ObserverContext> remember(const at::RecordFunction& call) {
  const std::string name = call.name();
  const bool forward = name == "aten::convolution", backward = name == "aten::convolution_backward";
  if (!forward && !backward) return nullptr;
  const auto in = call.inputs();
  const at::Tensor x = in[forward ? 0 : 1].toTensor(), w = in[forward ? 1 : 2].toTensor();
  bool data = false, weight = false;
  if (backward) {
    const auto mask = in[10].toBoolList();
    data = mask.get(0);
    weight = mask.get(1);
  }
  const std::lock_guard<std::mutex> lock(gate);
  ++seen[{forward ? kForward : kBackward, x.sizes().vec(), w.sizes().vec(),
          x.suggest_memory_format() == at::MemoryFormat::ChannelsLast, data, weight}];
  return nullptr;
}

double median_seconds(const std::function<void()>& work, double budget) {
  work();
  std::vector<double> all;
  for (double spent = 0; all.size() < 3 || spent < budget; spent += all.back()) {
    const auto begin = Clock::now();
    work();
    all.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
  return all[all.size() / 2];
}

double alone(const Convolution& c, double budget) {
  const auto& [pass, x_sizes, w_sizes, channels_last, data, weight] = c;
  const at::MemoryFormat format = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  const at::Tensor x = at::randn(x_sizes).contiguous(format), w = at::randn(w_sizes).contiguous(format);
  const at::Tensor bias = at::randn({w_sizes[0]});
  const int64_t padding = w_sizes[2] / 2;
  if (pass == kForward) return median_seconds([&] { at::conv2d(x, w, bias, 1, padding); }, budget);
  const at::Tensor d = at::randn({x_sizes[0], w_sizes[0], x_sizes[2], x_sizes[3]}).contiguous(format);
  const std::array<bool, 3> mask = {data, weight, weight};
  return median_seconds(
      [&] {
        at::convolution_backward(d, x, w, at::IntArrayRef{w_sizes[0]}, {1, 1}, {padding, padding}, {1, 1}, false,
                                 {0, 0}, 1, mask);
      },
      budget);
}

double work(const Convolution& c) {
  const auto& [pass, x, w, channels_last, data, weight] = c;
  const double once = 2.0 * static_cast<double>(x[0] * x[2] * x[3] * w[0] * w[1] * w[2] * w[3]);
  return once * (pass == kForward ? 1 : (data ? 1 : 0) + (weight ? 1 : 0));
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--threads", "2"}, {"--width", "64"},   {"--samples", "4"},
                                                {"--height", "64"}, {"--columns", "96"}, {"--seconds", "0.2"},
                                                {"--steps", "3"},   {"--tasks", "segmentation:13,depth,normals"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (options.count(argv[i]) == 0) fail(std::string("there is no option '") + argv[i] + "'");
    options[argv[i]] = argv[i + 1];
  }
  auto number = [&](const char* name) { return std::atoi(options[name].c_str()); };

  const Tasks tasks = parse_tasks(options["--tasks"]);
  const size_t samples = static_cast<size_t>(number("--samples")), height = static_cast<size_t>(number("--height")),
               width = static_cast<size_t>(number("--columns"));
  Batch batch(tasks, 3, number("--samples"), number("--height"), number("--columns"));
  make_up(tasks, 3, samples, height, width, batch.images, batch.labels, batch.labelled);

  check(jtr_set_threads(number("--threads")) == JTR_STATUS_OK);
  const nlohmann::json make = {{"tasks", task_options(tasks)},
                               {"network", {{"name", "segnet"}, {"width", number("--width")}}},
                               {"method", {{"name", "jtr"}}},
                               {"device", "cpu"}};
  jtr_trainer* trainer = jtr_trainer_create(make.dump().c_str());
  check(trainer != nullptr);
  jtr_step_result result = sized<jtr_step_result>();
  auto step = [&] { check(jtr_trainer_step(trainer, &batch.request, &result) == JTR_STATUS_OK); };

  step();
  const auto handle = at::addGlobalCallback(at::RecordFunctionCallback(remember).needsInputs(true));
  step();
  at::removeCallback(handle);
  std::vector<double> steps;
  for (int i = 0; i < number("--steps"); ++i) {
    const auto begin = Clock::now();
    step();
    steps.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  std::sort(steps.begin(), steps.end());
  jtr_trainer_destroy(trainer);

  const at::NoGradGuard no_grad;
  double seconds = 0, flop = 0;
  std::cout << "{\"convolutions\": [";
  bool first = true;
  for (const auto& [c, times] : seen) {
    const double each = alone(c, std::atof(options["--seconds"].c_str()));
    seconds += each * times;
    flop += work(c) * times;
    const auto& [pass, x, w, channels_last, data, weight] = c;
    std::cout << (first ? "" : ", ") << "{\"times\": " << times << ", \"pass\": \""
              << (pass == kForward ? "forward" : data && weight ? "data+weight" : data ? "data" : "weight")
              << "\", \"images\": " << x[0] << ", \"in\": " << x[1] << ", \"out\": " << w[0] << ", \"kernel\": " << w[2]
              << ", \"height\": " << x[2] << ", \"width\": " << x[3]
              << ", \"channels_last\": " << (channels_last ? "true" : "false") << ", \"seconds\": " << each
              << ", \"gflops\": " << work(c) / each * 1e-9 << "}";
    first = false;
  }
  std::cout << "], \"step_seconds\": " << steps[steps.size() / 2] << ", \"convolution_seconds\": " << seconds
            << ", \"gflop\": " << flop * 1e-9 << ", \"convolution_gflops\": " << flop / seconds * 1e-9 << "}\n";
  return 0;
}
