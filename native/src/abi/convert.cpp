#include "abi/convert.h"

#include <cmath>

#include "abi/guard.h"
#include "compat.h"

namespace jtr::abi {
namespace {

constexpr int32_t kMaxTasks = 64;
constexpr int32_t kMaxWidth = 1024;

std::vector<TaskSpec> to_tasks(const jtr_task_desc* tasks, int32_t count) {
  require(count >= 1 && count <= kMaxTasks, "options.task_count", "must be 1 to ", kMaxTasks, ", not ", count);
  require(tasks != nullptr, "options.tasks", "is null");
  std::vector<TaskSpec> specs;
  for (int32_t i = 0; i < count; ++i) {
    const jtr_task_desc& task = checked_struct(tasks + i, "options.tasks");
    require(task.name != nullptr && task.name[0] != 0, "tasks.name", "task ", i, " has no name");
    specs.push_back({task.name, task.kind, task.channels, task.depth_mean, task.depth_std});
  }
  return specs;
}

void require_width(int32_t width, const char* field) {
  require(width >= 1 && width <= kMaxWidth, field, "must be 1 to ", kMaxWidth, ", not ", width);
}

void require_weight(double value, const char* field) {
  require(value >= 0 && std::isfinite(value), field, "must be a finite number of 0 or more, not ", value);
}

JointTaskOptions to_joint_task(const jtr_joint_task_options& options) {
  checked_struct(&options, "joint_task");
  require(options.mode == JTR_JOINT_TASK_MODE_PUBLISHED || options.mode == JTR_JOINT_TASK_MODE_CORRECTED,
          "joint_task.mode", static_cast<int>(options.mode), " is neither published (0) nor corrected (1)");
  require_width(options.width, "joint_task.width");
  require_weight(options.lambda_dist, "joint_task.lambda_dist");
  require_weight(options.lambda_recon, "joint_task.lambda_recon");
  require(options.micro_batch >= 0, "joint_task.micro_batch", "must be 0 or more, not ", options.micro_batch);
  return {options.mode, options.width, options.lambda_dist, options.lambda_recon, options.micro_batch};
}

AdamOptions to_adam(const jtr_adam_options& options, const std::string& name = "adam") {
  checked_struct(&options, name.c_str());
  auto check = [&name](bool good, const char* field, const char* expected, auto value) {
    require(good, (name + "." + field).c_str(), "must be ", expected, ", not ", value);
  };
  check(options.learning_rate > 0 && std::isfinite(options.learning_rate), "learning_rate", "a finite number above 0",
        options.learning_rate);
  check(options.beta1 >= 0 && options.beta1 < 1, "beta1", "in [0, 1)", options.beta1);
  check(options.beta2 >= 0 && options.beta2 < 1, "beta2", "in [0, 1)", options.beta2);
  check(options.epsilon > 0 && std::isfinite(options.epsilon), "epsilon", "a finite number above 0", options.epsilon);
  check(options.decay_steps >= 0, "decay_steps", "0 or more", options.decay_steps);
  check(options.decay_factor > 0 && options.decay_factor <= 1, "decay_factor", "in (0, 1]", options.decay_factor);
  check(options.schedule >= JTR_SCHEDULE_STEP && options.schedule <= JTR_SCHEDULE_CONSTANT, "schedule",
        "step (0), cosine (1) or constant (2)", static_cast<int>(options.schedule));
  check(options.warmup_steps >= 0, "warmup_steps", "0 or more", options.warmup_steps);
  check(options.schedule != JTR_SCHEDULE_COSINE || options.decay_steps > options.warmup_steps, "decay_steps",
        "above warmup_steps", options.decay_steps);
  check(options.final_factor >= 0 && options.final_factor <= 1, "final_factor", "in [0, 1]", options.final_factor);
  return {options.learning_rate, options.beta1,    options.beta2,        options.epsilon,     options.decay_steps,
          options.decay_factor,  options.schedule, options.warmup_steps, options.final_factor};
}

ConsistencyOptions to_consistency(const jtr_consistency_options& options) {
  checked_struct(&options, "consistency");
  require_weight(options.weight, "consistency.weight");
  require(options.temperature > 0 && std::isfinite(options.temperature), "consistency.temperature",
          "must be a finite number above 0, not ", options.temperature);
  return {options.weight, options.temperature};
}

PairMapOptions to_pair_map(const jtr_pair_map_options& options, const std::string& name) {
  checked_struct(&options, name.c_str());
  require_width(options.width, (name + ".width").c_str());
  require_weight(options.weight, (name + ".weight").c_str());
  return {options.width, options.weight};
}

MtpslOptions to_mtpsl(const jtr_mtpsl_options& options) {
  checked_struct(&options, "mtpsl");
  require_weight(options.con_weight, "mtpsl.con_weight");
  require_weight(options.reg_weight, "mtpsl.reg_weight");
  require(options.ramp_up_steps >= 0, "mtpsl.ramp_up_steps", "must be 0 or more, not ", options.ramp_up_steps);
  require(options.micro_batch >= 0, "mtpsl.micro_batch", "must be 0 or more, not ", options.micro_batch);
  return {options.con_weight, options.reg_weight, options.ramp_up_steps, to_adam(options.film, "mtpsl.film"),
          options.micro_batch};
}

BalancingOptions to_balancing(const jtr_balancing_options& options, int32_t tasks) {
  checked_struct(&options, "balancing");
  BalancingOptions result;
  result.name = &deref(options.name, "balancing.name");
  if (result.name == "fixed") {
    require(options.weights != nullptr, "balancing.weights", "is null");
    result.weights.assign(options.weights, options.weights + tasks);
  }
  result.temperature = options.temperature;
  result.period_steps = options.period_steps;
  result.initial_log_variance = options.initial_log_variance;
  return result;
}

Precision to_precision(jtr_dtype dtype) {
  require(dtype >= JTR_DTYPE_FLOAT32 && dtype <= JTR_DTYPE_BFLOAT16, "options.dtype", static_cast<int>(dtype),
          " is none of float32 (0), float64 (1), bfloat16 (2)");
  if (dtype == JTR_DTYPE_FLOAT64) return {at::kDouble, at::kDouble};
  return {at::kFloat, dtype == JTR_DTYPE_BFLOAT16 ? at::kBFloat16 : at::kFloat};
}

jtr_recomputation to_recomputation(jtr_recomputation value) {
  require(value >= JTR_RECOMPUTATION_NORMS && value <= JTR_RECOMPUTATION_NONE, "options.recomputation",
          static_cast<int>(value), " is none of norms (0), stages (1), none (2)");
  return value;
}

at::Device to_device(jtr_device_kind kind, int32_t index) {
  require(kind >= JTR_DEVICE_KIND_AUTO && kind <= JTR_DEVICE_KIND_CUDA, "options.device", static_cast<int>(kind),
          " is none of auto (0), cpu (1), cuda (2)");
  const int32_t count = cuda_device_count();
  if (kind == JTR_DEVICE_KIND_CPU || (kind == JTR_DEVICE_KIND_AUTO && count == 0)) return at::Device(at::kCPU);
  if (count == 0) {
    throw Error(JTR_STATUS_DEVICE, "options.device: there is no CUDA device that this libtorch can use")
        .with_field("options.device");
  }
  require(index >= 0 && index < count, "options.device_index", "must be 0 to ", count - 1, ", not ", index);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

TrainerOptions to_options(const jtr_trainer_options& options) {
  require_width(options.width, "options.width");
  require(options.method != nullptr, "options.method", "is null");
  require_weight(options.max_gradient_norm, "options.max_gradient_norm");
  require(options.ema_decay >= 0 && options.ema_decay < 1, "options.ema_decay", "must be in [0, 1), not ",
          options.ema_decay);
  return {to_tasks(options.tasks, options.task_count),
          options.width,
          options.method,
          to_joint_task(options.joint_task),
          to_adam(options.adam),
          options.seed,
          to_precision(options.dtype),
          to_device(options.device, options.device_index),
          to_consistency(options.consistency),
          to_pair_map(options.direct_map, "direct_map"),
          to_pair_map(options.perceptual_map, "perceptual_map"),
          to_mtpsl(options.mtpsl),
          to_balancing(options.balancing, options.task_count),
          options.max_gradient_norm,
          options.ema_decay,
          to_recomputation(options.recomputation)};
}

JointTaskLossOptions to_options(const jtr_regularizer_options& options) {
  return {to_tasks(options.tasks, options.task_count),
          to_joint_task(options.joint_task),
          to_adam(options.adam),
          options.seed,
          to_precision(options.dtype),
          to_device(options.device, options.device_index),
          to_recomputation(options.recomputation)};
}

jtr_tensor_kind checked_kind(jtr_tensor_kind kind) {
  require(kind == JTR_TENSOR_KIND_STATE || kind == JTR_TENSOR_KIND_GRADIENT, "kind", static_cast<int>(kind),
          " is neither state (0) nor gradient (1)");
  return kind;
}

void fill(jtr_tensor_info& info, const TensorEntry& entry) {
  info.name = entry.name.c_str();
  info.sizes = entry.sizes.data();
  info.dimensions = static_cast<int32_t>(entry.sizes.size());
  info.elements = entry.tensor.numel();
}

}  // namespace jtr::abi
