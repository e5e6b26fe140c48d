#include "training/multi_task_network.h"

#include <numeric>

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

}  // namespace

MultiTaskNetwork::MultiTaskNetwork(const TaskSet& tasks, const Setting& setting) : tasks_(tasks) {
  const auto add = [&](std::vector<size_t> predicted, std::string prefix) {
    const NetworkSetting network{&tasks,         std::move(predicted), setting.inputs, setting.precision,
                                 setting.device, setting.recomputation};
    Part part{std::move(prefix), Network::registry().make(setting.network, network), {}};
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

MultiTaskNetwork::Forward MultiTaskNetwork::forward(const InputTensors& inputs, int64_t views, int64_t tracked_views,
                                                    bool features, NormMode norm) {
  const int64_t rows = inputs.samples(), tracked_rows = rows / views * tracked_views;
  Forward result;
  std::vector<TaskTensors> raw;
  const InputTensors whole = padded(inputs, first());
  for (const Part& part : parts_) {
    const Features encoded = part.net->encode(whole, norm, true);
    if (features && !result.features.defined()) {
      const at::Tensor f = in_full(encoded.maps.back().detach()).contiguous();
      result.features = f.view({views, rows / views, f.size(1), f.size(2), f.size(3)});
    }
    raw.push_back(part.net->decode(encoded, norm, true, tracked_rows));
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
    std::vector<int64_t> sizes = {views, rows / views};
    sizes.insert(sizes.end(), p.sizes().begin() + 1, p.sizes().end());
    return p.view(sizes);
  });
  return result;
}

TaskTensors MultiTaskNetwork::predict(const InputTensors& inputs) const {
  const at::NoGradGuard no_grad;
  std::vector<TaskTensors> raw;
  const InputTensors whole = padded(inputs, first());
  for (const Part& part : parts_) {
    const Features encoded = part.net->encode(whole, NormMode::kRunning, false);
    raw.push_back(part.net->decode(encoded, NormMode::kRunning, false, 0));
  }
  return tasks_.activate(cut(joined(raw), inputs.image));
}

void MultiTaskNetwork::average_with(const MultiTaskNetwork& other, double decay) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const ParameterStore& to = parts_[i].store();
    const ParameterStore& from = other.parts_[i].store();
    at::Tensor parameters = to.flat_parameters(), buffers = to.flat_buffers();
    parameters.lerp_(from.flat_parameters(), 1 - decay);
    buffers.lerp_(from.flat_buffers(), 1 - decay);
    for (const NamedTensor& buffer : to.buffer_list()) {
      if (buffer.is_counter) slice(buffers, buffer).copy_(slice(from.flat_buffers(), buffer));
    }
  }
}

void MultiTaskNetwork::remember_norms() {
  for (Part& part : parts_) part.norm_backup.copy_(part.store().flat_buffers());
}

void MultiTaskNetwork::restore_norms() {
  for (Part& part : parts_) {
    at::Tensor buffers = part.store().flat_buffers();
    buffers.copy_(part.norm_backup);
  }
}

}  // namespace jtr
