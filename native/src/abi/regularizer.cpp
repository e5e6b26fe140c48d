#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/tensors.h"
#include "training/joint_task_loss.h"

struct jtr_regularizer {
  explicit jtr_regularizer(const jtr::JointTaskLossOptions& options)
      : loss(options), description(loss.describe().dump(2)), terms(loss.term_names()) {}
  jtr::JointTaskLoss loss;
  std::string description;
  jtr::abi::Terms terms;  // of the last computation
};

using namespace jtr;
using namespace jtr::abi;

namespace {

PredictionBatch batch_of(const JointTaskLoss& loss, const jtr_step_request& r) {
  TensorTable table(r.inputs, r.input_count, "request.inputs", "batch.");
  PredictionBatch batch;
  for (size_t t = 0; t < loss.tasks().size(); ++t) {
    batch.predictions.push_back(table.take("prediction." + loss.tasks()[t].name()));
    batch.labels.push_back(table.take("label." + loss.tasks()[t].name()));
  }
  batch.labelled = table.take("labelled");
  batch.noise = table.take("noise");
  table.finish();
  return batch;
}

void take_outputs(const JointTaskLoss& loss, const PredictionBatch& batch, const jtr_step_request& r,
                  StepRequest& wishes) {
  TensorTable table(r.outputs, r.output_count, "request.outputs", "output.");
  const int64_t samples = batch.labelled.defined() && batch.labelled.dim() == 2 ? batch.labelled.size(0) : 0;
  const auto wanted = [&](const std::string& name, at::ScalarType dtype, at::IntArrayRef sizes) {
    const at::Tensor out = table.take(name);
    if (out.defined()) check_tensor(out, dtype, sizes, 0, "output." + name);
    return out;
  };
  wishes.loss = wanted("loss", at::kDouble, {samples});
  for (size_t i = 0; i < loss.term_names().size(); ++i) {
    const at::Tensor out = wanted(loss.term_names()[i], at::kDouble, {samples});
    if (out.defined()) wishes.terms.emplace_back(i, out);
  }
  for (size_t t = 0; t < loss.tasks().size(); ++t) {
    if (!batch.predictions[t].defined()) continue;  // told by the computation
    const at::Tensor out =
        wanted("prediction_grad." + loss.tasks()[t].name(), loss.dtype(), batch.predictions[t].sizes());
    if (out.defined()) wishes.prediction_gradients.emplace_back(t, out);
  }
  if (wishes.prediction_gradients.size() == loss.tasks().size() || samples > 0) table.finish();
}

}  // namespace

extern "C" {

jtr_regularizer* jtr_regularizer_create(const char* options) {
  return guard_value<jtr_regularizer*>(nullptr, [&] {
    return new jtr_regularizer(
        read_options<JointTaskLossOptions>(parse_json(&deref(options, "options"), "options"), ""));
  });
}

const char* jtr_regularizer_describe(const jtr_regularizer* regularizer) {
  return guard_value<const char*>(nullptr, [&] { return deref(regularizer, "regularizer").description.c_str(); });
}

void jtr_regularizer_destroy(jtr_regularizer* regularizer) { delete regularizer; }

jtr_status jtr_regularizer_compute(jtr_regularizer* regularizer, const jtr_step_request* request,
                                   jtr_step_result* result) {
  return guard([&] {
    jtr_regularizer& handle = deref(regularizer, "regularizer");
    const jtr_step_request r = read_struct(request, "request");
    OutStruct<jtr_step_result> out(result, "result");
    check_call_options(r.options);
    const PredictionBatch batch = batch_of(handle.loss, r);
    StepRequest wishes;
    wishes.cancel = r.cancel;
    take_outputs(handle.loss, batch, r, wishes);
    handle.terms.fill(handle.loss.compute(batch, wishes), out);
    out.store();
  });
}

jtr_status jtr_regularizer_update(jtr_regularizer* regularizer) {
  return guard([&] { deref(regularizer, "regularizer").loss.update(); });
}

int32_t jtr_regularizer_tensor_count(const jtr_regularizer* regularizer, int32_t kind) {
  return guard_value<int32_t>(-1, [&] { return count_of(tensors(deref(regularizer, "regularizer").loss, kind)); });
}

jtr_status jtr_regularizer_get_tensor_info(const jtr_regularizer* regularizer, int32_t kind, int32_t index,
                                           jtr_tensor_info* info) {
  return guard([&] { describe(tensors(deref(regularizer, "regularizer").loss, kind).at(index), info); });
}

jtr_status jtr_regularizer_read_tensor(const jtr_regularizer* regularizer, int32_t kind, const jtr_tensor* tensor) {
  return guard([&] { read(tensors(deref(regularizer, "regularizer").loss, kind), tensor); });
}

jtr_status jtr_regularizer_write_tensor(jtr_regularizer* regularizer, const jtr_tensor* tensor) {
  return guard([&] { write(deref(regularizer, "regularizer").loss.state(), tensor); });
}

jtr_status jtr_regularizer_save(const jtr_regularizer* regularizer, const char* path) {
  return guard([&] { deref(regularizer, "regularizer").loss.save(checked_path(path)); });
}

jtr_status jtr_regularizer_load(jtr_regularizer* regularizer, const char* path) {
  return guard([&] { deref(regularizer, "regularizer").loss.load(checked_path(path)); });
}

}  // extern "C"
