#include "training/multi_task_network.h"

#include <map>
#include <numeric>
#include <set>

namespace jtr {
namespace {

/// The parts' outputs as those of all tasks. The losses work channel by channel.
TaskTensors joined(const std::vector<TaskTensors>& parts) {
  std::vector<at::Tensor> planes, vectors;
  for (const TaskTensors& part : parts) {
    if (part.planes.defined()) planes.push_back(part.planes.contiguous());
    if (part.vectors.defined()) vectors.push_back(part.vectors);
  }
  const auto join = [](const std::vector<at::Tensor>& all) {
    return all.empty() ? at::Tensor{} : all.size() == 1 ? all[0] : at::cat(all, 1);
  };
  return {join(planes), join(vectors)};
}

/// Planes with their last rows and columns repeated up to multiples of the stride, the image in the network's layout.
InputTensors padded(const InputTensors& inputs, const Network& network) {
  const auto missing = [stride = network.stride()](int64_t size) { return (stride - size % stride) % stride; };
  const int64_t rows = missing(inputs.image.size(2)), columns = missing(inputs.image.size(3));
  InputTensors whole = rows == 0 && columns == 0 ? inputs : inputs.map_planes([&](const at::Tensor& planes) {
    return at::replication_pad2d(planes, {0, columns, 0, rows});
  });
  whole.image = whole.image.contiguous(network.memory_format());
  return whole;
}

/// Planes without what was added.
TaskTensors cut(const TaskTensors& all, const at::Tensor& images) {
  const int64_t rows = images.size(2), columns = images.size(3);
  const at::Tensor& planes = all.planes;
  if (!planes.defined() || (planes.size(2) == rows && planes.size(3) == columns)) return all;
  return {planes.narrow(2, 0, rows).narrow(3, 0, columns), all.vectors};
}

constexpr char kMean[] = "running_mean", kVariance[] = "running_var";

/// Weights of the network's norms that domains have of their own, where they do.
at::Tensor own_weights(const MultiTaskNetwork::Part& part) {
  if (!part.weight_places.defined()) return {};
  return part.store().flat_parameters().index_select(0, part.weight_places);
}

/// A domain's weights as they are in the network's own norms.
void begin_weights(const MultiTaskNetwork::Part& part, int64_t domain, const at::Tensor& own) {
  at::Tensor weights = part.domain_weights[static_cast<size_t>(domain)]->flat_parameters();
  weights.copy_(own);
}

/// Moves a set of buffers towards another network's; counters are copied.
void average_buffers(const ParameterStore& to, const ParameterStore& from, int64_t set, double decay) {
  at::Tensor own = to.flat_buffers(set);
  const at::Tensor other = from.flat_buffers(set);
  own.lerp_(other, 1 - decay);
  for (const NamedTensor& buffer : to.buffer_list()) {
    if (buffer.is_counter) slice(own, buffer).copy_(slice(other, buffer));
  }
}

}  // namespace

MultiTaskNetwork::MultiTaskNetwork(const TaskSet& tasks, const Setting& setting) : tasks_(tasks) {
  const auto add = [&](std::vector<size_t> predicted, std::string prefix) {
    const NetworkSetting network{&tasks,         std::move(predicted),  setting.inputs,    setting.precision,
                                 setting.device, setting.recomputation, setting.prototypes};
    Part part;
    part.prefix = std::move(prefix);
    part.net = Network::registry().make(setting.network, network);
    part.net->initialize(setting.seed, 0);
    part.norm_backup = at::empty_like(part.store().flat_buffers());
    parts_.push_back(std::move(part));
  };
  if (setting.separate) {
    for (size_t t = 0; t < tasks.size(); ++t) add({t}, "model." + tasks[t].name() + "/");
  } else {
    std::vector<size_t> all(tasks.size());
    std::iota(all.begin(), all.end(), size_t{0});
    add(std::move(all), "model/");
  }
}

std::vector<MultiTaskNetwork::Rows> MultiTaskNetwork::rows_by_set(const std::vector<int64_t>& sets, int64_t rounds,
                                                                  int64_t tracked_rounds, at::Device device,
                                                                  const std::vector<int64_t>& besides) {
  const int64_t samples = static_cast<int64_t>(sets.size());
  std::set<int64_t> present(sets.begin(), sets.end());
  present.insert(besides.begin(), besides.end());
  if (present.size() == 1) return {{*present.begin(), {}, samples * tracked_rounds}};
  std::vector<Rows> all;
  for (const int64_t set : present) {
    std::vector<int64_t> numbers;
    for (int64_t row = 0; row < rounds * samples; ++row) {
      if (sets[static_cast<size_t>(row % samples)] == set) numbers.push_back(row);
    }
    const int64_t count = static_cast<int64_t>(numbers.size());
    all.push_back({set, at::tensor(numbers, at::kLong).to(device), count / rounds * tracked_rounds});
  }
  return all;
}

MultiTaskNetwork::Passed MultiTaskNetwork::pass(const Part& part, const InputTensors& whole,
                                                const std::vector<Rows>& all, NormMode norm, bool trainable) {
  std::vector<at::Tensor> numbers, planes, vectors, affinities, features;
  for (const Rows& rows : all) {
    const bool some = rows.numbers.defined();
    InputTensors own = whole;
    if (some) {
      own = whole.map([&](const at::Tensor& x) { return x.index_select(0, rows.numbers); });
      own.image = own.image.contiguous(part.net->memory_format());
    }
    const NormUse use(norm, rows.set);
    const Features encoded = part.net->encode(own, use, trainable);
    const Decoded decoded = part.net->decode(encoded, use, trainable, rows.tracked);
    if (!some) return {decoded, encoded.maps.back()};
    numbers.push_back(rows.numbers);
    features.push_back(encoded.maps.back());
    if (decoded.raw.planes.defined()) planes.push_back(decoded.raw.planes);
    if (decoded.raw.vectors.defined()) vectors.push_back(decoded.raw.vectors);
    if (decoded.affinities.defined()) affinities.push_back(decoded.affinities);
  }
  const at::Tensor places = at::argsort(at::cat(numbers));
  const auto in_order = [&places](const std::vector<at::Tensor>& parts) {
    return parts.empty() ? at::Tensor{} : at::cat(parts).index_select(0, places);
  };
  return {{{in_order(planes), in_order(vectors)}, in_order(affinities)}, in_order(features)};
}

MultiTaskNetwork::Forward MultiTaskNetwork::forward(const InputTensors& inputs, const Request& request) {
  const int64_t views = request.views, rows = inputs.samples(), samples = rows / views;
  const int64_t tracked_rows = samples * request.tracked_views;
  std::vector<Rows> all_rows = {{0, {}, tracked_rows}};
  if (request.domains != nullptr && has_separate_norms()) {
    std::vector<int64_t> sets, of_all;
    for (const int64_t domain : *request.domains) sets.push_back(1 + domain);
    if (request.of_all != nullptr) {
      for (size_t d = 0; d < request.of_all->size(); ++d) {
        if ((*request.of_all)[d] > 0) of_all.push_back(1 + static_cast<int64_t>(d));
      }
    }
    all_rows = rows_by_set(sets, views, request.tracked_views, inputs.image.device(), of_all);
  }
  Forward result;
  std::vector<TaskTensors> raw;
  const InputTensors whole = padded(inputs, first());
  for (const Part& part : parts_) {
    const Passed passed = pass(part, whole, all_rows, request.norm, true);
    if (request.features && !result.features.defined()) {
      const at::Tensor f = in_full(passed.features.detach()).contiguous();
      result.features = f.view({views, samples, f.size(1), f.size(2), f.size(3)});
    }
    if (request.tracked_features) result.tracked_features.push_back(in_full(passed.features.narrow(0, 0, samples)));
    if (passed.decoded.affinities.defined()) {
      result.tracked_affinities = passed.decoded.affinities.narrow(0, 0, samples);
    }
    raw.push_back(passed.decoded.raw);
  }
  const TaskTensors all = cut(joined(raw), inputs.image);
  result.tracked = tasks_.activate(all.narrow(0, tracked_rows));
  result.predictions = result.tracked.detach();
  if (tracked_rows < rows) {
    // No gradient reaches the other views' predictions.
    const at::NoGradGuard no_grad;
    const TaskTensors rest = tasks_.activate(all.narrow(tracked_rows, rows - tracked_rows));
    const auto joined_rows = [](const at::Tensor& a, const at::Tensor& b) {
      return a.defined() ? at::cat({a, b}) : at::Tensor{};
    };
    result.predictions = {joined_rows(result.predictions.planes, rest.planes),
                          joined_rows(result.predictions.vectors, rest.vectors)};
  }
  result.predictions = result.predictions.map([&](const at::Tensor& p) {
    std::vector<int64_t> sizes = {views, samples};
    sizes.insert(sizes.end(), p.sizes().begin() + 1, p.sizes().end());
    return p.view(sizes);
  });
  return result;
}

TaskTensors MultiTaskNetwork::predict(const InputTensors& inputs, const std::vector<int64_t>* domains) const {
  const at::NoGradGuard no_grad;
  std::vector<Rows> all_rows = {{0, {}, 0}};
  if (domains != nullptr && has_separate_norms()) {
    std::vector<int64_t> sets;
    for (const int64_t domain : *domains) sets.push_back(domain >= 0 && samples_seen(domain) > 0 ? 1 + domain : 0);
    all_rows = rows_by_set(sets, inputs.samples() / static_cast<int64_t>(sets.size()), 0, inputs.image.device());
  }
  std::vector<TaskTensors> raw;
  const InputTensors whole = padded(inputs, first());
  for (const Part& part : parts_) raw.push_back(pass(part, whole, all_rows, NormMode::kRunning, false).decoded.raw);
  return tasks_.activate(cut(joined(raw), inputs.image));
}

void MultiTaskNetwork::separate_norms(int64_t domains, bool weights) {
  domain_counts_.add_buffer("samples", {domains}, true);
  domain_counts_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  for (Part& part : parts_) {
    ParameterStore& store = part.store();
    store.add_buffer_sets(domains);
    part.domain_norm_backup = at::empty_like(store.flat_buffer_sets());
    std::map<std::string, const NamedTensor*> by_name;
    for (const NamedTensor& buffer : store.buffer_list()) by_name[buffer.name] = &buffer;
    std::vector<at::Tensor> means, variances, counters;
    const auto places = [](const NamedTensor& buffer) {
      return at::arange(buffer.offset, buffer.offset + buffer.elements, at::kLong);
    };
    for (const NamedTensor& buffer : store.buffer_list()) {
      if (buffer.is_counter) counters.push_back(places(buffer));
      const size_t at = buffer.name.rfind(kVariance);
      if (at == std::string::npos) continue;
      const auto mean = by_name.find(buffer.name.substr(0, at) + kMean);
      if (mean == by_name.end()) continue;
      means.push_back(places(*mean->second));
      variances.push_back(places(buffer));
    }
    const auto joined_places = [&store](const std::vector<at::Tensor>& parts) {
      const at::Tensor all = parts.empty() ? at::empty({0}, at::kLong) : at::cat(parts);
      return all.to(store.flat_buffers().device());
    };
    part.mean_places = joined_places(means);
    part.variance_places = joined_places(variances);
    part.counter_places = joined_places(counters);
    if (weights) separate_weights(part, domains);
  }
}

void MultiTaskNetwork::separate_weights(Part& part, int64_t domains) {
  ParameterStore& store = part.store();
  std::set<std::string> norms;
  for (const NamedTensor& buffer : store.buffer_list()) {
    const size_t at = buffer.name.rfind(kVariance);
    if (at != std::string::npos) norms.insert(buffer.name.substr(0, at));
  }
  std::vector<const NamedTensor*> own;
  std::vector<at::Tensor> places;
  for (const NamedTensor& weight : store.parameter_list()) {
    if (norms.count(weight.name.substr(0, weight.name.rfind('.') + 1)) == 0) continue;
    own.push_back(&weight);
    places.push_back(at::arange(weight.offset, weight.offset + weight.elements, at::kLong));
  }
  part.weight_places = at::cat(places).to(store.flat_parameters().device());
  for (int64_t domain = 0; domain < domains; ++domain) {
    auto weights = std::make_unique<ParameterStore>();
    for (const NamedTensor* weight : own) weights->add_parameter(weight->name, weight->sizes);
    weights->allocate(store.flat_parameters().scalar_type(), store.flat_parameters().device(),
                      at::MemoryFormat::Contiguous);
    part.domain_weights.push_back(std::move(weights));
  }
  // Set 0 is the network's own, and there already.
  for (const auto& weights : part.domain_weights) store.add_weight_set(*weights);
  for (int64_t domain = 0; domain < domains; ++domain) begin_weights(part, domain, own_weights(part));
}

std::vector<ParameterGroup> MultiTaskNetwork::domain_groups(const Part& part) {
  std::vector<ParameterGroup> groups;
  for (ParameterGroup group : part.net->groups()) {
    const auto before = [&part](int64_t end) { return part.weight_places.lt(end).sum().item<int64_t>(); };
    const int64_t begin = before(group.begin);
    group.elements = before(group.begin + group.elements) - begin;
    group.begin = begin;
    if (group.elements > 0) groups.push_back(std::move(group));
  }
  return groups;
}

double MultiTaskNetwork::samples_seen(int64_t domain) const {
  return domain_counts_.flat_buffers()[domain].item<double>();
}

void MultiTaskNetwork::begin_domains(const std::vector<double>& samples) {
  if (!has_separate_norms()) return;
  const at::NoGradGuard no_grad;
  for (int64_t domain = 0; domain < static_cast<int64_t>(samples.size()); ++domain) {
    if (samples[static_cast<size_t>(domain)] == 0 || samples_seen(domain) > 0) continue;
    for (const Part& part : parts_) {
      part.store().flat_buffers(1 + domain).copy_(part.store().flat_buffers());
      if (part.weight_places.defined()) begin_weights(part, domain, own_weights(part));
    }
  }
}

void MultiTaskNetwork::count_domains(const std::vector<double>& samples) {
  if (!has_separate_norms()) return;
  domain_counts_.flat_buffers().add_(at::tensor(samples, at::kDouble));
}

void MultiTaskNetwork::mix_domains() {
  if (!has_separate_norms()) return;
  const at::NoGradGuard no_grad;
  const at::Tensor& counts = domain_counts_.flat_buffers();
  const double total = counts.sum().item<double>();
  if (total == 0) return;
  for (const Part& part : parts_) {
    at::Tensor mixture = part.store().flat_buffers();
    const at::Tensor& sets = part.store().flat_buffer_sets();
    const at::Tensor weights = (counts / total).to(sets.options());
    mixture.copy_(at::mv(sets.t(), weights));
    // The variance of a mixture: the mean of the variances, and the variance of the means.
    const at::Tensor apart = sets.index_select(1, part.mean_places) - mixture.index_select(0, part.mean_places);
    mixture.index_add_(0, part.variance_places, at::mv(apart.square().t(), weights));
    mixture.index_copy_(0, part.counter_places,
                        (sets.index_select(1, part.counter_places) * weights.gt(0).unsqueeze(1)).amax(0));
    if (!part.weight_places.defined()) continue;
    std::vector<at::Tensor> all;
    for (const auto& own : part.domain_weights) all.push_back(own->flat_parameters());
    at::Tensor parameters = part.store().flat_parameters();
    parameters.index_copy_(0, part.weight_places, at::mv(at::stack(all).t(), weights));
  }
}

void MultiTaskNetwork::average_with(const MultiTaskNetwork& other, double decay) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> mixture_before, weights_before;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (has_separate_norms()) mixture_before.push_back(parts_[i].store().flat_buffers().clone());
    weights_before.push_back(own_weights(parts_[i]));
    const ParameterStore& to = parts_[i].store();
    const ParameterStore& from = other.parts_[i].store();
    at::Tensor parameters = to.flat_parameters();
    parameters.lerp_(from.flat_parameters(), 1 - decay);
    average_buffers(to, from, 0, decay);
  }
  if (!has_separate_norms()) return;
  for (int64_t domain = 0; domain < domain_counts_.flat_buffers().numel(); ++domain) {
    if (other.samples_seen(domain) == 0) continue;
    for (size_t i = 0; i < parts_.size(); ++i) {
      at::Tensor own = parts_[i].store().flat_buffers(1 + domain);
      // A domain that is seen for the first time begins where the average is.
      if (samples_seen(domain) == 0) own.copy_(mixture_before[i]);
      average_buffers(parts_[i].store(), other.parts_[i].store(), 1 + domain, decay);
      if (!weights_before[i].defined()) continue;
      if (samples_seen(domain) == 0) begin_weights(parts_[i], domain, weights_before[i]);
      const size_t d = static_cast<size_t>(domain);
      at::Tensor weights = parts_[i].domain_weights[d]->flat_parameters();
      weights.lerp_(other.parts_[i].domain_weights[d]->flat_parameters(), 1 - decay);
    }
  }
  domain_counts_.flat_buffers().copy_(other.domain_counts_.flat_buffers());
  mix_domains();
}

void MultiTaskNetwork::remember_norms() {
  for (Part& part : parts_) {
    part.norm_backup.copy_(part.store().flat_buffers());
    if (has_separate_norms()) part.domain_norm_backup.copy_(part.store().flat_buffer_sets());
    part.domain_weight_backup.clear();
    for (const auto& own : part.domain_weights) part.domain_weight_backup.push_back(own->flat_parameters().clone());
  }
}

void MultiTaskNetwork::restore_norms() {
  for (Part& part : parts_) {
    at::Tensor buffers = part.store().flat_buffers();
    buffers.copy_(part.norm_backup);
    if (!has_separate_norms()) continue;
    at::Tensor sets = part.store().flat_buffer_sets();
    sets.copy_(part.domain_norm_backup);
    for (size_t d = 0; d < part.domain_weights.size(); ++d) {
      at::Tensor weights = part.domain_weights[d]->flat_parameters();
      weights.copy_(part.domain_weight_backup[d]);
    }
  }
}

}  // namespace jtr
