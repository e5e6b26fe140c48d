// What a checkpoint holds: networks, optimiser state, options, step and seed, as one safetensors file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "options/json.h"
#include "training/optimizers/optimizer.h"
#include "training/tensor_list.h"

namespace jtr {

struct CheckpointHeader {
  int64_t step;
  uint64_t seed;
  /// The rate before the schedule changes it; absent in older files.
  std::optional<double> learning_rate = {};
  /// The trainer's options; null in older files.
  Json options = {};
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Adds a network's weights and buffers.
void add_state(TensorList& list, const std::string& prefix, const ParameterStore& store);
/// Adds what an optimiser keeps, as in "adam.exp_avg/<prefix><weight>".
void add_moments(TensorList& list, const std::string& prefix, const Optimizer& optimizer);

/// Writes the file whole or not at all. `kind` says what is saved: "trainer" or "regularizer".
void save_checkpoint(const std::string& path, const std::string& kind, const CheckpointHeader& header,
                     const TensorList& tensors, const Metadata& metadata);

/// Reads all of the file and checks it against `tensors`, and its tasks against those of `options`, before anything is
/// changed.
CheckpointHeader load_checkpoint(const std::string& path, const std::string& kind, const TensorList& tensors,
                                 const Json& options);

}  // namespace jtr
