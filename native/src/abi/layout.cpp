// Where every field of every struct of jtr.h lies, for the test that compares generated bindings with the library.
#include "abi/guard.h"

using namespace jtr;
using namespace jtr::abi;

namespace {

struct Field {
  const char* struct_name;
  int64_t struct_bytes;
  const char* field_name;
  int64_t field_offset;
};

#define JTR_FIELD(type, field) \
  { #type, sizeof(type), #field, offsetof(type, field) }

constexpr Field kFields[] = {
    JTR_FIELD(jtr_error, struct_size),
    JTR_FIELD(jtr_error, status),
    JTR_FIELD(jtr_error, message),
    JTR_FIELD(jtr_error, field),
    JTR_FIELD(jtr_error, path),
    JTR_FIELD(jtr_error, offset),
    JTR_FIELD(jtr_error, term),
    JTR_FIELD(jtr_error, samples),
    JTR_FIELD(jtr_error, sample_count),
    JTR_FIELD(jtr_runtime_info, struct_size),
    JTR_FIELD(jtr_runtime_info, version),
    JTR_FIELD(jtr_runtime_info, torch_version),
    JTR_FIELD(jtr_runtime_info, torch_path),
    JTR_FIELD(jtr_runtime_info, cpu_capability),
    JTR_FIELD(jtr_runtime_info, built_with_cuda),
    JTR_FIELD(jtr_runtime_info, cuda_device_count),
    JTR_FIELD(jtr_runtime_info, threads),
    JTR_FIELD(jtr_runtime_info, abi_version),
    JTR_FIELD(jtr_cuda_memory_info, struct_size),
    JTR_FIELD(jtr_cuda_memory_info, allocated_bytes),
    JTR_FIELD(jtr_cuda_memory_info, peak_bytes),
    JTR_FIELD(jtr_field_layout, struct_size),
    JTR_FIELD(jtr_field_layout, struct_name),
    JTR_FIELD(jtr_field_layout, struct_bytes),
    JTR_FIELD(jtr_field_layout, field_name),
    JTR_FIELD(jtr_field_layout, field_offset),
    JTR_FIELD(jtr_task_desc, struct_size),
    JTR_FIELD(jtr_task_desc, name),
    JTR_FIELD(jtr_task_desc, kind),
    JTR_FIELD(jtr_task_desc, channels),
    JTR_FIELD(jtr_task_desc, depth_mean),
    JTR_FIELD(jtr_task_desc, depth_std),
    JTR_FIELD(jtr_joint_task_options, struct_size),
    JTR_FIELD(jtr_joint_task_options, mode),
    JTR_FIELD(jtr_joint_task_options, width),
    JTR_FIELD(jtr_joint_task_options, lambda_dist),
    JTR_FIELD(jtr_joint_task_options, lambda_recon),
    JTR_FIELD(jtr_joint_task_options, micro_batch),
    JTR_FIELD(jtr_adam_options, struct_size),
    JTR_FIELD(jtr_adam_options, learning_rate),
    JTR_FIELD(jtr_adam_options, beta1),
    JTR_FIELD(jtr_adam_options, beta2),
    JTR_FIELD(jtr_adam_options, epsilon),
    JTR_FIELD(jtr_adam_options, decay_steps),
    JTR_FIELD(jtr_adam_options, decay_factor),
    JTR_FIELD(jtr_adam_options, schedule),
    JTR_FIELD(jtr_adam_options, warmup_steps),
    JTR_FIELD(jtr_adam_options, final_factor),
    JTR_FIELD(jtr_consistency_options, struct_size),
    JTR_FIELD(jtr_consistency_options, weight),
    JTR_FIELD(jtr_consistency_options, temperature),
    JTR_FIELD(jtr_pair_map_options, struct_size),
    JTR_FIELD(jtr_pair_map_options, width),
    JTR_FIELD(jtr_pair_map_options, weight),
    JTR_FIELD(jtr_mtpsl_options, struct_size),
    JTR_FIELD(jtr_mtpsl_options, con_weight),
    JTR_FIELD(jtr_mtpsl_options, reg_weight),
    JTR_FIELD(jtr_mtpsl_options, ramp_up_steps),
    JTR_FIELD(jtr_mtpsl_options, film),
    JTR_FIELD(jtr_mtpsl_options, micro_batch),
    JTR_FIELD(jtr_balancing_options, struct_size),
    JTR_FIELD(jtr_balancing_options, name),
    JTR_FIELD(jtr_balancing_options, weights),
    JTR_FIELD(jtr_balancing_options, temperature),
    JTR_FIELD(jtr_balancing_options, period_steps),
    JTR_FIELD(jtr_balancing_options, initial_log_variance),
    JTR_FIELD(jtr_trainer_options, struct_size),
    JTR_FIELD(jtr_trainer_options, tasks),
    JTR_FIELD(jtr_trainer_options, task_count),
    JTR_FIELD(jtr_trainer_options, width),
    JTR_FIELD(jtr_trainer_options, method),
    JTR_FIELD(jtr_trainer_options, joint_task),
    JTR_FIELD(jtr_trainer_options, consistency),
    JTR_FIELD(jtr_trainer_options, direct_map),
    JTR_FIELD(jtr_trainer_options, perceptual_map),
    JTR_FIELD(jtr_trainer_options, mtpsl),
    JTR_FIELD(jtr_trainer_options, balancing),
    JTR_FIELD(jtr_trainer_options, adam),
    JTR_FIELD(jtr_trainer_options, max_gradient_norm),
    JTR_FIELD(jtr_trainer_options, ema_decay),
    JTR_FIELD(jtr_trainer_options, seed),
    JTR_FIELD(jtr_trainer_options, dtype),
    JTR_FIELD(jtr_trainer_options, device),
    JTR_FIELD(jtr_trainer_options, device_index),
    JTR_FIELD(jtr_trainer_options, recomputation),
    JTR_FIELD(jtr_batch, struct_size),
    JTR_FIELD(jtr_batch, views),
    JTR_FIELD(jtr_batch, samples),
    JTR_FIELD(jtr_batch, height),
    JTR_FIELD(jtr_batch, width),
    JTR_FIELD(jtr_batch, images),
    JTR_FIELD(jtr_batch, labels),
    JTR_FIELD(jtr_batch, labelled),
    JTR_FIELD(jtr_batch, noise),
    JTR_FIELD(jtr_batch, crops),
    JTR_FIELD(jtr_step_request, struct_size),
    JTR_FIELD(jtr_step_request, cancel),
    JTR_FIELD(jtr_step_request, loss),
    JTR_FIELD(jtr_step_request, supervised),
    JTR_FIELD(jtr_step_request, dist),
    JTR_FIELD(jtr_step_request, recon),
    JTR_FIELD(jtr_step_request, task_loss),
    JTR_FIELD(jtr_step_request, prediction),
    JTR_FIELD(jtr_step_request, prediction_grad),
    JTR_FIELD(jtr_step_request, next),
    JTR_FIELD(jtr_step_result, struct_size),
    JTR_FIELD(jtr_step_result, step),
    JTR_FIELD(jtr_step_result, loss),
    JTR_FIELD(jtr_step_result, supervised),
    JTR_FIELD(jtr_step_result, dist),
    JTR_FIELD(jtr_step_result, recon),
    JTR_FIELD(jtr_step_result, learning_rate),
    JTR_FIELD(jtr_step_result, gradient_norm),
    JTR_FIELD(jtr_regularizer_options, struct_size),
    JTR_FIELD(jtr_regularizer_options, tasks),
    JTR_FIELD(jtr_regularizer_options, task_count),
    JTR_FIELD(jtr_regularizer_options, joint_task),
    JTR_FIELD(jtr_regularizer_options, adam),
    JTR_FIELD(jtr_regularizer_options, seed),
    JTR_FIELD(jtr_regularizer_options, dtype),
    JTR_FIELD(jtr_regularizer_options, device),
    JTR_FIELD(jtr_regularizer_options, device_index),
    JTR_FIELD(jtr_regularizer_options, recomputation),
    JTR_FIELD(jtr_regularizer_batch, struct_size),
    JTR_FIELD(jtr_regularizer_batch, samples),
    JTR_FIELD(jtr_regularizer_batch, height),
    JTR_FIELD(jtr_regularizer_batch, width),
    JTR_FIELD(jtr_regularizer_batch, predictions),
    JTR_FIELD(jtr_regularizer_batch, labels),
    JTR_FIELD(jtr_regularizer_batch, labelled),
    JTR_FIELD(jtr_regularizer_batch, noise),
    JTR_FIELD(jtr_regularizer_batch, cancel),
    JTR_FIELD(jtr_regularizer_result, struct_size),
    JTR_FIELD(jtr_regularizer_result, loss),
    JTR_FIELD(jtr_regularizer_result, dist),
    JTR_FIELD(jtr_regularizer_result, recon),
    JTR_FIELD(jtr_regularizer_result, prediction_grad),
    JTR_FIELD(jtr_regularizer_result, sample_dist),
    JTR_FIELD(jtr_regularizer_result, sample_recon),
    JTR_FIELD(jtr_tensor_info, struct_size),
    JTR_FIELD(jtr_tensor_info, name),
    JTR_FIELD(jtr_tensor_info, sizes),
    JTR_FIELD(jtr_tensor_info, dimensions),
    JTR_FIELD(jtr_tensor_info, elements),
    JTR_FIELD(jtr_metadata_entry, struct_size),
    JTR_FIELD(jtr_metadata_entry, key),
    JTR_FIELD(jtr_metadata_entry, value),
};

constexpr int32_t kFieldCount = static_cast<int32_t>(sizeof(kFields) / sizeof(kFields[0]));

}  // namespace

extern "C" {

int32_t jtr_field_layout_count(void) { return kFieldCount; }

jtr_status jtr_get_field_layout(int32_t index, jtr_field_layout* layout) {
  return guard([&] {
    jtr_field_layout& out = checked_struct(layout, "layout");
    require(index >= 0 && index < kFieldCount, "index", index, " is not in 0 to ", kFieldCount - 1);
    const Field& field = kFields[index];
    out.struct_name = field.struct_name;
    out.struct_bytes = field.struct_bytes;
    out.field_name = field.field_name;
    out.field_offset = field.field_offset;
  });
}

}  // extern "C"
