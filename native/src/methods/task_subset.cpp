#include "methods/task_subset.h"

#include "methods/task_pairs.h"

namespace jtr {

TaskTensors TaskSubset::parts(const TaskTensors& whole, bool labels) const {
  if (!whole.defined()) return {};
  std::vector<at::Tensor> planes, vectors;
  for (const size_t t : numbers_) {
    (all_[t].extent() == Extent::kPixel ? planes : vectors)
        .push_back(labels ? all_.label(whole, t) : all_.prediction(whole, t));
  }
  const auto joined = [](const std::vector<at::Tensor>& some) {
    return some.empty() ? at::Tensor{} : at::cat(some, 1);
  };
  return {joined(planes), joined(vectors)};
}

MethodContext TaskSubset::of(const MethodContext& batch) const {
  MethodContext own = batch;
  own.tasks = &tasks_;
  own.graph.reset();
  for (TaskTensors& view : own.predictions) view = parts(view, false);
  for (TaskTensors& view : own.labels) view = parts(view, true);
  own.gradients.clear();
  for (const TaskTensors& view : own.predictions) own.gradients.push_back(view.zeros_like());
  const std::vector<int64_t> columns(numbers_.begin(), numbers_.end());
  const auto of_tasks = [&columns](const at::Tensor& x, int64_t dimension) {
    return x.defined() ? x.index_select(dimension, row_indices(columns, x.device())) : x;
  };
  own.labelled = of_tasks(batch.labelled, 1);
  own.label_weight = of_tasks(batch.label_weight, 1);
  own.task_weights = of_tasks(batch.task_weights, 0);
  own.labelled_host.clear();
  for (int64_t b = 0; b < batch.samples; ++b) {
    for (const size_t t : numbers_) own.labelled_host.push_back(batch.is_labelled(b, t) ? 1 : 0);
  }
  own.share.labelled.clear();
  for (const size_t t : numbers_) {
    if (!batch.share.labelled.empty()) own.share.labelled.push_back(batch.share.labelled[t]);
  }
  if (batch.noise.defined()) {
    std::vector<at::Tensor> channels;
    int64_t place = 0;
    size_t next = 0;
    for (size_t t = 0; t < all_.size(); ++t) {
      const int64_t count = all_[t].noise_channels();
      if (next < numbers_.size() && numbers_[next] == t) {
        channels.push_back(batch.noise.narrow(2, place, count));
        ++next;
      }
      place += count;
    }
    own.noise = at::cat(channels, 2);
  }
  own.allowed = [numbers = numbers_, whole = batch.allowed](size_t task, const at::Tensor& target) {
    return whole(numbers[task], target);
  };
  return own;
}

void TaskSubset::add_gradients(const MethodContext& own, const MethodContext& batch) const {
  for (size_t v = 0; v < own.gradients.size(); ++v) {
    if (!own.gradients[v].defined()) continue;
    for (size_t i = 0; i < numbers_.size(); ++i) {
      batch.add_gradient(static_cast<int64_t>(v), numbers_[i], tasks_.prediction(own.gradients[v], i));
    }
  }
}

}  // namespace jtr
