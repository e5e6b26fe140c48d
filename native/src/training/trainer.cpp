#include "training/trainer.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace jtr {
namespace {

/// First-stage maps of the images that predict() runs through the network at once.
constexpr int64_t kPredictBytes = int64_t{64} << 20;

/// With every option that was left out.
TrainerOptions completed(const TrainerOptions& options) {
  return read_options<TrainerOptions>(write_options(options), "");
}

std::vector<const Variant*> methods_of(const TrainerOptions& o) {
  std::vector<const Variant*> all = {&o.method};
  for (const Variant& method : o.beside) all.push_back(&method);
  return all;
}

std::string names_of_methods(const TrainerOptions& o) {
  std::string names;
  for (const Variant* method : methods_of(o)) names += (names.empty() ? "" : "+") + name_of(*method);
  return names;
}

MultiTaskNetwork::Setting network_setting(const TrainerOptions& o, const InputSet& inputs) {
  MultiTaskNetwork::Setting setting{o.network, o.precision(), o.device(), o.seed, false, o.recomputation, &inputs};
  std::string retrieves;
  for (const Variant* method : methods_of(o)) {
    const Json facts = Method::registry().info(*method).facts();
    setting.separate |= facts.value("separate_networks", false);
    if (!facts.value("prototypes", false)) continue;
    retrieves = name_of(*method);
    setting.prototypes = method->options.at("dimension").get<int64_t>();
  }
  require(!setting.separate || retrieves.empty(), "beside", "the method '", retrieves,
          "' needs one network for all tasks: it cannot stand beside one that has a network for each");
  return setting;
}

DomainTechniques::Setting domain_setting(const TrainerOptions& o, const MultiTaskNetwork& network) {
  DomainTechniques::Setting setting{o.domains,     {},        network.first().levels().back().channels, o.seed,
                                    o.precision(), o.device()};
  for (const auto& part : network.parts()) setting.networks.push_back(part.prefix);
  return setting;
}

MethodSetting method_setting(const TrainerOptions& o, const TaskSet& tasks, const MultiTaskNetwork& network,
                             const TaskGraph& graph) {
  return {&tasks, &network.first(), o.seed, o.precision(), o.device(), o.recomputation, &graph};
}

}  // namespace

