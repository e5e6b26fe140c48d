// What a trainer is made of, as one JSON document.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/recomputation.h"
#include "options/options.h"
#include "precision.h"

namespace jtr {

/// Number formats of weights and arithmetic.
enum class Format { kFloat32, kFloat64, kBFloat16 };
/// Where the arithmetic runs.
enum class DeviceChoice { kAuto, kCpu, kCuda };

/// Options of everything that computes.
struct ComputeOptions {
  uint64_t seed = 0;
  Format format = Format::kFloat32;
  DeviceChoice device_choice = DeviceChoice::kAuto;
  int64_t device_index = 0;
  Recomputation recomputation = Recomputation::kNorms;

  void visit(OptionVisitor& v);

  Precision precision() const;
  /// Throws DEVICE where there is no such GPU.
  at::Device device() const;
};

constexpr int64_t kMostTasks = 64;
constexpr int64_t kMostInputs = 64;

struct TrainerOptions : ComputeOptions {
  std::vector<Variant> tasks;
  std::vector<Variant> inputs;
  double input_dropout = 0;
  Variant network = Variant::of("segnet");
  Variant method = Variant::of("jtr");
  std::vector<Variant> beside;
  Variant task_graph = Variant::of("all");
  std::vector<Variant> constraints;
  std::vector<std::string> domains;
  std::vector<Variant> domain_techniques;
  std::vector<std::string> domain_weights;
  Variant balancing = Variant::of("equal");
  Variant optimizer = Variant::of("adam");
  Variant schedule = Variant::of("step");
  Variant parallel = Variant::of("none");
  double max_gradient_norm = 0;
  double ema_decay = 0;
  int64_t accumulate = 1;

  void visit(OptionVisitor& v);
};

/// The JTR loss alone.
struct JointTaskLossOptions : ComputeOptions {
  std::vector<Variant> tasks;
  Variant method = Variant::of("jtr");
  Variant optimizer = Variant::of("adam");
  Variant schedule = Variant::of("step");

  void visit(OptionVisitor& v);
  void check(const std::string& path) const;
};

/// The name that a variant chooses.
std::string name_of(const Variant& variant);

/// What processes that train together must have in common of a trainer's options.
std::string common_options(const TrainerOptions& options);

/// The JSON schema of TrainerOptions, with that of JointTaskLossOptions under "$defs".
Json schema_of_all_options();

}  // namespace jtr
