#include "training/trainer.h"

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/tensors.h"
#include "threads.h"

struct jtr_trainer {
  explicit jtr_trainer(const jtr::TrainerOptions& options)
      : trainer(options), description(trainer.describe().dump(2)), terms(trainer.term_names()) {}
  jtr::Trainer trainer;
  std::string description;
  jtr::abi::Terms terms;  // of the last step
};

using namespace jtr;
using namespace jtr::abi;

namespace {

HostBatch batch_of(const Trainer& trainer, const jtr_tensor* tensors, int32_t count, const std::string& field) {
  TensorTable table(tensors, count, field, "batch.");
  HostBatch batch;
  batch.images = table.take("image");
  for (size_t i = 0; i < trainer.inputs().size(); ++i) {
    batch.inputs.push_back(table.take("input." + trainer.inputs()[i].name()));
  }
  if (!trainer.inputs().empty()) batch.input_present = table.take("input_present");
  for (size_t t = 0; t < trainer.tasks().size(); ++t) {
    batch.labels.push_back(table.take("label." + trainer.tasks()[t].name()));
  }
  batch.labelled = table.take("labelled");
  batch.label_weight = table.take("label_weight");
  batch.domain = table.take("domain");
  batch.noise = table.take("noise");
  batch.crops = table.take("crops");
  table.finish();
  return batch;
}

/// Sizes of a task's predictions: those before, then its channels and, of a pixel task, rows and columns.
std::vector<int64_t> prediction_sizes(const Task& task, std::vector<int64_t> before, const at::Tensor& images) {
  before.push_back(task.channels());
  if (task.extent() == Extent::kPixel) before.insert(before.end(), {images.size(-2), images.size(-1)});
  return before;
}

void take_outputs(const Trainer& trainer, const HostBatch& batch, const jtr_step_request& r, StepRequest& wishes) {
  TensorTable table(r.outputs, r.output_count, "request.outputs", "output.");
  const auto wanted = [&](const std::string& name, at::IntArrayRef sizes) {
    const at::Tensor out = table.take(name);
    if (out.defined()) check_tensor(out, at::kDouble, sizes, 0, "output." + name);
    return out;
  };
  // A batch that cannot be is told by the step.
  const bool has_images = batch.images.defined() && batch.images.dim() == 5;
  const int64_t samples = has_images ? batch.samples() : 0;
  const TaskSet& tasks = trainer.tasks();
  wishes.loss = wanted("loss", {samples});
  wishes.task_loss = wanted("task_loss", {static_cast<int64_t>(tasks.size())});
  const std::vector<std::string>& terms = trainer.term_names();
  for (size_t i = 0; i < terms.size(); ++i) {
    const at::Tensor out = wanted(terms[i], {samples});
    if (out.defined()) wishes.terms.emplace_back(i, out);
  }
  for (size_t t = 0; has_images && t < tasks.size(); ++t) {
    const auto sizes = prediction_sizes(tasks[t], {trainer.needs().views, samples}, batch.images);
    const at::Tensor prediction = wanted("prediction." + tasks[t].name(), sizes);
    if (prediction.defined()) wishes.predictions.emplace_back(t, prediction);
    const at::Tensor gradient = wanted("prediction_grad." + tasks[t].name(), sizes);
    if (gradient.defined()) wishes.prediction_gradients.emplace_back(t, gradient);
  }
  if (has_images) table.finish();
}

}  // namespace

