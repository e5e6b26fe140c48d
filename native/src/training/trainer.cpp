#include "training/trainer.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "error.h"
#include "kernels/gradient_norm.h"
#include "training/checkpoint.h"

namespace jtr {
namespace {

/// Copies a tensor to host memory of the caller, if it is wanted.
void deliver(const at::Tensor& tensor, double* out) {
  if (out != nullptr) at::from_blob(out, tensor.sizes(), at::kDouble).copy_(tensor);
}

/// Images that predict() runs through the network at once.
constexpr int64_t kPredictBytes = int64_t{64} << 20;

RegularizerOptions regularizer_options(const TrainerOptions& o, const TaskSet& tasks) {
  auto pair_maps = [&o](PairMapOptions maps) {
    if (maps.width == 0) maps.width = o.width;
    return maps;
  };
  return {&tasks,
          o.joint_task,
          o.seed,
          o.precision,
          o.device,
          o.width,
          o.consistency,
          pair_maps(o.direct_map),
          pair_maps(o.perceptual_map),
          o.mtpsl,
          o.recomputation};
}

}  // namespace

Trainer::Trainer(const TrainerOptions& options)
    : options_(options),
      tensor_options_(at::TensorOptions().dtype(options.precision.stored).device(options.device)),
      tasks_(options.tasks),
      regularizer_(make_method(options.method, regularizer_options(options, tasks_))),
      balancing_(make_balancing(options.balancing, static_cast<int64_t>(tasks_.size()), options.seed)),
      uploader_(tasks_, options.method, tensor_options_, regularizer_->views(), regularizer_->needs_crops()),
      network_(tasks_, options.width, options.precision, options.device, options.seed,
               regularizer_->separate_networks(), options.recomputation) {
  require(!balancing_->separates_gradients() || !regularizer_->separate_networks(), "balancing.name", "'",
          options.balancing.name, "' works on weights that tasks share; with the method '", options.method,
          "' they share none");
  for (auto& part : network_.parts()) add_state_of(part->prefix, part->store, nullptr);
  for (const OwnNetwork& own : regularizer_->networks()) add_state_of(own.prefix, *own.store, own.adam);
  if (ParameterStore* own = balancing_->parameters()) add_state_of("balancing/", *own, nullptr);
  if (options.ema_decay <= 0) return;
  average_ = std::make_unique<MultiTaskNetwork>(tasks_, options.width, options.precision, options.device, options.seed,
                                                regularizer_->separate_networks());
  for (auto& part : average_->parts()) {
    add_state(state_, "ema/" + part->prefix, part->store);
    add_state(saved_, "ema/" + part->prefix, part->store);
  }
}

void Trainer::add_state_of(const std::string& prefix, ParameterStore& store, const AdamOptions* adam) {
  optimizers_.emplace_back(store, adam == nullptr ? options_.adam : *adam);
  own_rate_.push_back(adam != nullptr);
  gradient_norms_.push_back(0);
  add_state(state_, prefix, store);
  gradients_.add(prefix, store.parameter_list(), store.flat_gradients());
  add_state(saved_, prefix, store);
  add_moments(saved_, prefix, optimizers_.back());
}

int64_t Trainer::parameter_count(bool all) const {
  int64_t count = 0;
  const size_t networks = all ? optimizers_.size() : network_.parts().size();
  for (size_t i = 0; i < networks; ++i) count += optimizers_[i].store().flat_parameters().numel();
  return count;
}

void Trainer::set_learning_rate(double rate) {
  require(rate > 0 && std::isfinite(rate), "rate", "must be a finite number above 0, not ", rate);
  options_.adam.learning_rate = rate;
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    if (!own_rate_[i]) optimizers_[i].set_learning_rate(rate);
  }
}

LossBatch Trainer::loss_batch(const HostBatch& host, const DeviceBatch& uploaded) const {
  const int64_t views = this->views(), samples = host.samples, tasks = static_cast<int64_t>(tasks_.size());
  LossBatch batch;
  batch.samples = samples;
  batch.step = steps_done_;
  batch.labels = uploaded.labels.unbind(0);
  batch.labelled = uploaded.labelled;
  batch.labelled_host.assign(host.labelled, host.labelled + samples * tasks);
  batch.noise = upload_noise(host.noise, samples, regularizer_->noise_slots(), tasks_.noise_channels(), host.height,
                             host.width, options_.seed, steps_done_, tensor_options_, "batch.noise");
  if (regularizer_->needs_crops()) {
    batch.crops = at::from_blob(const_cast<double*>(host.crops), {views, samples, kCropFields}, at::kDouble).clone();
  }
  return batch;
}

