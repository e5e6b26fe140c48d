// A kind of input beside the photograph: planes or a vector, how its numbers are normalised, and how it enters the
// network. One file a kind; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "networks/graph.h"
#include "networks/inputs/input_tensors.h"
#include "options/registry.h"

namespace jtr {

struct InputSetting {};

/// Options of every kind of input.
struct InputOptions {
  std::string name;
  int64_t channels = 1;
  std::vector<double> mean = {0}, deviation = {1};
  Variant fusion;

  /// `numbers`: what there is one mean of, in words. Reads all but the fusion.
  void visit(OptionVisitor& v, int64_t most_channels, const char* numbers);
  void check(const std::string& path) const;
};

class Input {
 public:
  Input(std::string kind, const InputOptions& options) : kind_(std::move(kind)), options_(options) {}
  virtual ~Input() = default;

  static Registry<Input, InputSetting>& registry();

  const std::string& kind() const { return kind_; }
  const std::string& name() const { return options_.name; }
  int64_t channels() const { return options_.channels; }
  const Variant& fusion() const { return options_.fusion; }
  /// Whether it has a value for every pixel.
  virtual bool is_planes() const = 0;
  /// Whether its numbers are taken as they are.
  bool is_plain() const;

  /// [N, c, ...] as they come -> less the mean, by the deviation.
  at::Tensor normalized(const at::Tensor& x) const;
  /// The same for exports, with 0 where the input is missing: [N, c, H, W], or [N, c, 1, 1] of a vector.
  std::string write(GraphWriter& graph, const std::string& present) const;

 private:
  double mean_of(int64_t channel) const { return of(options_.mean, channel); }
  double deviation_of(int64_t channel) const { return of(options_.deviation, channel); }
  static double of(const std::vector<double>& values, int64_t channel) {
    return values[values.size() == 1 ? 0 : static_cast<size_t>(channel)];
  }

  std::string kind_;
  InputOptions options_;
};

/// All that a network reads: the photograph, and the further inputs in their order.
class InputSet {
 public:
  /// Name of the photograph.
  static constexpr char kImage[] = "image";

  /// Throws about "inputs[i]" where one cannot be made, or two have one name. One that is called "image" says how many
  /// channels the photograph has.
  explicit InputSet(const std::vector<Variant>& inputs);
  /// A photograph of three colours alone.
  static const InputSet& photograph();

  int64_t image_channels() const { return image_channels_; }
  size_t size() const { return further_.size(); }
  bool empty() const { return further_.empty(); }
  const Input& operator[](size_t i) const { return *further_[i]; }

  /// Numbers of inputs as they come, with 0 where one is missing, to what the networks read.
  InputTensors normalized(const InputTensors& raw) const;
  /// [N, further inputs], 1 or 0: each input that is left after each was dropped with a probability, a function of
  /// (seed, step, sample, input); samples are counted from `first`.
  at::Tensor kept(int64_t samples, double dropout, uint64_t seed, int64_t step, int64_t first = 0) const;
  Json describe() const;

 private:
  int64_t image_channels_ = 3;
  std::vector<std::unique_ptr<Input>> further_;
};

}  // namespace jtr