Trainer::Trainer(const TrainerOptions& options)
    : options_(completed(options)),
      tensor_options_(at::TensorOptions().dtype(options_.precision().stored).device(options_.device())),
      tasks_(options_.tasks),
      inputs_(options_.inputs),
      communicator_(Communicator::registry().make(options_.parallel, {options_.device(), common_options(options_)})),
      network_(tasks_, network_setting(options_, inputs_)),
      graph_(TaskGraph::registry().make(options_.task_graph,
                                        {&tasks_, options_.task_graph.path, options_.precision(), options_.device()})),
      guides_(made_guides(options_, method_setting(options_, tasks_, network_, *graph_))),
      constraints_(options_.constraints, tasks_),
      domain_techniques_(options_.domain_techniques, domain_setting(options_, network_)),
      domain_weights_(options_.domain_weights, options_.domains, tasks_, names_of(guides_)),
      needs_(needs_of(guides_, constraints_)),
      balancing_(Balancing::registry().make(options_.balancing, {static_cast<int64_t>(tasks_.size()), options_.seed})),
      schedule_(Schedule::registry().make(options_.schedule, {})),
      uploader_(tasks_, {names_of_methods(options_), tensor_options_, needs_.views, needs_.crops, needs_.stride,
                         &inputs_, domain_count(), domain_techniques_.read_features()}) {
  require(!balancing_->separates_gradients() || !needs_.separate_networks, "balancing.name", "'",
          name_of(options_.balancing), "' works on weights that tasks share; with the method '",
          names_of_methods(options_), "' they share none");
  require(!needs_.teacher || options_.ema_decay > 0, "ema_decay", "must be above 0: with the method '",
          names_of_methods(options_), "' the average of the weights teaches");
  require(!domain_techniques_.separate_weights() || communicator_->is_one(), "domain_techniques",
          "norms with weights of each domain cannot be had with several processes");
  require(domain_techniques_.empty() || options_.accumulate == 1, "domain_techniques",
          "compare samples of a whole batch: they cannot be had with a batch in parts (accumulate)");
  for (const auto& part : network_.parts()) add_network(part.prefix, part.store(), part.net->groups(), {}, {});
  for (const Guide& guide : guides_) {
    for (const OwnNetwork& own : guide.method->networks())
      add_network(own.prefix, *own.store, {}, own.optimizer, own.schedule);
    if (ParameterStore* state = guide.method->state()) {
      add_state(state_, guide.name + "/", *state);
      add_state(saved_, guide.name + "/", *state);
    }
  }
  if (ParameterStore* state = graph_->state()) {
    add_state(state_, "task_graph/", *state);
    add_state(saved_, "task_graph/", *state);
  }
  if (ParameterStore* own = balancing_->parameters()) add_network("balancing/", *own, {}, {}, {});
  for (const auto& own : domain_techniques_.parameters()) add_network(own.prefix, *own.store, {}, {}, {});
  if (domain_techniques_.separate_norms()) {
    network_.separate_norms(domain_count(), domain_techniques_.separate_weights());
    for (const auto& part : network_.parts()) {
      for (size_t d = 0; d < part.domain_weights.size(); ++d) {
        add_network(domain_prefix(d) + part.prefix, *part.domain_weights[d], MultiTaskNetwork::domain_groups(part), {},
                    {});
      }
    }
    add_domain_state("", network_);
  }
  if (!domain_weights_.empty()) {
    for (TensorList* list : {&state_, &saved_}) add_state(*list, "domain_weights/", domain_weights_.store());
  }

  if (!communicator_->is_one()) {
    // In the order in which they are made; a rule's own have their gradients from sums.
    buckets_ = std::make_unique<GradientBuckets>(*communicator_);
    const size_t networks = network_.parts().size();
    for (size_t i = networks; i < trained_.size(); ++i) {
      const ParameterStore& own = trained_[i].optimizer->store();
      if (&own != balancing_->parameters()) buckets_->add(own, true);
    }
    for (size_t i = networks; i-- > 0;) buckets_->add(trained_[i].optimizer->store(), false);
  }

  term_names_.emplace_back("supervised");
  for (size_t t = 0; t < tasks_.size(); ++t) term_names_.push_back("supervised." + tasks_[t].name());
  for (const Guide& guide : guides_) {
    for (const std::string& term : guide.method->terms()) term_names_.push_back(guide.name + "." + term);
  }
  for (const std::string& term : constraints_.terms()) term_names_.push_back(term);
  for (const std::string& term : graph_->terms()) term_names_.push_back("task_graph." + term);
  for (const std::string& term : domain_techniques_.terms()) term_names_.push_back(term);

  if (options_.ema_decay <= 0) return;
  MultiTaskNetwork::Setting setting = network_setting(options_, inputs_);
  setting.recomputation = Recomputation::kNorms;
  average_ = std::make_unique<WeightAverage>(std::make_unique<MultiTaskNetwork>(tasks_, setting), options_.ema_decay);
  for (const auto& part : average_->network().parts()) {
    add_state(state_, "ema/" + part.prefix, part.store());
    add_state(saved_, "ema/" + part.prefix, part.store());
  }
  if (!domain_techniques_.separate_norms()) return;
  average_->network().separate_norms(domain_count(), domain_techniques_.separate_weights());
  for (const auto& part : average_->network().parts()) {
    for (size_t d = 0; d < part.domain_weights.size(); ++d) {
      for (TensorList* list : {&state_, &saved_}) {
        add_state(*list, "ema/" + domain_prefix(d) + part.prefix, *part.domain_weights[d]);
      }
    }
  }
  add_domain_state("ema/", average_->network());
}

std::string Trainer::domain_prefix(size_t domain) const { return "domains/" + options_.domains[domain] + "/"; }

