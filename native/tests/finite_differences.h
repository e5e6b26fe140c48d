// Gradients of a trainer's weights against finite differences of its loss.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support.h"
#include "training/trainer.h"

namespace jtr::test {

/// Compares the gradient of one element of each weight whose name `chosen` takes with central differences of the loss
/// of `step`, each from the trainer's state of now.
inline void expect_weight_gradients_agree(Trainer& trainer, const std::function<double()>& step,
                                          const std::function<bool(const std::string& name)>& chosen) {
  const std::string start = testing::TempDir() + "/jtr_differences_" + std::to_string(::getpid()) + ".safetensors";
  trainer.save(start, {});
  std::vector<double> actual, expected;
  for (const TensorEntry& entry : trainer.gradients().entries()) {
    if (!chosen(entry.name)) continue;
    const int64_t element = entry.tensor.numel() / 2;
    trainer.load(start);
    step();
    actual.push_back(entry.tensor.flatten()[element].item<double>());
    double loss[2];
    for (int side = 0; side < 2; ++side) {
      trainer.load(start);
      at::Tensor weight = trainer.state().find(entry.name).tensor;
      weight.view(-1)[element] += side == 0 ? kNetworkStep : -kNetworkStep;
      loss[side] = step();
    }
    expected.push_back((loss[0] - loss[1]) / (2 * kNetworkStep));
  }
  trainer.load(start);
  std::filesystem::remove(start);
  expect_gradients_agree(actual, expected);
}

inline bool is_weight(const std::string& name) { return name.find(".weight") != std::string::npos; }

}  // namespace jtr::test
