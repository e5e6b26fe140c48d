// The step of a trainer: compute, agree, reduce, apply.
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "error.h"
#include "kernels/gradient_norm.h"
#include "training/trainer.h"

namespace jtr {
namespace {

void copy_to(const at::Tensor& out, const at::Tensor& value) {
  if (out.defined()) out.copy_(value);
}

}  // namespace

std::vector<int64_t> Trainer::noise_sizes(const HostBatch& host) const {
  return {host.samples(), needs_.noise_slots, tasks_.noise_channels(), host.height(), host.width()};
}

MethodContext Trainer::context_of(const HostBatch& host, const DeviceBatch& uploaded,
                                  const std::vector<int64_t>& domains, const Share& share) const {
  MethodContext context;
  context.tasks = &tasks_;
  context.samples = host.samples();
  context.share = share;
  context.step = steps_done_;
  context.seed = options_.seed;
  for (int64_t v = 0; v < needs_.views; ++v) context.labels.push_back(uploaded.labels[v]);
  context.labelled = uploaded.labelled;
  context.label_weight = uploaded.label_weight;
  if (!domain_weights_.empty()) {
    const at::Tensor own = domain_weights_.of_tasks(domains).to(tensor_options_);
    context.label_weight = context.label_weight.defined() ? context.label_weight * own : own;
  }
  const uint8_t* labelled = host.labelled.data_ptr<uint8_t>();
  context.labelled_host.assign(labelled, labelled + host.labelled.numel());
  context.noise = upload_noise(host.noise, noise_sizes(host), options_.seed, steps_done_, tensor_options_,
                               "batch.noise", share.first);
  context.graph = graph_->weights(steps_done_);
  if (needs_.crops) context.crops = host.crops.narrow(0, 0, needs_.views).clone();
  const int64_t samples = host.samples();
  context.inputs_of = [all = uploaded.inputs, samples](int64_t view) { return all.narrow(view * samples, samples); };
  context.teacher_of = [this, &domains](const InputTensors& some) {
    return (steps_done_ > 0 ? average_->network() : network_).predict(some, &domains);
  };
  return context;
}

MethodContext Trainer::context_of(const Guide& guide, const MethodContext& all, const Seen* made) {
  MethodContext own = all;
  if (all.noise.defined()) own.noise = all.noise.narrow(1, guide.first_slot, guide.needs.noise_slots);
  // What it did not ask for may be there for another method.
  if (!guide.needs.features) own.features.clear();
  if (!guide.needs.crops) own.crops.reset();
  if (!guide.needs.images) own.inputs_of = nullptr;
  if (!guide.needs.teacher) own.teacher_of = nullptr;
  if (!guide.needs.affinities) own.affinities.reset();
  if (made == nullptr) return own;
  const size_t views = static_cast<size_t>(guide.needs.views);
  own.predictions.resize(views);
  own.gradients.resize(views);
  for (int64_t v = 0; v < guide.needs.made_views; ++v) {
    own.predictions.push_back(made->forward.predictions[v]);
    own.gradients.push_back(made->gradients[v]);
  }
  return own;
}

Trainer::Seen Trainer::seen(const InputTensors& inputs, const MultiTaskNetwork::Request& request, const Share& share) {
  Seen seen;
  const bool drops = !inputs_.empty() && options_.input_dropout > 0;
  seen.forward = network_.forward(drops ? inputs.with_only(kept(inputs, request.views, share.first)) : inputs, request);
  seen.gradients = seen.forward.predictions.zeros_like();
  seen.tracked_views = request.tracked_views;
  return seen;
}

at::Tensor Trainer::kept(const InputTensors& inputs, int64_t views, int64_t first) const {
  const at::Tensor of_samples =
      inputs_.kept(inputs.samples() / views, options_.input_dropout, options_.seed, steps_done_, first);
  return of_samples.to(tensor_options_).repeat({views, 1});
}

at::Tensor Trainer::supervised(const MethodContext& context, const at::Tensor& weights, const TaskTensors& grad) const {
  const int64_t samples = context.samples, task_count = static_cast<int64_t>(tasks_.size());
  at::Tensor all = at::zeros({samples, task_count}, tensor_options_);
  for (int64_t t = 0; t < task_count; ++t) {
    const size_t task = static_cast<size_t>(t);
    bool labelled = false;
    for (int64_t b = 0; b < samples; ++b) labelled |= context.is_labelled(b, task);
    if (!labelled) continue;
    const at::Tensor prediction = context.tracked(0, task);
    const at::Tensor of_all = tasks_[task].supervised_loss(prediction, context.label(0, task));
    const at::Tensor loss = context.weighted(of_all * context.labelled.select(1, t), task);
    const at::Tensor weight = at::full_like(loss, weights[t].item<double>() / context.batch());
    tasks_.prediction(grad, task).add_(torch::autograd::grad({loss}, {prediction}, {weight})[0]);
    all.select(1, t).copy_(loss.detach());
  }
  return all;
}

MethodLoss Trainer::added_by(size_t guide, const MethodContext& context, const std::vector<int64_t>& domains) const {
  at::Tensor counts = domain_weights_.of_method(guide, domains);
  if (!counts.defined()) return guides_[guide].method->compute(context);
  counts = counts.to(tensor_options_);
  MethodContext apart = context;
  for (TaskTensors& gradient : apart.gradients) gradient = gradient.zeros_like();
  if (apart.affinities_gradient.defined()) apart.affinities_gradient = at::zeros_like(apart.affinities_gradient);
  MethodLoss loss = guides_[guide].method->compute(apart);
  const auto add = [&counts](at::Tensor to, const at::Tensor& gradient) {
    if (!to.defined()) return;
    std::vector<int64_t> sizes(static_cast<size_t>(to.dim()), 1);
    sizes[0] = -1;
    to.add_(gradient * counts.view(sizes));
  };
  for (size_t v = 0; v < apart.gradients.size(); ++v) {
    add(context.gradients[v].planes, apart.gradients[v].planes);
    add(context.gradients[v].vectors, apart.gradients[v].vectors);
  }
  add(context.affinities_gradient, apart.affinities_gradient);
  if (loss.loss.defined()) loss.loss = loss.loss.to(tensor_options_) * counts;
  return loss;
}

Trainer::Roots Trainer::roots_of(const std::vector<const Seen*>& seen) {
  Roots roots;
  for (const Seen* views : seen) {
    const auto add = [&](const at::Tensor& root, const at::Tensor& gradient) {
      if (!root.defined()) return;
      roots.of.push_back(root);
      roots.gradients.push_back(gradient.narrow(0, 0, views->tracked_views).flatten(0, 1));
    };
    add(views->forward.tracked.planes, views->gradients.planes);
    add(views->forward.tracked.vectors, views->gradients.vectors);
    for (size_t n = 0; n < views->d_features.size(); ++n) {
      const at::Tensor& features = views->forward.tracked_features[n];
      if (!features.requires_grad()) continue;  // of an encoder that keeps its weights
      roots.of.push_back(features);
      roots.gradients.push_back(views->d_features[n]);
    }
    const at::Tensor& affinities = views->forward.tracked_affinities;
    if (views->d_affinities.defined() && affinities.requires_grad()) {
      roots.of.push_back(affinities);
      roots.gradients.push_back(views->d_affinities);
    }
  }
  return roots;
}

void Trainer::backward(const Roots& roots, bool retain) {
  torch::autograd::backward(roots.of, roots.gradients, retain);
}

std::vector<const Trainer::Seen*> Trainer::Passes::all() const {
  std::vector<const Seen*> all = {&given};
  for (const Seen& views : made) all.push_back(&views);
  return all;
}

void Trainer::separate_backward(const Passes& passes, const TaskTensors& supervised_grad, at::Tensor& separate) {
  const at::Tensor total = network_.parts()[0].store().flat_gradients();
  const int64_t shared = network_.shared_elements(), task_count = static_cast<int64_t>(tasks_.size());
  if (!separate.defined()) separate = at::zeros({task_count + 1, shared}, total.options());
  at::Tensor part = total.narrow(0, 0, shared);
  const auto take = [&](int64_t row) {
    separate[row].add_(part);
    part.zero_();
  };
  Seen apart = passes.given;
  apart.gradients = passes.given.gradients.zeros_like();
  apart.d_features.clear();
  apart.d_affinities.reset();
  for (int64_t t = 0; t < task_count; ++t) {
    const size_t task = static_cast<size_t>(t);
    at::Tensor own = tasks_.prediction(apart.gradients[0], task);
    own.copy_(tasks_.prediction(supervised_grad, task));
    backward(roots_of({&apart}), true);
    own.zero_();
    take(t);
  }
  backward(roots_of(passes.all()), false);
  take(task_count);
}

std::vector<Trainer::Part> Trainer::meet(const HostBatch& host, const std::exception_ptr& failure) {
  if (communicator_->is_one() && failure != nullptr) std::rethrow_exception(failure);
  const int64_t processes = communicator_->size(), rank = communicator_->rank();
  const int64_t task_count = static_cast<int64_t>(tasks_.size()), parts = options_.accumulate;
  const int64_t domains = domain_count();
  // The samples of each process; how many have each label, and are of each domain; then what must not be, or be the
  // same everywhere.
  enum { kFailures, kFresh, kSteps, kRest };
  at::Tensor told = at::zeros({processes + task_count + domains + kRest}, at::kDouble);
  double* const samples = told.data_ptr<double>();
  double* const labelled = samples + processes;
  double* const of_domains = labelled + task_count;
  double* const rest = of_domains + domains;
  if (failure == nullptr) {
    samples[rank] = static_cast<double>(host.samples());
    const uint8_t* given = host.labelled.data_ptr<uint8_t>();
    for (int64_t i = 0; i < host.labelled.numel(); ++i) labelled[i % task_count] += given[i];
    for (const int64_t domain : checked_domains(host.domain, host.samples(), 0, domains, "batch.domain")) {
      of_domains[domain] += 1;
    }
  }
  rest[kFailures] = failure != nullptr ? 1 : 0;
  rest[kFresh] = fresh_ ? 1 : 0;
  rest[kSteps] = static_cast<double>(steps_done_);
  communicator_->all_reduce(told, Reduction::kSum);
  if (rest[kFailures] > 0) communicator_->agree(failure);
  if (rest[kFresh] > 0) {
    share_state();
  } else if (rest[kSteps] != static_cast<double>(processes * steps_done_)) {
    throw Error(JTR_STATUS_INVALID_STATE, text("the processes have not all done ", steps_done_, " steps"));
  }

  // Part p of a process's n samples is [p n / parts, (p + 1) n / parts).
  const auto begin_of = [&](int64_t process, int64_t part) {
    return part * static_cast<int64_t>(samples[process]) / parts;
  };
  std::vector<Part> all;
  int64_t first = 0, whole = 0, fewest = host.samples();
  for (int64_t r = 0; r < processes; ++r) {
    const int64_t own = static_cast<int64_t>(samples[r]);
    require(own >= parts, "batch.image", "there must be a sample for each of ", parts, " parts (accumulate), not ", own,
            processes > 1 ? text(" on rank ", r) : "");
    if (r < rank) first += own;
    whole += own;
  }
  for (int64_t p = 0; p < parts; ++p) {
    Part part{begin_of(rank, p), begin_of(rank, p + 1) - begin_of(rank, p), {}};
    part.share.first = first + part.begin;
    part.share.whole = whole;
    part.share.part = p;
    part.share.labelled.assign(labelled, labelled + task_count);
    part.share.of_domains.assign(of_domains, of_domains + domains);
    part.share.others = processes > 1 ? communicator_.get() : nullptr;
    for (int64_t r = 0; r < processes; ++r) {
      const int64_t count = begin_of(r, p + 1) - begin_of(r, p);
      if (r < rank) part.share.pool_first += count;
      part.share.pool += count;
      fewest = std::min(fewest, count);
    }
    all.push_back(std::move(part));
  }
  const bool shares = processes > 1 && communicator_->shares_norms(fewest);
  for (const auto& part : network_.parts()) part.store().share_norms(shares ? communicator_.get() : nullptr);
  return all;
}

void Trainer::share_state() {
  fresh_ = false;
  if (communicator_->is_one()) return;
  const at::NoGradGuard no_grad;
  for (const TensorEntry& entry : saved_.entries()) {
    at::Tensor tensor = entry.tensor;
    communicator_->broadcast(tensor);
  }
  at::Tensor numbers = at::tensor({steps_done_, static_cast<int64_t>(options_.seed)}, at::kLong);
  communicator_->broadcast(numbers);
  steps_done_ = numbers[0].item<int64_t>();
  options_.seed = static_cast<uint64_t>(numbers[1].item<int64_t>());
  balancing_->set_seed(options_.seed);
  at::Tensor rate = at::full({1}, trained_[0].optimizer->learning_rate(), at::kDouble);
  communicator_->broadcast(rate);
  use_rate(rate.item<double>());
}

template <typename Work>
void Trainer::in_step(const Work& work) {
  try {
    work();
  } catch (const std::exception& e) {
    communicator_->leave(e.what());
    throw;
  }
}

template <typename Check>
void Trainer::stops(Computed& computed, const Check& check) const {
  if (communicator_->is_one()) return check();
  try {
    check();
  } catch (...) {
    if (computed.failure == nullptr) computed.failure = std::current_exception();
  }
}

void Trainer::compute(const HostBatch& host, const DeviceBatch& uploaded, const std::vector<Part>& parts,
                      const StepRequest& request, Computed& computed) {
  stops(computed, [&request] { check_cancelled(request.cancel); });
  // The multi-task network, whose optimisers are the first, has its turn last: until then its gradients take no memory.
  const size_t networks = network_.parts().size();
  for (const auto& part : network_.parts()) {
    if (gradients_wait()) {
      part.store().zero_and_release_gradients();
    } else {
      part.store().zero_gradients();
    }
  }
  for (size_t i = networks; i < trained_.size(); ++i) trained_[i].optimizer->store().zero_gradients();
  network_.begin_step(steps_done_);
  computed.domains = checked_domains(host.domain, host.samples(), 0, domain_count(), "batch.domain");
  computed.of_domains = parts[0].share.of_domains;
  network_.begin_domains(computed.of_domains);
  computed.batch = static_cast<double>(parts[0].share.whole);
  std::vector<Losses> of_parts;
  for (const Part& part : parts) {
    const bool whole = parts.size() == 1;
    of_parts.push_back(compute(whole ? host : host.narrow(part.begin, part.count),
                               whole ? uploaded : uploaded.narrow(part.begin, part.count), part, &part == &parts.back(),
                               request, computed));
  }
  const auto joined = [&of_parts](const auto& of, int64_t dimension) {
    std::vector<at::Tensor> all;
    for (const Losses& losses : of_parts) all.push_back(of(losses));
    return all.size() == 1 ? all[0] : at::cat(all, dimension);
  };
  computed.losses = {{joined([](const Losses& l) { return l.of_tasks.losses; }, 0),
                      joined([](const Losses& l) { return l.of_tasks.labelled; }, 0)},
                     joined([](const Losses& l) { return l.all; }, 0),
                     joined([](const Losses& l) { return l.terms; }, 1)};
  if (buckets_ != nullptr) buckets_->finish();
  stops(computed, [&request] { check_cancelled(request.cancel); });
}

Trainer::Losses Trainer::compute(const HostBatch& host, const DeviceBatch& uploaded, const Part& part, bool is_last,
                                 const StepRequest& request, Computed& computed) {
  const int64_t views = needs_.views, task_count = static_cast<int64_t>(tasks_.size());
  const std::vector<int64_t> domains(computed.domains.begin() + part.begin,
                                     computed.domains.begin() + part.begin + part.count);
  MethodContext context = context_of(host, uploaded, domains, part.share);
  // Many processes stay in step: they hear of it at the end.
  if (communicator_->is_one()) context.between = [&request] { check_cancelled(request.cancel); };
  context.allowed = [this, &context](size_t task, const at::Tensor& target) {
    return constraints_.allowed(task, target, context);
  };
  const int64_t tracked_views = std::max<int64_t>(0, needs_.last_view_with_gradient) + 1;
  Passes passes;
  MultiTaskNetwork::Request request_of_views;
  request_of_views.views = views;
  request_of_views.tracked_views = tracked_views;
  request_of_views.features = needs_.features;
  request_of_views.tracked_features = domain_techniques_.read_features();
  request_of_views.domains = &domains;
  if (norms_are_shared()) request_of_views.of_all = &computed.of_domains;
  passes.given = seen(uploaded.inputs, request_of_views, part.share);
  if (passes.given.forward.features.defined()) context.features = passes.given.forward.features.unbind(0);
  if (needs_.affinities) {
    context.affinities = passes.given.forward.tracked_affinities.detach();
    context.affinities_gradient = at::zeros_like(context.affinities);
    passes.given.d_affinities = context.affinities_gradient;
  }
  for (int64_t v = 0; v < views; ++v) {
    context.predictions.push_back(passes.given.forward.predictions[v]);
    context.gradients.push_back(passes.given.gradients[v]);
  }
  context.checkpoint();
  std::vector<const Seen*> made_for;
  passes.made.reserve(guides_.size());
  for (const Guide& guide : guides_) {
    made_for.push_back(nullptr);
    const int64_t count = guide.needs.made_views;
    if (count == 0) continue;
    const InputTensors inputs = guide.method->make_views(context_of(guide, context, nullptr));
    // What is no photograph that the network will see must not enter the statistics that it predicts with.
    MultiTaskNetwork::Request request_of_made;
    request_of_made.views = request_of_made.tracked_views = count;
    request_of_made.norm = NormMode::kBatchApart;
    request_of_made.domains = &domains;
    request_of_made.of_all = request_of_views.of_all;
    passes.made.push_back(seen(inputs, request_of_made, part.share));
    made_for.back() = &passes.made.back();
    context.checkpoint();
  }

  const bool separate = balancing_->separates_gradients();
  const at::Tensor weights = balancing_->weights(steps_done_);
  context.task_weights = weights;
  const TaskTensors supervised_grad = separate ? context.gradients[0].zeros_like() : context.gradients[0];
  const at::Tensor supervised_losses = supervised(context, weights, supervised_grad);
  at::Tensor added = at::zeros({context.samples}, tensor_options_);
  std::vector<at::Tensor> own_terms;
  for (size_t g = 0; g < guides_.size(); ++g) {
    const MethodLoss own = added_by(g, context_of(guides_[g], context, made_for[g]), domains);
    if (own.loss.defined()) added = added + own.loss.to(tensor_options_);
    own_terms.insert(own_terms.end(), own.terms.begin(), own.terms.end());
  }
  const MethodLoss constrained = constraints_.compute(context);
  if (constrained.loss.defined()) added = added + constrained.loss.to(tensor_options_);
  own_terms.insert(own_terms.end(), constrained.terms.begin(), constrained.terms.end());
  const std::vector<at::Tensor> similar = graph_->observe(context);
  own_terms.insert(own_terms.end(), similar.begin(), similar.end());
  if (domain_techniques_.read_features()) {
    DomainTechniques::Result adapted =
        domain_techniques_.compute(passes.given.forward.tracked_features, uploaded.domain, steps_done_, part.share);
    added = added + adapted.loss.to(tensor_options_);
    own_terms.insert(own_terms.end(), adapted.terms.begin(), adapted.terms.end());
    passes.given.d_features = std::move(adapted.d_features);
    context.checkpoint();
  }

  // A GPU is busy with the above; a CPU would gain nothing.
  if (is_last && request.next != nullptr && !tensor_options_.device().is_cpu()) uploader_.begin(*request.next);

  // [B, K + 1 + terms] on the host: the tasks' losses, what the method adds, and its terms.
  std::vector<at::Tensor> columns = {supervised_losses, added.unsqueeze(1)};
  for (const at::Tensor& term : own_terms) columns.push_back(term.unsqueeze(1).to(tensor_options_));
  const at::Tensor all = at::cat(columns, 1).to(at::kCPU, at::kDouble);
  Losses losses;
  losses.of_tasks.losses = all.narrow(1, 0, task_count);
  losses.of_tasks.labelled = context.labelled.to(at::kCPU, at::kDouble);
  at::Tensor balanced = losses.of_tasks.losses * weights;
  if (balancing_->offsets().defined()) {
    balanced = balanced + balancing_->offsets() * losses.of_tasks.labelled;
  }
  losses.all = balanced.sum(1) + all.select(1, task_count);
  losses.terms = at::cat({losses.of_tasks.losses.sum(1).unsqueeze(0), losses.of_tasks.losses.t(),
                          all.narrow(1, task_count + 1, all.size(1) - task_count - 1).t()});
  stops(computed, [&] { check_losses(losses, part.begin); });
  if (gradients_wait()) {
    for (const auto& network : network_.parts()) network.store().restore_gradients();
  }
  if (separate) {
    separate_backward(passes, supervised_grad, computed.separate);
    for (size_t t = 0; t < tasks_.size(); ++t) context.add_gradient(0, t, tasks_.prediction(supervised_grad, t));
  } else {
    const Roots roots = roots_of(passes.all());
    if (is_last && buckets_ != nullptr) buckets_->begin(roots.of);
    backward(roots, false);
  }
  context.checkpoint();
  deliver(passes.given, part, request);
  return losses;
}

void Trainer::reduce(Computed& computed) {
  const at::Tensor total = network_.parts()[0].store().flat_gradients();
  if (computed.separate.defined()) {
    communicator_->all_reduce(computed.separate, Reduction::kSum);
    const int64_t task_count = computed.separate.size(0) - 1;
    at::Tensor shared = total.narrow(0, 0, computed.separate.size(1));
    shared.copy_(balancing_->combined(computed.separate.narrow(0, 0, task_count), steps_done_));
    shared.add_(computed.separate[task_count]);
  }
  // Sums over the samples: the loss, its terms, the tasks' losses and labels.
  const int64_t task_count = static_cast<int64_t>(tasks_.size()), terms = computed.losses.terms.size(0);
  const TaskSums own = computed.losses.of_tasks.summed();
  at::Tensor sums = at::cat({computed.losses.all.sum(0, true), computed.losses.terms.sum(1), own.losses, own.labelled});
  communicator_->all_reduce(sums, Reduction::kSum);
  computed.sums = {sums.narrow(0, 1 + terms, task_count), sums.narrow(0, 1 + terms + task_count, task_count),
                   computed.batch};
  // Its weights have no gradient before this.
  balancing_->add_gradients(computed.sums);
  if (!communicator_->is_one()) {
    // Where norms share statistics these are all the same.
    const double size = static_cast<double>(communicator_->size());
    for (const auto& part : network_.parts()) {
      at::Tensor statistics = part.store().flat_buffers();
      communicator_->all_reduce(statistics, Reduction::kSum);
      statistics.div_(size);
    }
    if (network_.has_separate_norms()) reduce_domain_norms(computed);
  }
  const at::Tensor means = sums.narrow(0, 0, 1 + terms) / computed.batch;
  computed.result.gradient_norm = check_gradients();
  computed.result.loss = means[0].item<double>();
  computed.result.terms.assign(means.data_ptr<double>() + 1, means.data_ptr<double>() + means.numel());
  computed.result.learning_rate = trained_[0].optimizer->learning_rate() * schedule_->factor(steps_done_);
}

void Trainer::reduce_domain_norms(const Computed& computed) {
  // Means over the processes through whose norms a domain's samples went.
  at::Tensor passed = at::zeros({domain_count(), 1}, tensor_options_);
  for (int64_t d = 0; d < domain_count(); ++d) {
    if (norms_are_shared() && computed.of_domains[static_cast<size_t>(d)] > 0) passed[d].fill_(1);
  }
  for (const int64_t d : computed.domains) passed[d].fill_(1);
  at::Tensor processes = passed.clone();
  communicator_->all_reduce(processes, Reduction::kSum);
  for (const auto& part : network_.parts()) {
    at::Tensor statistics = part.store().flat_buffer_sets();
    at::Tensor sums = statistics * passed;
    communicator_->all_reduce(sums, Reduction::kSum);
    statistics.copy_(at::where(processes > 0, sums / processes.clamp_min(1), statistics));
  }
}

void Trainer::deliver(const Computed& computed, const StepRequest& request) const {
  copy_to(request.loss, computed.losses.all);
  for (const auto& [term, out] : request.terms) copy_to(out, computed.losses.terms[static_cast<int64_t>(term)]);
  // NaN where no sample is labelled: 0 / 0.
  copy_to(request.task_loss, computed.sums.losses / computed.sums.labelled);
}

void Trainer::deliver(const Seen& given, const Part& part, const StepRequest& request) const {
  const auto copy_views = [&](const TaskTensors& views, const StepRequest::Numbered& wanted) {
    for (const auto& [task, out] : wanted) {
      for (int64_t v = 0; v < out.size(0); ++v) {
        out[v].narrow(0, part.begin, part.count).copy_(tasks_.prediction(views[v], task));
      }
    }
  };
  copy_views(given.forward.predictions, request.predictions);
  copy_views(given.gradients, request.prediction_gradients);
}

void Trainer::apply(const Computed& computed) {
  clip_gradients();
  for (Trained& trained : trained_) {
    const Schedule& schedule = trained.own_schedule != nullptr ? *trained.own_schedule : *schedule_;
    trained.optimizer->update(steps_done_, schedule.factor(steps_done_));
  }
  network_.count_domains(computed.of_domains);
  network_.mix_domains();
  if (average_ != nullptr) average_->follow(network_, steps_done_);
  for (const Guide& guide : guides_) guide.method->follow();
  graph_->follow();
  ++steps_done_;
  balancing_->observe(computed.sums, steps_done_);
}

StepResult Trainer::step(const HostBatch& host, const StepRequest& request) {
  const at::AutoGradMode grad_mode(true);
  std::optional<DeviceBatch> uploaded;
  std::exception_ptr failure;
  try {
    uploaded.emplace(uploader_.take(host));
    checked_domains(host.domain, host.samples(), 0, domain_count(), "batch.domain");
    check_noise(host.noise, noise_sizes(host), "batch.noise");
  } catch (...) {
    failure = std::current_exception();
  }
  const std::vector<Part> parts = meet(host, failure);
  // Norm statistics are the only thing that changes before the end: put back when the step is given up.
  network_.remember_norms();
  Computed computed;
  try {
    in_step([&] { compute(host, *uploaded, parts, request, computed); });
    if (!communicator_->is_one()) {
      // Gradients that are not finite may be so by another's samples, where norms share statistics.
      const bool of_losses = computed.failure != nullptr;
      if (!of_losses && !buckets_->were_finite()) stops(computed, [this] { name_gradient_that_is_not_finite(); });
      communicator_->agree(computed.failure, !of_losses);
    }
    reduce(computed);
    deliver(computed, request);
  } catch (...) {
    network_.restore_norms();
    throw;
  }
  apply(computed);
  computed.result.step = steps_done_;
  return std::move(computed.result);
}

void Trainer::check_losses(const Losses& losses, int64_t begin) const {
  std::vector<int64_t> samples;
  for (int64_t b = 0; b < losses.all.size(0); ++b) {
    if (!std::isfinite(losses.all[b].item<double>())) samples.push_back(b);
  }
  if (samples.empty()) return;
  const int64_t first = samples[0];
  std::string term = "loss", all;
  double value = losses.all[first].item<double>();
  for (size_t i = 0; i < term_names_.size(); ++i) {
    const double found = losses.terms[static_cast<int64_t>(i)][first].item<double>();
    all += text(all.empty() ? "" : ", ", term_names_[i], " ", found);
    // The first one, "supervised", is the sum of the tasks'.
    if (i == 0 || term != "loss" || std::isfinite(found)) continue;
    term = term_names_[i];
    value = found;
  }
  for (int64_t& sample : samples) sample += begin;
  throw Error(JTR_STATUS_NON_FINITE, text("step ", steps_done_ + 1, ": the loss of sample ", begin + first,
                                          " of the batch is not finite: ", term, " is ", value, " (", samples.size(),
                                          " of ", losses.all.size(0), " samples; ", all, ")"))
      .with_term(term, samples);
}

double Trainer::check_gradients() {
  double network = 0;
  for (size_t i = 0; i < trained_.size(); ++i) {
    const double squared = kernels::squared_norm(trained_[i].optimizer->store().flat_gradients());
    trained_[i].gradient_norm = std::sqrt(squared);
    if (i < network_.parts().size()) network += squared;
    if (!std::isfinite(squared)) name_gradient_that_is_not_finite();
  }
  return std::sqrt(network);
}

void Trainer::name_gradient_that_is_not_finite() const {
  for (const TensorEntry& entry : gradients_.entries()) {
    if (at::isfinite(entry.tensor).all().item<bool>()) continue;
    throw Error(JTR_STATUS_NON_FINITE, text("step ", steps_done_ + 1, ": the losses are finite, but the gradient of '",
                                            entry.name, "' is not"))
        .with_term("gradient", {});
  }
}

void Trainer::clip_gradients() {
  const double limit = options_.max_gradient_norm;
  if (limit <= 0) return;
  for (Trained& trained : trained_) {
    if (trained.gradient_norm <= limit) continue;
    at::Tensor gradients = trained.optimizer->store().flat_gradients();
    gradients.mul_(limit / trained.gradient_norm);
  }
}

}  // namespace jtr
