// Structs of jtr.h to the core's own types, every field checked by its name.
#pragma once

#include <vector>

#include "jtr/jtr.h"
#include "training/joint_task_loss.h"
#include "training/trainer.h"

namespace jtr::abi {

TrainerOptions to_options(const jtr_trainer_options& options);
JointTaskLossOptions to_options(const jtr_regularizer_options& options);

/// Throws unless it is one of the enum's values.
jtr_tensor_kind checked_kind(jtr_tensor_kind kind);

void fill(jtr_tensor_info& info, const TensorEntry& entry);

}  // namespace jtr::abi
