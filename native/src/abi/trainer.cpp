#include "abi/convert.h"
#include "abi/guard.h"
#include "threads.h"

struct jtr_trainer {
  explicit jtr_trainer(const jtr::TrainerOptions& options) : trainer(options) {}
  jtr::Trainer trainer;
};

using namespace jtr;
using namespace jtr::abi;

extern "C" {

jtr_trainer* jtr_trainer_create(const jtr_trainer_options* options) {
  return guard_value<jtr_trainer*>(nullptr, [&] {
    const TrainerOptions o = to_options(checked_struct(options, "options"));
    auto made = std::make_unique<jtr_trainer>(o);
    log(JTR_LOG_LEVEL_INFO,
        text("trainer: method ", o.method, ", ", o.tasks.size(), " tasks, width ", o.width, ", ",
             made->trainer.parameter_count(), " parameters, ", at::toString(o.precision.convolved), " on ", o.device));
    release_threads();
    return made.release();
  });
}

void jtr_trainer_destroy(jtr_trainer* trainer) { delete trainer; }

jtr_status jtr_trainer_step(jtr_trainer* trainer, const jtr_batch* batch, const jtr_step_request* request,
                            jtr_step_result* result) {
  return guard([&] {
    Trainer& t = deref(trainer, "trainer").trainer;
    const jtr_batch& b = checked_struct(batch, "batch");
    jtr_step_result& out = checked_struct(result, "result");
    const auto host = [](const jtr_batch& x) {
      return HostBatch{x.views, x.samples, x.height, x.width, x.images, x.labels, x.labelled, x.noise, x.crops};
    };
    StepRequest wishes;
    HostBatch next{};
    if (request != nullptr) {
      const jtr_step_request& r = checked_struct(request, "request");
      wishes = {r.cancel, r.loss, r.supervised, r.dist, r.recon, r.task_loss, r.prediction, r.prediction_grad};
      if (r.next != nullptr) {
        next = host(checked_struct(r.next, "request.next"));
        wishes.next = &next;
      }
    }
    const StepResult done = t.step(host(b), wishes);
    out.step = done.step;
    out.loss = done.loss;
    out.supervised = done.supervised;
    out.dist = done.dist;
    out.recon = done.recon;
    out.learning_rate = done.learning_rate;
    out.gradient_norm = done.gradient_norm;
  });
}

jtr_status jtr_trainer_set_learning_rate(jtr_trainer* trainer, double rate) {
  return guard([&] { deref(trainer, "trainer").trainer.set_learning_rate(rate); });
}

int64_t jtr_trainer_parameter_count(const jtr_trainer* trainer, int32_t all) {
  return guard_value<int64_t>(-1, [&] { return deref(trainer, "trainer").trainer.parameter_count(all != 0); });
}

jtr_status jtr_trainer_predict(jtr_trainer* trainer, const float* images, int32_t samples, int32_t height,
                               int32_t width, float* predictions) {
  return guard([&] { deref(trainer, "trainer").trainer.predict(images, samples, height, width, predictions); });
}

int64_t jtr_trainer_get_step(const jtr_trainer* trainer) {
  return guard_value<int64_t>(-1, [&] { return deref(trainer, "trainer").trainer.steps_done(); });
}

int32_t jtr_trainer_tensor_count(const jtr_trainer* trainer, jtr_tensor_kind kind) {
  return guard_value<int32_t>(-1, [&] {
    const TensorList& list = deref(trainer, "trainer").trainer.tensors(checked_kind(kind));
    return static_cast<int32_t>(list.entries().size());
  });
}

jtr_status jtr_trainer_get_tensor_info(const jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index,
                                       jtr_tensor_info* info) {
  return guard([&] {
    fill(checked_struct(info, "info"), deref(trainer, "trainer").trainer.tensors(checked_kind(kind)).at(index));
  });
}

jtr_status jtr_trainer_read_tensor(const jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index, double* values,
                                   int64_t count) {
  return guard([&] { deref(trainer, "trainer").trainer.tensors(checked_kind(kind)).read(index, values, count); });
}

jtr_status jtr_trainer_write_tensor(jtr_trainer* trainer, jtr_tensor_kind kind, int32_t index, const double* values,
                                    int64_t count) {
  return guard([&] {
    require(checked_kind(kind) == JTR_TENSOR_KIND_STATE, "kind", "gradients are read only");
    deref(trainer, "trainer").trainer.tensors(kind).write(index, values, count);
  });
}

jtr_status jtr_trainer_save(const jtr_trainer* trainer, const char* path, const jtr_metadata_entry* entries,
                            int32_t entry_count) {
  return guard([&] {
    const Trainer& t = deref(trainer, "trainer").trainer;
    require(path != nullptr && path[0] != 0, "path", "is empty");
    require(entry_count >= 0, "entry_count", "must be 0 or more, not ", entry_count);
    std::vector<std::pair<std::string, std::string>> metadata;
    for (int32_t i = 0; i < entry_count; ++i) {
      require(entries != nullptr, "entries", "is null");
      const jtr_metadata_entry& entry = checked_struct(entries + i, "entries");
      metadata.emplace_back(&deref(entry.key, "entries.key"), &deref(entry.value, "entries.value"));
    }
    t.save(path, metadata);
  });
}

jtr_status jtr_trainer_load(jtr_trainer* trainer, const char* path) {
  return guard([&] {
    Trainer& t = deref(trainer, "trainer").trainer;
    require(path != nullptr && path[0] != 0, "path", "is empty");
    t.load(path);
    release_threads();
  });
}

}  // extern "C"
