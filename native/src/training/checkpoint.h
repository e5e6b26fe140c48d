// What a checkpoint holds: networks, optimiser state, step and seed, as one safetensors file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "training/optimizer.h"
#include "training/tensor_list.h"

namespace jtr {

struct CheckpointHeader {
  int64_t step;
  uint64_t seed;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Adds a network's weights and buffers.
void add_state(TensorList& list, const std::string& prefix, const ParameterStore& store);
/// Adds an optimiser's moments: "adam.exp_avg/<prefix><weight>" and "adam.exp_avg_sq/<prefix><weight>".
void add_moments(TensorList& list, const std::string& prefix, const Adam& optimizer);

/// Writes the file whole or not at all. `kind` says what is saved: "trainer" or "regularizer".
void save_checkpoint(const std::string& path, const std::string& kind, const CheckpointHeader& header,
                     const TensorList& tensors, const Metadata& metadata);

/// Reads all of the file and checks it against `tensors` before anything is changed.
CheckpointHeader load_checkpoint(const std::string& path, const std::string& kind, const TensorList& tensors);

}  // namespace jtr
