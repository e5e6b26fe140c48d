// The moving average of a network's weights, which predicts in its place.
#pragma once

#include <memory>

#include "training/multi_task_network.h"

namespace jtr {

class WeightAverage {
 public:
  WeightAverage(std::unique_ptr<MultiTaskNetwork> network, double decay)
      : network_(std::move(network)), decay_(decay) {}

  const MultiTaskNetwork& network() const { return *network_; }
  MultiTaskNetwork& network() { return *network_; }
  /// After a step; `steps` were done before it. The decay is at most steps / (steps + 10), so that the initial weights
  /// are forgotten.
  void follow(const MultiTaskNetwork& trained, int64_t steps) {
    const double t = static_cast<double>(steps);
    network_->average_with(trained, std::min(decay_, t / (t + 10)));
  }

 private:
  std::unique_ptr<MultiTaskNetwork> network_;
  double decay_;
};

}  // namespace jtr
