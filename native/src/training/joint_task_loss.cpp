#include "training/joint_task_loss.h"

#include <cmath>

#include "error.h"
#include "training/checkpoint.h"
#include "training/host_batch.h"

namespace jtr {
namespace {

RegularizerOptions regularizer_options(const JointTaskLossOptions& o, const TaskSet& tasks) {
  RegularizerOptions options{&tasks, o.joint_task, o.seed, o.precision, o.device};
  options.recomputation = o.recomputation;
  return options;
}

}  // namespace

JointTaskLoss::JointTaskLoss(const JointTaskLossOptions& options)
    : options_(options),
      tasks_(options.tasks),
      regularizer_(make_joint_task(regularizer_options(options, tasks_))),
      optimizer_(*regularizer_->parameters(), options.adam) {
  const std::string prefix = regularizer_->prefix();
  const ParameterStore& store = optimizer_.store();
  add_state(state_, prefix, store);
  gradients_.add(prefix, store.parameter_list(), store.flat_gradients());
  add_state(saved_, prefix, store);
  add_moments(saved_, prefix, optimizer_);
}

void JointTaskLoss::compute(const PredictionBatch& host, PredictionLoss& result) {
  check_size(host.samples, host.height, host.width, "batch");
  require(host.predictions != nullptr, "batch.predictions", "is null");
  require(host.labels != nullptr, "batch.labels", "is null");
  require(host.labelled != nullptr, "batch.labelled", "is null");
  const int64_t samples = host.samples, task_count = static_cast<int64_t>(tasks_.size());
  check_labelled(host.labelled, samples * task_count, "batch.labelled");
  const auto options = at::TensorOptions().dtype(options_.precision.stored).device(options_.device);
  const std::vector<int64_t> sizes = {2, samples, tasks_.channels(), host.height, host.width};
  const at::Tensor given = at::from_blob(const_cast<void*>(host.predictions), sizes, options_.precision.stored);
  require(at::isfinite(given).all().item<bool>(), "batch.predictions", "holds a value that is not a finite number");

  LossBatch batch;
  batch.samples = samples;
  const at::Tensor predictions = given.to(options);
  const at::Tensor labels =
      upload_labels(tasks_, host.labels, host.labelled, 2, samples, host.height, host.width, options, "batch.labels");
  batch.predictions = {at::Tensor{}, predictions[0], predictions[1]};
  batch.labels = {at::Tensor{}, labels[0], labels[1]};
  batch.labelled = upload_labelled(host.labelled, samples, task_count, options_.device);
  batch.labelled_host.assign(host.labelled, host.labelled + samples * task_count);
  batch.noise = upload_noise(host.noise, samples, regularizer_->noise_slots(), tasks_.noise_channels(), host.height,
                             host.width, options_.seed, steps_done_, options, "batch.noise");

  has_gradients_ = false;
  optimizer_.store().zero_gradients();
  const at::Tensor grad = at::zeros_like(predictions);
  const LossTerms terms = regularizer_->compute(batch, {at::Tensor{}, grad[0], grad[1]}, [&host] {
    if (host.cancel != nullptr && __atomic_load_n(host.cancel, __ATOMIC_RELAXED) != 0) {
      throw Error(JTR_STATUS_CANCELLED, "the computation was cancelled");
    }
  });
  const at::Tensor losses = at::stack({terms.loss, terms.dist, terms.recon}).to(at::kCPU, at::kDouble);
  const at::Tensor mean = losses.mean(1);
  result.loss = mean[0].item<double>();
  result.dist = mean[1].item<double>();
  result.recon = mean[2].item<double>();
  if (!std::isfinite(result.loss)) {
    throw Error(JTR_STATUS_NON_FINITE,
                text("the loss is ", result.loss, " (dist ", result.dist, ", recon ", result.recon, ")"));
  }
  auto deliver = [&](const at::Tensor& tensor, double* out) {
    if (out != nullptr) at::from_blob(out, {samples}, at::kDouble).copy_(tensor);
  };
  deliver(losses[1], result.sample_dist);
  deliver(losses[2], result.sample_recon);
  if (result.prediction_grad != nullptr)
    at::from_blob(result.prediction_grad, sizes, options_.precision.stored).copy_(grad);
  has_gradients_ = true;
}

void JointTaskLoss::update() {
  if (!has_gradients_) {
    throw Error(JTR_STATUS_INVALID_STATE, "there are no gradients to update with: call compute first");
  }
  optimizer_.update(steps_done_++);
  has_gradients_ = false;
}

void JointTaskLoss::save(const std::string& path) const {
  save_checkpoint(path, "regularizer", {steps_done_, options_.seed}, saved_, {});
}

void JointTaskLoss::load(const std::string& path) {
  const CheckpointHeader header = load_checkpoint(path, "regularizer", saved_);
  steps_done_ = header.step;
  options_.seed = header.seed;
  has_gradients_ = false;
}

}  // namespace jtr
