// A method with a small random batch of tasks of both extents, for losses and gradients.
#pragma once

#include <string>
#include <vector>

#include "methods/method_fixture.h"
#include "mixed.h"

namespace jtr::test {

struct MixedFixture {
  MixedFixture(const std::string& method, const Json& options, std::vector<Variant> specs, std::vector<uint8_t> w,
               int64_t height = 32, int64_t width = 32)
      : tasks(specs), labelled(std::move(w)), made(tasks, method, options, 2, 3) {
    const int64_t samples = static_cast<int64_t>(labelled.size() / specs.size());
    constexpr int64_t kViews = 3;
    const MethodNeeds needs = made->needs();
    context.tasks = &tasks;
    context.samples = samples;
    context.labelled_host = labelled;
    context.labelled = upload_labelled(labelled_matrix(labelled, specs.size()), at::kCPU);
    const TaskTensors labels = checked_labels(tasks, labels_of_all(specs, kViews, samples, height, width, 6),
                                              labelled_matrix(labelled, specs.size()), kViews, height, width, false)
                                   .map([](const at::Tensor& x) { return x.to(at::kDouble); });
    for (int64_t v = 0; v < kViews; ++v) context.labels.push_back(labels[v]);
    context.predictions = predictions_of_all(tasks, specs, kViews, samples, height, width, 5);
    context.noise = uniform({samples, needs.noise_slots, tasks.noise_channels(), height, width}, 0.05, 3, 9);
    context.task_weights = at::ones({static_cast<int64_t>(tasks.size())}, at::kDouble);
    const double h = static_cast<double>(height), columns = static_cast<double>(width);
    context.crops = at::tensor({1.0, 0.0, 0.0, h, columns, 0.0}, at::kDouble).repeat({kViews, samples, 1});
    images = uniform({samples, 3, height, width}, 0, 1, 11);
    teacher = predictions_of_all(tasks, specs, 2, samples, height, width, 12);
    zero_gradients();
  }

  void zero_gradients() {
    context.gradients.clear();
    for (const TaskTensors& p : context.predictions) context.gradients.push_back(p.zeros_like());
    for (const OwnNetwork& own : made->networks()) own.store->zero_gradients();
  }

  MethodLoss compute_all() {
    context.inputs_of = [this](int64_t) { return InputTensors(images); };
    context.teacher_of = [this](const InputTensors& some) {
      if (some.samples() == context.samples) return teacher[0];
      const auto both = [](const at::Tensor& a, const at::Tensor& b) { return a.defined() ? at::cat({a, b}) : a; };
      return TaskTensors{both(teacher[0].planes, teacher[1].planes), both(teacher[0].vectors, teacher[1].vectors)};
    };
    if (made->needs().made_views > 0) made->make_views(context);
    return made->compute(context);
  }
  LossTerms compute() {
    const MethodLoss computed = compute_all();
    const auto term = [&](size_t i) {
      return computed.terms.size() > i ? computed.terms[i] : at::zeros({context.samples}, at::kDouble);
    };
    return {computed.loss, term(0), term(1)};
  }
  double mean_loss() { return compute().loss.mean().item<double>(); }

  /// The same method and weights with the b-th sample alone.
  void keep_only(int64_t b) {
    const int64_t k = static_cast<int64_t>(tasks.size());
    context.samples = 1;
    const auto only = [b](const at::Tensor& x) { return x.narrow(0, b, 1).clone(); };
    for (TaskTensors& p : context.predictions) p = p.map(only);
    for (TaskTensors& l : context.labels) l = l.map(only);
    for (TaskTensors& t : teacher) t = t.map(only);
    context.labelled = only(context.labelled);
    context.labelled_host.assign(labelled.begin() + k * b, labelled.begin() + k * (b + 1));
    context.noise = only(context.noise);
    context.crops = context.crops.narrow(1, b, 1).contiguous();
    images = only(images);
    zero_gradients();
  }

  /// One number of a task's prediction in a view.
  at::Tensor element(int64_t view, size_t task, int64_t sample, int64_t i) const {
    return tasks.prediction(context.predictions[static_cast<size_t>(view)], task)[sample].view(-1)[i];
  }
  double gradient(int64_t view, size_t task, int64_t sample, int64_t i) const {
    return tasks.prediction(context.gradients[static_cast<size_t>(view)], task)[sample].reshape(-1)[i].item<double>();
  }

  /// Central difference of the mean loss with respect to a number. The predictions' gradients stay as they are.
  double difference(at::Tensor number, double step = 1e-6) {
    const std::vector<TaskTensors> kept = context.gradients;
    for (TaskTensors& g : context.gradients) g = g.zeros_like();
    const double original = number.item<double>();
    number.fill_(original + step);
    const double plus = mean_loss();
    number.fill_(original - step);
    const double minus = mean_loss();
    number.fill_(original);
    context.gradients = kept;
    return (plus - minus) / (2 * step);
  }

  /// The same with respect to one number of a task's prediction in a view, of all samples at once, [B]: a sample's loss
  /// hangs on its own predictions alone.
  at::Tensor differences(int64_t view, size_t task, int64_t i, double step = 1e-6) {
    const std::vector<TaskTensors> kept = context.gradients;
    for (TaskTensors& g : context.gradients) g = g.zeros_like();
    const auto losses = [&](double by) {
      for (int64_t b = 0; b < context.samples; ++b) element(view, task, b, i).add_(by);
      return compute().loss;
    };
    const at::Tensor plus = losses(step), minus = losses(-2 * step);
    for (int64_t b = 0; b < context.samples; ++b) element(view, task, b, i).add_(step);
    context.gradients = kept;
    return (plus - minus) / (2 * step * static_cast<double>(context.samples));
  }

  at::Tensor weight_gradients() const {
    std::vector<at::Tensor> all;
    for (const OwnNetwork& own : made.method->networks()) all.push_back(own.store->flat_gradients().clone());
    return at::cat(all);
  }

  TaskSet tasks;
  std::vector<uint8_t> labelled;
  MadeMethod made;
  MethodContext context;
  at::Tensor images;                 // [B, 3, H, W], of view 0
  std::vector<TaskTensors> teacher;  // what it predicts for these and for their mirror images
};

}  // namespace jtr::test
