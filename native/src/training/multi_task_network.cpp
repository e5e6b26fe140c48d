#include "training/multi_task_network.h"

#include <numeric>

#include "networks/memory_format.h"

namespace jtr {
namespace {

/// Named as in published checkpoints: pred_task1, pred_task2, ...
std::vector<HeadSpec> head_specs(const TaskSet& tasks, const std::vector<size_t>& which) {
  std::vector<HeadSpec> heads;
  for (const size_t t : which) heads.push_back({"pred_task" + std::to_string(t + 1), tasks[t].channels()});
  return heads;
}

}  // namespace

MultiTaskNetwork::Part::Part(const TaskSet& all, std::vector<size_t> tasks_of_it, int64_t width, std::string name,
                             jtr_recomputation recomputation)
    : prefix(std::move(name)),
      tasks(std::move(tasks_of_it)),
      net(store, 3, width, head_specs(all, tasks), true, recomputation) {}

MultiTaskNetwork::MultiTaskNetwork(const TaskSet& tasks, int64_t width, const Precision& precision, at::Device device,
                                   uint64_t seed, bool separate, jtr_recomputation recomputation)
    : tasks_(tasks), format_(network_memory_format(precision, device, width)) {
  if (separate) {
    for (size_t t = 0; t < tasks.size(); ++t) {
      parts_.push_back(std::make_unique<Part>(tasks, std::vector<size_t>{t}, width,
                                              "model." + tasks[t].spec().name + "/", recomputation));
    }
  } else {
    std::vector<size_t> all(tasks.size());
    std::iota(all.begin(), all.end(), size_t{0});
    parts_.push_back(std::make_unique<Part>(tasks, std::move(all), width, "model/", recomputation));
  }
  for (auto& part : parts_) {
    part->store.allocate(precision, device, format_);
    part->net.initialize(seed, 0);
    part->norm_backup = at::empty_like(part->store.flat_buffers());
  }
}

int64_t MultiTaskNetwork::shared_elements() const {
  for (const NamedTensor& tensor : parts_[0]->store.parameter_list()) {
    if (tensor.name.rfind("pred_task", 0) == 0) return tensor.offset;
  }
  return 0;
}

at::Tensor MultiTaskNetwork::activated(const at::Tensor& raw) const {
  std::vector<at::Tensor> parts;
  for (size_t t = 0; t < tasks_.size(); ++t) parts.push_back(tasks_[t].activate(tasks_.prediction(raw, t)));
  return at::cat(parts, 1);
}

MultiTaskNetwork::Forward MultiTaskNetwork::forward(const at::Tensor& images, int64_t views, int64_t tracked_views,
                                                    bool features) {
  const int64_t rows = images.size(0), tracked_rows = rows / views * tracked_views;
  const at::Tensor x = images.contiguous(format_);
  Forward result;
  std::vector<at::Tensor> raw;  // of each part
  for (const auto& part : parts_) {
    const SegNet::Encoded encoded = part->net.encode(x, NormMode::kBatch, true);
    if (features && !result.features.defined()) {
      const at::Tensor f = in_full(encoded.latent.detach()).contiguous();
      result.features = f.view({views, rows / views, f.size(1), f.size(2), f.size(3)});
    }
    // The losses work channel by channel.
    raw.push_back(part->net.decode(encoded, NormMode::kBatch, true, tracked_rows).contiguous());
  }
  const at::Tensor all = raw.size() == 1 ? raw[0] : at::cat(raw, 1);
  result.tracked = activated(all.narrow(0, 0, tracked_rows));
  result.predictions = result.tracked.detach();
  if (tracked_rows < rows) {
    // No gradient reaches the other views' predictions.
    const at::NoGradGuard no_grad;
    result.predictions = at::cat({result.predictions, activated(all.narrow(0, tracked_rows, rows - tracked_rows))});
  }
  const at::Tensor& p = result.predictions;
  result.predictions = p.view({views, rows / views, p.size(1), p.size(2), p.size(3)});
  return result;
}

at::Tensor MultiTaskNetwork::predict(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  const at::Tensor x = images.contiguous(format_);
  std::vector<at::Tensor> raw;
  for (const auto& part : parts_) {
    const SegNet::Encoded encoded = part->net.encode(x, NormMode::kRunning, false);
    raw.push_back(part->net.decode(encoded, NormMode::kRunning, false, 0).contiguous());
  }
  return activated(at::cat(raw, 1));
}

void MultiTaskNetwork::average_with(const MultiTaskNetwork& other, double decay) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const ParameterStore& to = parts_[i]->store;
    const ParameterStore& from = other.parts_[i]->store;
    at::Tensor parameters = to.flat_parameters(), buffers = to.flat_buffers();
    parameters.lerp_(from.flat_parameters(), 1 - decay);
    buffers.lerp_(from.flat_buffers(), 1 - decay);
    for (const NamedTensor& buffer : to.buffer_list()) {
      if (buffer.is_counter) slice(buffers, buffer).copy_(slice(from.flat_buffers(), buffer));
    }
  }
}

void MultiTaskNetwork::remember_norms() {
  for (auto& part : parts_) part->norm_backup.copy_(part->store.flat_buffers());
}

void MultiTaskNetwork::restore_norms() {
  for (auto& part : parts_) {
    at::Tensor buffers = part->store.flat_buffers();
    buffers.copy_(part->norm_backup);
  }
}

}  // namespace jtr
