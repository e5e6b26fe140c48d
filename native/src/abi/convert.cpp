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

JointTaskOptions to_joint_task(const jtr_joint_task_options& options) {
  checked_struct(&options, "joint_task");
  require(options.mode == JTR_JOINT_TASK_MODE_PUBLISHED || options.mode == JTR_JOINT_TASK_MODE_CORRECTED,
          "joint_task.mode", static_cast<int>(options.mode), " is neither published (0) nor corrected (1)");
  require_width(options.width, "joint_task.width");
  auto weight = [](double value, const char* field) {
    require(value >= 0 && std::isfinite(value), field, "must be a finite number of 0 or more, not ", value);
  };
  weight(options.lambda_dist, "joint_task.lambda_dist");
  weight(options.lambda_recon, "joint_task.lambda_recon");
  require(options.micro_batch >= 0, "joint_task.micro_batch", "must be 0 or more, not ", options.micro_batch);
  return {options.mode, options.width, options.lambda_dist, options.lambda_recon, options.micro_batch};
}

AdamOptions to_adam(const jtr_adam_options& options) {
  checked_struct(&options, "adam");
  require(options.learning_rate > 0 && std::isfinite(options.learning_rate), "adam.learning_rate",
          "must be a finite number above 0, not ", options.learning_rate);
  require(options.beta1 >= 0 && options.beta1 < 1, "adam.beta1", "must be in [0, 1), not ", options.beta1);
  require(options.beta2 >= 0 && options.beta2 < 1, "adam.beta2", "must be in [0, 1), not ", options.beta2);
  require(options.epsilon > 0 && std::isfinite(options.epsilon), "adam.epsilon",
          "must be a finite number above 0, not ", options.epsilon);
  require(options.decay_steps >= 0, "adam.decay_steps", "must be 0 or more, not ", options.decay_steps);
  require(options.decay_factor > 0 && options.decay_factor <= 1, "adam.decay_factor", "must be in (0, 1], not ",
          options.decay_factor);
  return {options.learning_rate, options.beta1,       options.beta2,
          options.epsilon,       options.decay_steps, options.decay_factor};
}

at::ScalarType to_dtype(jtr_dtype dtype) {
  require(dtype == JTR_DTYPE_FLOAT32 || dtype == JTR_DTYPE_FLOAT64, "options.dtype", static_cast<int>(dtype),
          " is neither float32 (0) nor float64 (1)");
  return dtype == JTR_DTYPE_FLOAT64 ? at::kDouble : at::kFloat;
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
  return {to_tasks(options.tasks, options.task_count),
          options.width,
          options.method,
          to_joint_task(options.joint_task),
          to_adam(options.adam),
          options.seed,
          to_dtype(options.dtype),
          to_device(options.device, options.device_index)};
}

JointTaskLossOptions to_options(const jtr_regularizer_options& options) {
  return {to_tasks(options.tasks, options.task_count),
          to_joint_task(options.joint_task),
          to_adam(options.adam),
          options.seed,
          to_dtype(options.dtype),
          to_device(options.device, options.device_index)};
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
