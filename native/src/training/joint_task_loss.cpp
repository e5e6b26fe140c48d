#include "training/joint_task_loss.h"

#include <cmath>

#include "error.h"
#include "training/checkpoint.h"
#include "training/host_batch.h"

namespace jtr {
namespace {

JointTaskLossOptions completed(const JointTaskLossOptions& options) {
  return read_options<JointTaskLossOptions>(write_options(options), "");
}

MethodSetting method_setting(const JointTaskLossOptions& o, const TaskSet& tasks) {
  return {&tasks, nullptr, o.seed, o.precision(), o.device(), o.recomputation};
}

}  // namespace

JointTaskLoss::JointTaskLoss(const JointTaskLossOptions& options)
    : options_(completed(options)),
      tasks_(options_.tasks),
      method_(Method::registry().make(options_.method, method_setting(options_, tasks_))),
      schedule_(Schedule::registry().make(options_.schedule, {})) {
  const OwnNetwork own = method_->networks().at(0);
  optimizer_ = Optimizer::registry().make(options_.optimizer, {own.store});
  add_state(state_, own.prefix, *own.store);
  gradients_.add(own.prefix, own.store->parameter_list(), own.store->flat_gradients());
  add_state(saved_, own.prefix, *own.store);
  add_moments(saved_, own.prefix, *optimizer_);
  for (const std::string& term : method_->terms()) term_names_.push_back(name_of(options_.method) + "." + term);
}

Json JointTaskLoss::describe() const {
  return {{"options", write_options(options_)},
          {"noise_slots", noise_slots()},
          {"noise_channels", tasks_.noise_channels()},
          {"terms", term_names_}};
}

StepResult JointTaskLoss::compute(const PredictionBatch& host, const StepRequest& request) {
  const int64_t task_count = static_cast<int64_t>(tasks_.size());
  const at::ScalarType dtype = options_.precision().stored;
  check_tensor(host.labelled, at::kByte, {-1, task_count}, 2, "batch.labelled");
  check_labelled(host.labelled, "batch.labelled");
  const int64_t samples = host.labelled.size(0);
  std::vector<at::Tensor> planes, vectors;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const std::string field = "batch.prediction." + tasks_[t].name();
    const at::Tensor& prediction = host.predictions[t];
    if (tasks_[t].extent() == Extent::kPixel) {
      check_tensor(prediction, dtype, {2, samples, tasks_[t].channels(), -1, -1}, 3, field);
      check_image_size(prediction, method_->needs().stride, field.c_str());
      require(planes.empty() || prediction.sizes().slice(3) == planes[0].sizes().slice(3), field.c_str(),
              "its maps are of another size than those before");
      planes.push_back(prediction);
    } else {
      check_tensor(prediction, dtype, {2, samples, tasks_[t].channels()}, 1, field);
      vectors.push_back(prediction);
    }
    require(at::isfinite(prediction).all().item<bool>(), field.c_str(), "holds a value that is not a finite number");
  }
  const int64_t height = planes[0].size(3), width = planes[0].size(4);
  const auto options = at::TensorOptions().dtype(dtype).device(options_.device());
  const auto uploaded = [&options](const at::Tensor& x) { return x.to(options); };
  const TaskTensors predictions =
      TaskTensors{at::cat(planes, 2), vectors.empty() ? at::Tensor{} : at::cat(vectors, 2)}.map(uploaded);
  const TaskTensors labels = checked_labels(tasks_, host.labels, host.labelled, 2, height, width, false).map(uploaded);
  const TaskTensors grad = predictions.zeros_like();

  MethodContext context;
  context.tasks = &tasks_;
  context.samples = samples;
  context.step = steps_done_;
  // The method reads views 1 and 2.
  context.predictions = {{}, predictions[0], predictions[1]};
  context.labels = {{}, labels[0], labels[1]};
  context.gradients = {{}, grad[0], grad[1]};
  context.labelled = upload_labelled(host.labelled, options_.device());
  const uint8_t* labelled = host.labelled.data_ptr<uint8_t>();
  context.labelled_host.assign(labelled, labelled + host.labelled.numel());
  context.noise = upload_noise(host.noise, {samples, noise_slots(), tasks_.noise_channels(), height, width},
                               options_.seed, steps_done_, options, "batch.noise");
  context.between = [&request] { check_cancelled(request.cancel); };

  has_gradients_ = false;
  optimizer_->store().zero_gradients();
  const MethodLoss computed = method_->compute(context);
  std::vector<at::Tensor> rows = {computed.loss};
  rows.insert(rows.end(), computed.terms.begin(), computed.terms.end());
  const at::Tensor losses = at::stack(rows).to(at::kCPU, at::kDouble);
  const at::Tensor mean = losses.mean(1);
  StepResult result{};
  result.step = steps_done_;
  result.loss = mean[0].item<double>();
  result.terms.assign(mean.data_ptr<double>() + 1, mean.data_ptr<double>() + mean.numel());
  if (!std::isfinite(result.loss)) {
    std::string terms;
    for (size_t i = 0; i < term_names_.size(); ++i) {
      terms += text(i == 0 ? "" : ", ", term_names_[i], " ", result.terms[i]);
    }
    throw Error(JTR_STATUS_NON_FINITE, text("the loss is ", result.loss, " (", terms, ")")).with_term("loss", {});
  }
  if (request.loss.defined()) request.loss.copy_(losses[0]);
  for (const auto& [term, out] : request.terms) out.copy_(losses[static_cast<int64_t>(term) + 1]);
  for (const auto& [task, out] : request.prediction_gradients) {
    for (int64_t v = 0; v < out.size(0); ++v) out[v].copy_(tasks_.prediction(grad[v], task));
  }
  has_gradients_ = true;
  return result;
}

void JointTaskLoss::update() {
  if (!has_gradients_) {
    throw Error(JTR_STATUS_INVALID_STATE, "there are no gradients to update with: call compute first");
  }
  optimizer_->update(steps_done_, schedule_->factor(steps_done_));
  ++steps_done_;
  has_gradients_ = false;
}

void JointTaskLoss::save(const std::string& path) const {
  CheckpointHeader header{steps_done_, options_.seed};
  header.learning_rate = optimizer_->learning_rate();
  header.options = write_options(options_);
  save_checkpoint(path, "regularizer", header, saved_, {});
}

void JointTaskLoss::load(const std::string& path) {
  const CheckpointHeader header = load_checkpoint(path, "regularizer", saved_, write_options(options_));
  steps_done_ = header.step;
  options_.seed = header.seed;
  if (header.learning_rate) optimizer_->set_learning_rate(*header.learning_rate);
  has_gradients_ = false;
}

}  // namespace jtr
