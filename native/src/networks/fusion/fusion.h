// How a further input enters a network: beside the photograph, or into the features. One file a way; each registers
// itself. Each begins so that the network predicts what it predicts without the input.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "networks/conv_norm.h"
#include "networks/first_channels.h"
#include "networks/inputs/input.h"
#include "networks/level.h"
#include "options/registry.h"

namespace jtr {

/// What a way is made for.
struct FusionSetting {
  ParameterStore* store;  // for weights whose names begin with the prefix
  std::string prefix;     // "inputs.<name>."
  const Input* input;
  std::vector<Level> levels;  // that the network's features have
  FirstConvolution first;
  Recomputation recomputation;
  std::string network;  // for messages: what cannot read more channels
  std::string path;     // of the options, for messages
};

/// A value of a graph for exports, and whether a sample has it.
struct WrittenInput {
  std::string value;    // [N, c, H, W], or [N, c, 1, 1]; 0 where missing
  std::string present;  // [N, 1, 1, 1]
};

class Fusion {
 public:
  virtual ~Fusion() = default;

  static Registry<Fusion, FusionSetting>& registry();

  virtual void initialize(uint64_t seed, uint32_t stream) = 0;

  /// What the first convolution is to read. `x`: the input, normalised, 0 where it is missing; `present`: [N], 1 or 0.
  virtual FirstChannels first_channels(const at::Tensor& /*x*/, const at::Tensor& /*present*/,
                                       bool /*trainable*/) const {
    return {};
  }
  /// The levels' maps with the input in them.
  virtual std::vector<at::Tensor> fuse(std::vector<at::Tensor> maps, const at::Tensor& /*x*/,
                                       const at::Tensor& /*present*/, const Pass& /*pass*/) const {
    return maps;
  }

  /// For exports: what the first convolution's output is to be added to, before its norm; empty for nothing.
  virtual std::string write_first(GraphWriter& /*graph*/, const WrittenInput& /*input*/,
                                  const std::string& /*image*/) const {
    return "";
  }
  virtual bool is_exportable() const { return true; }
  virtual std::vector<std::string> write(GraphWriter& /*graph*/, std::vector<std::string> maps,
                                         const WrittenInput& /*input*/) const {
    return maps;
  }

 protected:
  static void require_kind(const char* way, const FusionSetting& setting, bool planes);
};

/// The further inputs of a network, each with its way into it.
class InputFusions {
 public:
  /// Declares "inputs.<name>...." of each in the store.
  InputFusions(ParameterStore& store, const InputSet& inputs, const std::vector<Level>& levels,
               const FirstConvolution& first, Recomputation recomputation, const std::string& network);

  bool empty() const { return fusions_.empty(); }
  bool is_exportable() const;
  void initialize(uint64_t seed, uint32_t stream);
  /// Of all inputs together, in this layout.
  FirstChannels first_channels(const InputTensors& inputs, at::MemoryFormat format, bool trainable) const;
  std::vector<at::Tensor> fuse(std::vector<at::Tensor> maps, const InputTensors& inputs, at::MemoryFormat format,
                               const Pass& pass) const;

  struct Written {
    std::vector<WrittenInput> inputs;
    std::vector<std::string> first;  // to be added to the first convolution's output
  };
  Written write_first(GraphWriter& graph) const;
  std::vector<std::string> write(GraphWriter& graph, std::vector<std::string> maps, const Written& written) const;

 private:
  /// What is read of input i.
  at::Tensor map_of(const InputTensors& inputs, size_t i, at::MemoryFormat format) const;

  ParameterStore& store_;
  const InputSet& inputs_;
  std::vector<std::unique_ptr<Fusion>> fusions_;
};

}  // namespace jtr