extern "C" {

jtr_trainer* jtr_trainer_create(const char* options) {
  return guard_value<jtr_trainer*>(nullptr, [&] {
    const auto o = read_options<TrainerOptions>(parse_json(&deref(options, "options"), "options"), "");
    auto made = std::make_unique<jtr_trainer>(o);
    log(JTR_LOG_LEVEL_INFO, text("trainer: method ", name_of(o.method), ", ", o.tasks.size(), " tasks, network ",
                                 o.network.options.dump(), ", ", made->trainer.parameter_count(), " parameters, ",
                                 at::toString(o.precision().convolved), " on ", o.device()));
    release_threads();
    return made.release();
  });
}

const char* jtr_trainer_describe(const jtr_trainer* trainer) {
  return guard_value<const char*>(nullptr, [&] { return deref(trainer, "trainer").description.c_str(); });
}

void jtr_trainer_destroy(jtr_trainer* trainer) { delete trainer; }

jtr_status jtr_trainer_step(jtr_trainer* trainer, const jtr_step_request* request, jtr_step_result* result) {
  return guard([&] {
    jtr_trainer& handle = deref(trainer, "trainer");
    const jtr_step_request r = read_struct(request, "request");
    OutStruct<jtr_step_result> out(result, "result");
    check_call_options(r.options);
    const HostBatch batch = batch_of(handle.trainer, r.inputs, r.input_count, "request.inputs");
    StepRequest wishes;
    wishes.cancel = r.cancel;
    take_outputs(handle.trainer, batch, r, wishes);
    HostBatch next;
    if (r.next_inputs != nullptr) {
      next = batch_of(handle.trainer, r.next_inputs, r.next_input_count, "request.next_inputs");
      wishes.next = &next;
    }
    handle.terms.fill(handle.trainer.step(batch, wishes), out);
    out.store();
  });
}

jtr_status jtr_trainer_set_learning_rate(jtr_trainer* trainer, double rate) {
  return guard([&] { deref(trainer, "trainer").trainer.set_learning_rate(rate); });
}

int64_t jtr_trainer_parameter_count(const jtr_trainer* trainer, int32_t all) {
  return guard_value<int64_t>(-1, [&] { return deref(trainer, "trainer").trainer.parameter_count(all != 0); });
}

jtr_status jtr_trainer_predict(jtr_trainer* trainer, const jtr_predict_request* request) {
  return guard([&] {
    const Trainer& t = deref(trainer, "trainer").trainer;
    const jtr_predict_request r = read_struct(request, "request");
    check_call_options(r.options);
    TensorTable inputs(r.inputs, r.input_count, "request.inputs", "");
    InputTensors samples(inputs.take("image"));
    for (size_t i = 0; i < t.inputs().size(); ++i) {
      samples.further.push_back(inputs.take("input." + t.inputs()[i].name()));
    }
    if (!t.inputs().empty()) samples.present = inputs.take("input_present");
    const at::Tensor domain = inputs.take("domain");
    inputs.finish();
    const at::Tensor& images = samples.image;
    check_tensor(images, at::kFloat, {-1, t.inputs().image_channels(), -1, -1}, 3, "image");
    TensorTable outputs(r.outputs, r.output_count, "request.outputs", "");
    StepRequest::Numbered wanted;
    for (size_t task = 0; task < t.tasks().size(); ++task) {
      const std::string name = "prediction." + t.tasks()[task].name();
      const at::Tensor out = outputs.take(name);
      if (!out.defined()) continue;
      check_tensor(out, at::kFloat, prediction_sizes(t.tasks()[task], {images.size(0)}, images), 0, name);
      wanted.emplace_back(task, out);
    }
    outputs.finish();
    t.predict(samples, wanted, r.cancel, domain);
  });
}

jtr_status jtr_trainer_reduce(jtr_trainer* trainer, double* values, int64_t count, int32_t reduction) {
  return guard([&] {
    Communicator& communicator = deref(trainer, "trainer").trainer.communicator();
    require(count >= 0, "count", "must be 0 or more, not ", count);
    require(count == 0 || values != nullptr, "values", "is null");
    const jtr_reduction how = checked_enum(reduction, {JTR_REDUCTION_SUM, JTR_REDUCTION_MAX}, "reduction");
    at::Tensor all = count == 0 ? at::empty({0}, at::kDouble) : at::from_blob(values, {count}, at::kDouble);
    communicator.all_reduce(all, how == JTR_REDUCTION_SUM ? Reduction::kSum : Reduction::kMax);
  });
}

int64_t jtr_trainer_get_step(const jtr_trainer* trainer) {
  return guard_value<int64_t>(-1, [&] { return deref(trainer, "trainer").trainer.steps_done(); });
}

int32_t jtr_trainer_tensor_count(const jtr_trainer* trainer, int32_t kind) {
  return guard_value<int32_t>(-1, [&] { return count_of(tensors(deref(trainer, "trainer").trainer, kind)); });
}

jtr_status jtr_trainer_get_tensor_info(const jtr_trainer* trainer, int32_t kind, int32_t index, jtr_tensor_info* info) {
  return guard([&] { describe(tensors(deref(trainer, "trainer").trainer, kind).at(index), info); });
}

jtr_status jtr_trainer_read_tensor(const jtr_trainer* trainer, int32_t kind, const jtr_tensor* tensor) {
  return guard([&] { read(tensors(deref(trainer, "trainer").trainer, kind), tensor); });
}

jtr_status jtr_trainer_write_tensor(jtr_trainer* trainer, const jtr_tensor* tensor) {
  return guard([&] { write(deref(trainer, "trainer").trainer.state(), tensor); });
}

jtr_status jtr_trainer_save(const jtr_trainer* trainer, const char* path, const jtr_metadata_entry* entries,
                            int32_t entry_count) {
  return guard([&] {
    const Trainer& t = deref(trainer, "trainer").trainer;
    const std::string file = checked_path(path);
    Metadata metadata;
    for (const jtr_metadata_entry& entry : read_structs(entries, entry_count, "entries")) {
      metadata.emplace_back(&deref(entry.key, "entries.key"), &deref(entry.value, "entries.value"));
    }
    t.save(file, metadata);
  });
}

jtr_status jtr_trainer_load(jtr_trainer* trainer, const char* path) {
  return guard([&] {
    Trainer& t = deref(trainer, "trainer").trainer;
    t.load(checked_path(path));
    release_threads();
  });
}

}  // extern "C"