std::vector<std::string> Trainer::names_of(const std::vector<Guide>& guides) {
  std::vector<std::string> names;
  for (const Guide& guide : guides) names.push_back(guide.name);
  return names;
}

void Trainer::add_domain_state(const std::string& prefix, MultiTaskNetwork& network) {
  for (TensorList* list : {&state_, &saved_}) {
    add_state(*list, prefix + "domains/", network.domain_counts());
    for (int64_t d = 0; d < domain_count(); ++d) {
      for (const auto& part : network.parts()) {
        list->add(prefix + domain_prefix(static_cast<size_t>(d)) + part.prefix, part.store().buffer_list(),
                  part.store().flat_buffers(1 + d));
      }
    }
  }
}

std::vector<Trainer::Guide> Trainer::made_guides(const TrainerOptions& options, const MethodSetting& setting) {
  std::vector<Guide> guides;
  int64_t slots = 0;
  for (const Variant* variant : methods_of(options)) {
    Guide guide{name_of(*variant), Method::registry().make(*variant, setting), {}, slots};
    guide.needs = guide.method->needs();
    slots += guide.needs.noise_slots;
    for (const Guide& other : guides) {
      require(other.name != guide.name, "beside", "the method '", guide.name, "' is there twice");
    }
    guides.push_back(std::move(guide));
  }
  return guides;
}

MethodNeeds Trainer::needs_of(const std::vector<Guide>& guides, const Constraints& constraints) {
  MethodNeeds all;
  all.crops = constraints.needs_crops();
  for (const Guide& guide : guides) {
    const MethodNeeds& own = guide.needs;
    all.views = std::max(all.views, own.views);
    all.made_views += own.made_views;
    all.last_view_with_gradient = std::max(all.last_view_with_gradient, own.last_view_with_gradient);
    all.noise_slots += own.noise_slots;
    all.features |= own.features;
    all.crops |= own.crops;
    all.images |= own.images;
    all.teacher |= own.teacher;
    all.affinities |= own.affinities;
    all.separate_networks |= own.separate_networks;
    all.stride = std::max(all.stride, own.stride);
  }
  return all;
}

void Trainer::add_network(const std::string& prefix, ParameterStore& store, std::vector<ParameterGroup> groups,
                          const std::optional<Variant>& optimizer, const std::optional<Variant>& schedule) {
  Trained added{Optimizer::registry().make(optimizer.value_or(options_.optimizer), {&store, std::move(groups)}),
                schedule ? Schedule::registry().make(*schedule, {}) : nullptr, optimizer.has_value()};
  add_state(state_, prefix, store);
  gradients_.add(prefix, store.parameter_list(), store.flat_gradients());
  add_state(saved_, prefix, store);
  add_moments(saved_, prefix, *added.optimizer);
  trained_.push_back(std::move(added));
}

int64_t Trainer::parameter_count(bool all) const {
  int64_t count = 0;
  const size_t networks = all ? trained_.size() : network_.parts().size();
  for (size_t i = 0; i < networks; ++i) count += trained_[i].optimizer->store().flat_parameters().numel();
  return count;
}

void Trainer::set_learning_rate(double rate) {
  require(rate > 0 && std::isfinite(rate), "rate", "must be a finite number above 0, not ", rate);
  use_rate(rate);
}

void Trainer::use_rate(double rate) {
  for (Trained& trained : trained_) {
    if (!trained.own_rate) trained.optimizer->set_learning_rate(rate);
  }
}

