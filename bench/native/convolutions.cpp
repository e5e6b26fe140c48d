// The best rate at which this machine convolves: libtorch's 3x3 convolutions of SegNet's shapes, forward, data and
// weight gradient, in both memory layouts. Prints one line of JSON; GFLOP/s, two operations a multiply-add.
//
//   jtr_convolutions [--threads 2] [--seconds 0.4]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct Shape {
  int64_t images, channels, height, width;
};

double best_seconds(const std::function<void()>& work, double budget) {
  using clock = std::chrono::steady_clock;
  work();
  double best = 1e9, spent = 0;
  for (int i = 0; i < 3 || spent < budget; ++i) {
    const auto begin = clock::now();
    work();
    const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
    best = std::min(best, seconds);
    spent += seconds;
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 2;
  double budget = 0.4;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--threads") threads = std::atoi(argv[i + 1]);
    else if (name == "--seconds") budget = std::atof(argv[i + 1]);
    else {
      std::cerr << "jtr_convolutions: there is no option '" << name << "'\n";
      return 2;
    }
  }
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  const std::vector<Shape> shapes = {{1, 64, 128, 256}, {4, 64, 64, 96},  {1, 64, 288, 384},
                                     {4, 128, 64, 96},  {4, 256, 32, 64}, {12, 512, 16, 24}};
  std::array<double, 3> best{};
  std::cout << "{\"table\": [";
  bool first = true;
  for (const Shape& s : shapes) {
    for (const at::MemoryFormat format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const at::Tensor x = at::randn({s.images, s.channels, s.height, s.width}).contiguous(format);
      const at::Tensor w = at::randn({s.channels, s.channels, 3, 3}).contiguous(format);
      const at::Tensor d = at::randn_like(x);
      auto backward = [&](bool data, bool weight) {
        at::convolution_backward(d, x, w, c10::nullopt, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1,
                                 {data, weight, false});
      };
      const double flop = 2.0 * 9 * static_cast<double>(s.images * s.channels * s.channels * s.height * s.width);
      const std::array<double, 3> rate = {
          flop / best_seconds([&] { at::conv2d(x, w, {}, 1, 1); }, budget) * 1e-9,
          flop / best_seconds([&] { backward(true, false); }, budget) * 1e-9,
          flop / best_seconds([&] { backward(false, true); }, budget) * 1e-9};
      for (size_t i = 0; i < 3; ++i) best[i] = std::max(best[i], rate[i]);
      std::cout << (first ? "" : ", ") << "{\"shape\": [" << s.images << ", " << s.channels << ", " << s.height << ", "
                << s.width << "], \"channels_last\": " << (format == at::MemoryFormat::ChannelsLast ? "true" : "false")
                << ", \"forward\": " << rate[0] << ", \"data\": " << rate[1] << ", \"weight\": " << rate[2] << "}";
      first = false;
    }
  }
  std::cout << "], \"best\": " << *std::max_element(best.begin(), best.end()) << ", \"best_forward\": " << best[0]
            << ", \"best_data\": " << best[1] << ", \"best_weight\": " << best[2] << "}\n";
  return 0;
}
