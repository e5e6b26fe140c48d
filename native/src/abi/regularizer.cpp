#include "abi/convert.h"
#include "abi/guard.h"

struct jtr_regularizer {
  explicit jtr_regularizer(const jtr::JointTaskLossOptions& options) : loss(options) {}
  jtr::JointTaskLoss loss;
};

using namespace jtr;
using namespace jtr::abi;

extern "C" {

jtr_regularizer* jtr_regularizer_create(const jtr_regularizer_options* options) {
  return guard_value<jtr_regularizer*>(
      nullptr, [&] { return new jtr_regularizer(to_options(checked_struct(options, "options"))); });
}

void jtr_regularizer_destroy(jtr_regularizer* regularizer) { delete regularizer; }

jtr_status jtr_regularizer_compute(jtr_regularizer* regularizer, const jtr_regularizer_batch* batch,
                                   jtr_regularizer_result* result) {
  return guard([&] {
    JointTaskLoss& loss = deref(regularizer, "regularizer").loss;
    const jtr_regularizer_batch& b = checked_struct(batch, "batch");
    jtr_regularizer_result& out = checked_struct(result, "result");
    PredictionLoss done;
    done.prediction_grad = out.prediction_grad;
    done.sample_dist = out.sample_dist;
    done.sample_recon = out.sample_recon;
    loss.compute({b.samples, b.height, b.width, b.predictions, b.labels, b.labelled, b.noise, b.cancel}, done);
    out.loss = done.loss;
    out.dist = done.dist;
    out.recon = done.recon;
  });
}

jtr_status jtr_regularizer_update(jtr_regularizer* regularizer) {
  return guard([&] { deref(regularizer, "regularizer").loss.update(); });
}

int32_t jtr_regularizer_tensor_count(const jtr_regularizer* regularizer, jtr_tensor_kind kind) {
  return guard_value<int32_t>(-1, [&] {
    const TensorList& list = deref(regularizer, "regularizer").loss.tensors(checked_kind(kind));
    return static_cast<int32_t>(list.entries().size());
  });
}

jtr_status jtr_regularizer_get_tensor_info(const jtr_regularizer* regularizer, jtr_tensor_kind kind, int32_t index,
                                           jtr_tensor_info* info) {
  return guard([&] {
    fill(checked_struct(info, "info"), deref(regularizer, "regularizer").loss.tensors(checked_kind(kind)).at(index));
  });
}

jtr_status jtr_regularizer_read_tensor(const jtr_regularizer* regularizer, jtr_tensor_kind kind, int32_t index,
                                       double* values, int64_t count) {
  return guard([&] { deref(regularizer, "regularizer").loss.tensors(checked_kind(kind)).read(index, values, count); });
}

jtr_status jtr_regularizer_write_tensor(jtr_regularizer* regularizer, jtr_tensor_kind kind, int32_t index,
                                        const double* values, int64_t count) {
  return guard([&] {
    require(checked_kind(kind) == JTR_TENSOR_KIND_STATE, "kind", "gradients are read only");
    deref(regularizer, "regularizer").loss.tensors(kind).write(index, values, count);
  });
}

jtr_status jtr_regularizer_save(const jtr_regularizer* regularizer, const char* path) {
  return guard([&] {
    const JointTaskLoss& loss = deref(regularizer, "regularizer").loss;
    require(path != nullptr && path[0] != 0, "path", "is empty");
    loss.save(path);
  });
}

jtr_status jtr_regularizer_load(jtr_regularizer* regularizer, const char* path) {
  return guard([&] {
    JointTaskLoss& loss = deref(regularizer, "regularizer").loss;
    require(path != nullptr && path[0] != 0, "path", "is empty");
    loss.load(path);
  });
}

}  // extern "C"