Json Trainer::describe() const {
  Json tasks = Json::array();
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const Task& task = tasks_[t];
    tasks.push_back({{"name", task.name()},
                     {"kind", task.kind()},
                     {"extent", task.extent() == Extent::kPixel ? "pixel" : "image"},
                     {"channels", task.channels()},
                     {"label_channels", task.label_channels()},
                     {"noise_channels", task.noise_channels()}});
  }
  std::vector<int64_t> noise;
  if (needs_.noise_slots * tasks_.noise_channels() > 0) noise = {needs_.noise_slots, tasks_.noise_channels()};
  // Exports are of one network for all tasks.
  GraphWriter graph;
  if (network_.parts().size() == 1 && network_.first().is_exportable()) network_.first().write(graph);
  return {{"options", write_options(options_)},
          {"graph", graph.take()},
          {"views", needs_.views},
          {"crops", needs_.crops},
          {"noise_slots", needs_.noise_slots},
          {"noise_channels", tasks_.noise_channels()},
          {"stride", stride()},
          {"network_stride", network_.first().stride()},
          {"terms", term_names_},
          {"tasks", std::move(tasks)},
          {"inputs", inputs_.describe()},
          {"domain_norms", domain_techniques_.separate_norms()},
          {"batch", describe_batch(tasks_, inputs_, needs_.views, needs_.crops, noise, domain_count())},
          {"parameters", parameter_count(false)},
          {"all_parameters", parameter_count(true)}};
}

void Trainer::predict(const InputTensors& samples, const StepRequest::Numbered& predictions, const int32_t* cancel,
                      const at::Tensor& domain) const {
  const at::Tensor& images = samples.image;
  check_tensor(images, at::kFloat, {-1, inputs_.image_channels(), -1, -1}, 3, "image");
  check_image_size(images, 1, "image");
  check_finite(images, "image");
  const at::NoGradGuard no_grad;
  const std::vector<int64_t> domains = domain.defined()
                                           ? checked_domains(domain, images.size(0), -1, domain_count(), "domain")
                                           : std::vector<int64_t>(static_cast<size_t>(images.size(0)), -1);
  InputTensors all(images);
  if (!inputs_.empty()) {
    const int64_t count = images.size(0), height = images.size(2), width = images.size(3);
    std::vector<at::Tensor> given;
    for (const at::Tensor& input : samples.further)
      given.push_back(input.defined() && input.dim() == 4 ? input.unsqueeze(0) : input);
    for (const at::Tensor& input :
         checked_inputs(inputs_, given, samples.present, 1, count, height, width, false, "")) {
      all.further.push_back(input.dim() == 5 ? input[0] : input);
    }
    all.present = upload_present(inputs_, samples.present, count, at::TensorOptions(at::kFloat));
  }
  const int64_t image_bytes = network_.first().width() * images.size(2) * images.size(3) *
                              static_cast<int64_t>(at::elementSize(options_.precision().convolved));
  const int64_t chunk = std::max<int64_t>(1, kPredictBytes / image_bytes);
  // Before the first step there is nothing to average, and weights may have been written by name.
  const MultiTaskNetwork& network = average_ != nullptr && steps_done_ > 0 ? average_->network() : network_;
  for (int64_t begin = 0; begin < images.size(0); begin += chunk) {
    check_cancelled(cancel);
    const int64_t count = std::min(chunk, images.size(0) - begin);
    const InputTensors some =
        all.narrow(begin, count).map([this](const at::Tensor& x) { return x.to(tensor_options_); });
    const std::vector<int64_t> own(domains.begin() + begin, domains.begin() + begin + count);
    const TaskTensors p = network.predict(inputs_.normalized(some), &own);
    for (const auto& [task, out] : predictions) out.narrow(0, begin, count).copy_(tasks_.prediction(p, task));
  }
}

void Trainer::save(const std::string& path, const Metadata& metadata) const {
  CheckpointHeader header{steps_done_, options_.seed};
  header.learning_rate = trained_[0].optimizer->learning_rate();
  // Any number of processes may go on with it.
  TrainerOptions alone = options_;
  alone.parallel = Variant::of("none");
  header.options = write_options(alone);
  save_checkpoint(path, "trainer", header, saved_, metadata);
}

void Trainer::load(const std::string& path) {
  const CheckpointHeader header = load_checkpoint(path, "trainer", saved_, write_options(options_));
  fresh_ = true;
  steps_done_ = header.step;
  options_.seed = header.seed;
  balancing_->set_seed(header.seed);
  // An older file does not say; what was set since the trainer was made is then no part of the run.
  use_rate(header.learning_rate.value_or(options_.optimizer.options.value("learning_rate", 0.0)));
}

}  // namespace jtr
