#include "training/trainer.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "error.h"
#include "networks/memory_format.h"
#include "training/checkpoint.h"

namespace jtr {
namespace {

std::vector<HeadSpec> head_specs(const TaskSet& tasks) {
  std::vector<HeadSpec> heads;
  for (size_t t = 0; t < tasks.size(); ++t) {
    heads.push_back({"pred_task" + std::to_string(t + 1), tasks[t].channels()});
  }
  return heads;
}

/// Copies a tensor to host memory of the caller, if it is wanted.
void deliver(const at::Tensor& tensor, double* out) {
  if (out != nullptr) at::from_blob(out, tensor.sizes(), at::kDouble).copy_(tensor);
}

/// Images that predict() runs through the network at once.
constexpr int64_t kPredictBytes = int64_t{64} << 20;

}  // namespace

Trainer::Trainer(const TrainerOptions& options)
    : options_(options),
      tensor_options_(at::TensorOptions().dtype(options.dtype).device(options.device)),
      format_(network_memory_format(options.dtype, options.device, options.width)),
      tasks_(options.tasks),
      network_(store_, 3, options.width, head_specs(tasks_), true) {
  store_.allocate(options.dtype, options.device, format_);
  network_.initialize(options.seed, 0);
  regularizer_ =
      find_method(options.method).make({&tasks_, options.joint_task, options.seed, options.dtype, options.device});
  norm_backup_ = at::empty_like(store_.flat_buffers());

  auto add = [&](const std::string& prefix, ParameterStore& store) {
    optimizers_.emplace_back(store, options.adam);
    add_state(state_, prefix, store);
    gradients_.add(prefix, store.parameter_list(), store.flat_gradients());
    add_state(saved_, prefix, store);
    add_moments(saved_, prefix, optimizers_.back());
  };
  add("model/", store_);
  if (ParameterStore* own = regularizer_->parameters()) add(regularizer_->prefix(), *own);
}

int64_t Trainer::parameter_count() const {
  int64_t count = 0;
  for (const Adam& optimizer : optimizers_) count += optimizer.store().flat_parameters().numel();
  return count;
}

void Trainer::check(const HostBatch& batch) const {
  require(batch.views >= views(), "batch.views", "method '", options_.method, "' reads ", views(), " views, not ",
          batch.views);
  check_size(batch.samples, batch.height, batch.width, "batch");
  require(batch.images != nullptr, "batch.images", "is null");
  require(batch.labels != nullptr, "batch.labels", "is null");
  require(batch.labelled != nullptr, "batch.labelled", "is null");
  check_finite(batch.images, views() * batch.samples * 3 * batch.height * batch.width, "batch.images");
  check_labelled(batch.labelled, batch.samples * static_cast<int64_t>(tasks_.size()), "batch.labelled");
}

at::Tensor Trainer::activate(const at::Tensor& raw) const {
  std::vector<at::Tensor> parts;
  for (size_t t = 0; t < tasks_.size(); ++t) parts.push_back(tasks_[t].activate(tasks_.prediction(raw, t)));
  return at::cat(parts, 1);
}

Trainer::Forward Trainer::forward(const at::Tensor& images, int64_t views, int64_t tracked_views) {
  const int64_t rows = images.size(0), tracked_rows = rows / views * tracked_views;
  // The losses work channel by channel.
  const at::Tensor raw =
      network_
          .heads(network_.decode(network_.encode(images.contiguous(format_), NormMode::kBatch, true), NormMode::kBatch, true),
                 true, tracked_rows)
          .contiguous();
  Forward result;
  result.tracked = activate(raw.narrow(0, 0, tracked_rows));
  result.predictions = result.tracked.detach();
  if (tracked_rows < rows) {
    // No gradient reaches the other views' predictions.
    const at::NoGradGuard no_grad;
    result.predictions = at::cat({result.predictions, activate(raw.narrow(0, tracked_rows, rows - tracked_rows))});
  }
  const at::Tensor& p = result.predictions;
  result.predictions = p.view({views, rows / views, p.size(1), p.size(2), p.size(3)});
  return result;
}

at::Tensor Trainer::supervised(const LossBatch& batch, const at::Tensor& grad, double* task_loss) const {
  const int64_t samples = batch.samples, task_count = static_cast<int64_t>(tasks_.size());
  at::Tensor total = at::zeros({samples}, tensor_options_);
  for (int64_t t = 0; t < task_count; ++t) {
    int64_t labelled = 0;
    for (int64_t b = 0; b < samples; ++b) labelled += batch.labelled_host[static_cast<size_t>(b * task_count + t)];
    if (task_loss != nullptr) task_loss[t] = std::numeric_limits<double>::quiet_NaN();
    if (labelled == 0) continue;
    at::Tensor prediction = tasks_.prediction(batch.predictions[0], t).detach();
    prediction.requires_grad_(true);
    const at::Tensor loss =
        tasks_[t].supervised_loss(prediction, tasks_.label(batch.labels[0], t)) * batch.labelled.select(1, t);
    const at::Tensor weight = at::full_like(loss, 1.0 / static_cast<double>(samples));
    tasks_.prediction(grad, t).add_(torch::autograd::grad({loss}, {prediction}, {weight})[0]);
    total.add_(loss.detach());
    if (task_loss != nullptr) task_loss[t] = loss.sum().item<double>() / static_cast<double>(labelled);
  }
  return total;
}

StepResult Trainer::step(const HostBatch& host, const StepRequest& request) {
  check(host);
  const auto checkpoint = [&request] {
    if (request.cancel != nullptr && __atomic_load_n(request.cancel, __ATOMIC_RELAXED) != 0) {
      throw Error(JTR_STATUS_CANCELLED, "the step was cancelled");
    }
  };
  checkpoint();
  const at::AutoGradMode grad_mode(true);
  const int64_t views = this->views(), samples = host.samples;
  const int64_t task_count = static_cast<int64_t>(tasks_.size());

  LossBatch batch;
  batch.samples = samples;
  batch.labels = upload_labels(tasks_, host.labels, host.labelled, views, samples, host.height, host.width,
                               tensor_options_, "batch.labels")
                     .unbind(0);
  batch.labelled = upload_labelled(host.labelled, samples, task_count, options_.device);
  batch.labelled_host.assign(host.labelled, host.labelled + samples * task_count);
  batch.noise = upload_noise(host.noise, samples, regularizer_->noise_slots(), tasks_.noise_channels(), host.height,
                             host.width, options_.seed, steps_done_, tensor_options_, "batch.noise");
  const at::Tensor images =
      at::from_blob(const_cast<float*>(host.images), {views * samples, 3, host.height, host.width}, at::kFloat)
          .to(tensor_options_);

  // Norm statistics are the only thing that changes before the end: put back when the step is given up.
  norm_backup_.copy_(store_.flat_buffers());
  StepResult result{};
  try {
    for (Adam& optimizer : optimizers_) optimizer.store().zero_gradients();
    const int64_t tracked_views = std::max<int64_t>(0, regularizer_->last_view_with_gradient()) + 1;
    Forward f = forward(images, views, tracked_views);
    batch.predictions = f.predictions.unbind(0);
    at::Tensor grad = at::zeros_like(f.predictions);
    checkpoint();

    const at::Tensor supervised_loss = supervised(batch, grad[0], request.task_loss);
    const LossTerms terms = regularizer_->compute(batch, grad.unbind(0), checkpoint);
    const at::Tensor losses =
        at::stack({supervised_loss + terms.loss, supervised_loss, terms.dist, terms.recon}).to(at::kCPU, at::kDouble);
    for (int64_t b = 0; b < samples; ++b) {
      const double loss = losses[0][b].item<double>();
      if (std::isfinite(loss)) continue;
      throw Error(JTR_STATUS_NON_FINITE,
                  text("step ", steps_done_ + 1, ": the loss of sample ", b, " of the batch is ", loss, " (supervised ",
                       losses[1][b].item<double>(), ", dist ", losses[2][b].item<double>(), ", recon ",
                       losses[3][b].item<double>(), ")"));
    }
    torch::autograd::backward({f.tracked}, {grad.narrow(0, 0, tracked_views).flatten(0, 1)});
    checkpoint();

    const at::Tensor mean = losses.mean(1);
    result.loss = mean[0].item<double>();
    result.supervised = mean[1].item<double>();
    result.dist = mean[2].item<double>();
    result.recon = mean[3].item<double>();
    result.learning_rate = scheduled_rate(options_.adam, steps_done_);
    deliver(losses[0], request.loss);
    deliver(losses[1], request.supervised);
    deliver(losses[2], request.dist);
    deliver(losses[3], request.recon);
    deliver(f.predictions, request.prediction);
    deliver(grad, request.prediction_grad);
  } catch (...) {
    store_.flat_buffers().copy_(norm_backup_);
    throw;
  }
  for (Adam& optimizer : optimizers_) optimizer.update(steps_done_);
  result.step = ++steps_done_;
  return result;
}

void Trainer::predict(const float* images, int64_t samples, int64_t height, int64_t width, float* predictions) {
  require(images != nullptr, "images", "is null");
  require(predictions != nullptr, "predictions", "is null");
  check_size(samples, height, width, "images");
  check_finite(images, samples * 3 * height * width, "images");
  const at::NoGradGuard no_grad;
  const int64_t image_bytes = options_.width * height * width * static_cast<int64_t>(at::elementSize(options_.dtype));
  const int64_t chunk = std::max<int64_t>(1, kPredictBytes / image_bytes);
  for (int64_t begin = 0; begin < samples; begin += chunk) {
    const int64_t count = std::min(chunk, samples - begin);
    const at::Tensor x =
        at::from_blob(const_cast<float*>(images) + begin * 3 * height * width, {count, 3, height, width}, at::kFloat)
            .to(tensor_options_);
    const SegNet::Encoded encoded = network_.encode(x.contiguous(format_), NormMode::kRunning, false);
    const at::Tensor p = activate(network_.heads(network_.decode(encoded, NormMode::kRunning, false), false, 0).contiguous());
    at::from_blob(predictions + begin * tasks_.channels() * height * width, p.sizes(), at::kFloat).copy_(p);
  }
}

void Trainer::save(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata) const {
  save_checkpoint(path, "trainer", {steps_done_, options_.seed}, saved_, metadata);
}

void Trainer::load(const std::string& path) {
  const CheckpointHeader header = load_checkpoint(path, "trainer", saved_);
  steps_done_ = header.step;
  options_.seed = header.seed;
}

}  // namespace jtr