at::Tensor Trainer::supervised(const LossBatch& batch, const at::Tensor& weights, const at::Tensor& grad) const {
  const int64_t samples = batch.samples, task_count = static_cast<int64_t>(tasks_.size());
  at::Tensor all = at::zeros({samples, task_count}, tensor_options_);
  for (int64_t t = 0; t < task_count; ++t) {
    bool labelled = false;
    for (int64_t b = 0; b < samples; ++b) {
      labelled |= batch.labelled_host[static_cast<size_t>(b * task_count + t)] != 0;
    }
    if (!labelled) continue;
    at::Tensor prediction = tasks_.prediction(batch.predictions[0], t).detach();
    prediction.requires_grad_(true);
    const at::Tensor loss =
        tasks_[t].supervised_loss(prediction, tasks_.label(batch.labels[0], t)) * batch.labelled.select(1, t);
    const at::Tensor weight = at::full_like(loss, weights[t].item<double>() / static_cast<double>(samples));
    tasks_.prediction(grad, t).add_(torch::autograd::grad({loss}, {prediction}, {weight})[0]);
    all.select(1, t).copy_(loss.detach());
  }
  return all;
}

void Trainer::separate_backward(const MultiTaskNetwork::Forward& forward, const at::Tensor& supervised_grad,
                                const at::Tensor& method_grad, int64_t tracked_views) {
  const at::Tensor total = network_.parts()[0]->store.flat_gradients();
  const int64_t shared = network_.shared_elements(), task_count = static_cast<int64_t>(tasks_.size());
  const at::Tensor separate = at::empty({task_count, shared}, total.options());
  at::Tensor part = total.narrow(0, 0, shared);
  at::Tensor grad = at::zeros_like(method_grad);
  for (int64_t t = 0; t < task_count; ++t) {
    part.zero_();
    grad.zero_();
    tasks_.prediction(grad[0], t).copy_(tasks_.prediction(supervised_grad, t));
    torch::autograd::backward({forward.tracked}, {grad.narrow(0, 0, tracked_views).flatten(0, 1)}, true);
    separate[t].copy_(part);
  }
  part.copy_(balancing_->combined(separate, steps_done_));
  torch::autograd::backward({forward.tracked}, {method_grad.narrow(0, 0, tracked_views).flatten(0, 1)});
}

StepResult Trainer::step(const HostBatch& host, const StepRequest& request) {
  const DeviceBatch uploaded = uploader_.take(host);
  const auto checkpoint = [&request] {
    if (request.cancel != nullptr && __atomic_load_n(request.cancel, __ATOMIC_RELAXED) != 0) {
      throw Error(JTR_STATUS_CANCELLED, "the step was cancelled");
    }
  };
  checkpoint();
  const at::AutoGradMode grad_mode(true);
  const int64_t views = this->views();
  const int64_t task_count = static_cast<int64_t>(tasks_.size());
  LossBatch batch = loss_batch(host, uploaded);

  // Norm statistics are the only thing that changes before the end: put back when the step is given up.
  network_.remember_norms();
  StepResult result{};
  TaskLosses task_losses;
  try {
    // The multi-task network, whose optimisers are the first, has its turn last: until then its gradients take no
    // memory.
    for (auto& part : network_.parts()) part->store.zero_and_release_gradients();
    for (size_t i = network_.parts().size(); i < optimizers_.size(); ++i) optimizers_[i].store().zero_gradients();
    const int64_t tracked_views = std::max<int64_t>(0, regularizer_->last_view_with_gradient()) + 1;
    MultiTaskNetwork::Forward f =
        network_.forward(uploaded.images, views, tracked_views, regularizer_->needs_features());
    batch.predictions = f.predictions.unbind(0);
    if (f.features.defined()) batch.features = f.features.unbind(0);
    at::Tensor grad = at::zeros_like(f.predictions);
    checkpoint();

    const bool separate = balancing_->separates_gradients();
    const at::Tensor weights = balancing_->weights(steps_done_);
    const at::Tensor supervised_grad = separate ? at::zeros_like(grad[0]) : grad[0];
    const at::Tensor supervised_losses = supervised(batch, weights, supervised_grad);
    const LossTerms terms = regularizer_->compute(batch, grad.unbind(0), checkpoint);

    // A GPU is busy with the above; a CPU would gain nothing.
    if (request.next != nullptr && !options_.device.is_cpu()) uploader_.begin(*request.next);

    // [B, K + 3] on the host: the tasks' losses, then what the method adds, its distance and its reconstruction.
    const at::Tensor own = at::stack({terms.loss, terms.dist, terms.recon}, 1);
    const at::Tensor all = at::cat({supervised_losses, own}, 1).to(at::kCPU, at::kDouble);
    task_losses.losses = all.narrow(1, 0, task_count);
    task_losses.labelled = batch.labelled.to(at::kCPU, at::kDouble);
    at::Tensor balanced = task_losses.losses * weights;
    if (balancing_->offsets().defined()) balanced = balanced + balancing_->offsets() * task_losses.labelled;
    const at::Tensor losses = at::stack({balanced.sum(1) + all.select(1, task_count), task_losses.losses.sum(1),
                                         all.select(1, task_count + 1), all.select(1, task_count + 2)});
    check_losses(losses, task_losses.losses);
    for (auto& part : network_.parts()) part->store.restore_gradients();
    if (separate) {
      separate_backward(f, supervised_grad, grad, tracked_views);
      grad[0].add_(supervised_grad);
    } else {
      torch::autograd::backward({f.tracked}, {grad.narrow(0, 0, tracked_views).flatten(0, 1)});
    }
    balancing_->add_gradients(task_losses);
    checkpoint();
    result.gradient_norm = check_gradients();

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
    // NaN where no sample is labelled: 0 / 0.
    deliver(task_losses.losses.sum(0) / task_losses.labelled.sum(0), request.task_loss);
    deliver(f.predictions, request.prediction);
    deliver(grad, request.prediction_grad);
  } catch (...) {
    network_.restore_norms();
    throw;
  }
  clip_gradients();
  for (Adam& optimizer : optimizers_) optimizer.update(steps_done_);
  if (average_ != nullptr) {
    const double t = static_cast<double>(steps_done_);
    average_->average_with(network_, std::min(options_.ema_decay, t / (t + 10)));
  }
  result.step = ++steps_done_;
  balancing_->observe(task_losses, steps_done_);
  return result;
}

void Trainer::check_losses(const at::Tensor& losses, const at::Tensor& tasks) const {
  std::vector<int64_t> samples;
  for (int64_t b = 0; b < losses.size(1); ++b) {
    if (!std::isfinite(losses[0][b].item<double>())) samples.push_back(b);
  }
  if (samples.empty()) return;
  const int64_t first = samples[0];
  std::string term = "loss";
  double value = losses[0][first].item<double>();
  const auto look = [&](const std::string& name, const at::Tensor& at) {
    const double found = at.item<double>();
    if (term != "loss" || std::isfinite(found)) return;
    term = name;
    value = found;
  };
  for (size_t t = 0; t < tasks_.size(); ++t) {
    look("supervised." + tasks_[t].spec().name, tasks[first][static_cast<int64_t>(t)]);
  }
  look("dist", losses[2][first]);
  look("recon", losses[3][first]);
  throw Error(JTR_STATUS_NON_FINITE,
              text("step ", steps_done_ + 1, ": the loss of sample ", first, " of the batch is not finite: ", term,
                   " is ", value, " (", samples.size(), " of ", losses.size(1), " samples; supervised ",
                   losses[1][first].item<double>(), ", dist ", losses[2][first].item<double>(), ", recon ",
                   losses[3][first].item<double>(), ")"))
      .with_term(term, samples);
}

double Trainer::check_gradients() {
  double network = 0;
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    const double squared = kernels::squared_norm(optimizers_[i].store().flat_gradients());
    gradient_norms_[i] = std::sqrt(squared);
    if (i < network_.parts().size()) network += squared;
    if (std::isfinite(squared)) continue;
    for (const TensorEntry& entry : gradients_.entries()) {
      if (at::isfinite(entry.tensor).all().item<bool>()) continue;
      throw Error(JTR_STATUS_NON_FINITE, text("step ", steps_done_ + 1,
                                              ": the losses are finite, but the gradient of '", entry.name, "' is not"))
          .with_term("gradient", {});
    }
  }
  return std::sqrt(network);
}

void Trainer::clip_gradients() {
  const double limit = options_.max_gradient_norm;
  if (limit <= 0) return;
  for (size_t i = 0; i < optimizers_.size(); ++i) {
    if (gradient_norms_[i] <= limit) continue;
    at::Tensor gradients = optimizers_[i].store().flat_gradients();
    gradients.mul_(limit / gradient_norms_[i]);
  }
}

void Trainer::predict(const float* images, int64_t samples, int64_t height, int64_t width, float* predictions) {
  require(images != nullptr, "images", "is null");
  require(predictions != nullptr, "predictions", "is null");
  check_size(samples, height, width, "images");
  check_finite(images, samples * 3 * height * width, "images");
  const at::NoGradGuard no_grad;
  const int64_t image_bytes =
      options_.width * height * width * static_cast<int64_t>(at::elementSize(options_.precision.convolved));
  const int64_t chunk = std::max<int64_t>(1, kPredictBytes / image_bytes);
  for (int64_t begin = 0; begin < samples; begin += chunk) {
    const int64_t count = std::min(chunk, samples - begin);
    const at::Tensor x =
        at::from_blob(const_cast<float*>(images) + begin * 3 * height * width, {count, 3, height, width}, at::kFloat)
            .to(tensor_options_);
    // Before the first step there is nothing to average, and weights may have been written by name.
    const at::Tensor p = average_ != nullptr && steps_done_ > 0 ? average_->predict(x) : network_.predict(x);
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
