// A method with a small random batch, for the tests of the methods' losses and gradients.
#pragma once

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "methods/method.h"
#include "support.h"

namespace jtr::test {

/// A batch of pixel tasks as methods see it, a tensor a view.
struct LossBatch {
  int64_t samples;
  std::vector<at::Tensor> predictions;  // [B, C, H, W]
  std::vector<at::Tensor> labels;       // [B, L, H, W]
  at::Tensor labelled;                  // bool [B, K]
  std::vector<uint8_t> labelled_host;   // [B, K]
  at::Tensor noise, crops = {};
  std::vector<at::Tensor> features = {};
  int64_t step = 0;
  at::Tensor images = {};              // [B, 3, H, W], of view 0
  at::Tensor teacher, teacher_mirror;  // [B, C, H, W]: what the teacher predicts for them and for their mirror images
};

/// What a method adds, and its first and second term; zeros where it has none.
struct LossTerms {
  at::Tensor loss, dist, recon;
};

inline LossTerms compute(
    Method& method, const TaskSet& tasks, const LossBatch& batch, const std::vector<at::Tensor>& gradients,
    std::function<void()> checkpoint = [] {}) {
  MethodContext context;
  context.tasks = &tasks;
  context.samples = batch.samples;
  context.step = batch.step;
  for (const at::Tensor& view : batch.predictions) context.predictions.push_back({view, {}});
  for (const at::Tensor& view : batch.labels) context.labels.push_back({view, {}});
  for (const at::Tensor& view : gradients) context.gradients.push_back({view, {}});
  context.labelled = batch.labelled;
  context.labelled_host = batch.labelled_host;
  context.noise = batch.noise;
  context.features = batch.features;
  context.crops = batch.crops;
  context.between = std::move(checkpoint);
  context.task_weights = at::ones({static_cast<int64_t>(tasks.size())}, at::kDouble);
  context.inputs_of = [&batch](int64_t) { return InputTensors(batch.images); };
  context.teacher_of = [&batch](const InputTensors& inputs) {
    const bool both = inputs.samples() == 2 * batch.samples;
    return TaskTensors{both ? at::cat({batch.teacher, batch.teacher_mirror}) : batch.teacher, {}};
  };
  if (method.needs().made_views > 0) method.make_views(context);
  const MethodLoss computed = method.compute(context);
  const auto term = [&](size_t i) {
    return computed.terms.size() > i ? computed.terms[i] : at::zeros({batch.samples}, at::kDouble);
  };
  return {computed.loss, term(0), term(1)};
}

/// A method, and the network that it asks for its width.
struct MadeMethod {
  MadeMethod(const TaskSet& tasks, const std::string& name, const Json& options, int64_t network_width, uint64_t seed,
             Recomputation recomputation = Recomputation::kNorms) {
    std::vector<size_t> all(tasks.size());
    std::iota(all.begin(), all.end(), size_t{0});
    network = Network::registry().make(Variant::of("segnet", {{"width", network_width}}),
                                       {&tasks, all, &InputSet::photograph(), at::kDouble, at::Device(at::kCPU)});
    method = Method::registry().make(Variant::of(name, options),
                                     {&tasks, network.get(), seed, at::kDouble, at::Device(at::kCPU), recomputation});
  }
  Method* operator->() const { return method.get(); }
  Method& operator*() const { return *method; }

  std::unique_ptr<Network> network;
  std::unique_ptr<Method> method;
};

struct MethodFixture {
  static constexpr int64_t kWidth = 2;

  MethodFixture(const std::string& method, std::vector<Variant> specs, std::vector<uint8_t> w, int64_t height = 32,
                int64_t columns = 64, int64_t micro_batch = 0, int64_t ramp_up_steps = 0)
      : tasks(specs), w(w), made(tasks, method, options_of(method, micro_batch, ramp_up_steps), kWidth, 3) {
    const int64_t samples = static_cast<int64_t>(w.size() / specs.size());
    batch.samples = samples;
    batch.predictions = random_predictions(tasks, 2, samples, height, columns, 5).unbind(0);
    const at::Tensor labels = random_labels(tasks, 2, samples, height, columns, 6);
    batch.labels = upload_labels(tasks, labels, w, at::kDouble).unbind(0);
    batch.labelled = upload_labelled(labelled_matrix(this->w, specs.size()), at::kCPU);
    batch.labelled_host = w;
    batch.noise = uniform({samples, made->needs().noise_slots, tasks.noise_channels(), height, columns}, 0.05, 3, 9);
    batch.images = uniform({samples, 3, height, columns}, 0, 1, 11);
    batch.teacher = random_predictions(tasks, 1, samples, height, columns, 12)[0];
    batch.teacher_mirror = random_predictions(tasks, 1, samples, height, columns, 13)[0];
    batch.features = uniform({2, samples, 8 * kWidth, height / 32, columns / 32}, 0, 1, 10).unbind(0);
    batch.crops =
        at::tensor({1.0, 0.0, 0.0, static_cast<double>(height), static_cast<double>(columns), 0.0}, at::kDouble)
            .view({1, 1, 6})
            .repeat({2, samples, 1});
    zero_gradients();
  }

  void zero_gradients() {
    grad.clear();
    for (const at::Tensor& p : batch.predictions) grad.push_back(at::zeros_like(p));
    for (const OwnNetwork& own : made->networks()) own.store->zero_gradients();
  }

  static Json options_of(const std::string& method, int64_t micro_batch, int64_t ramp_up_steps) {
    // One sample's confidence must not hang on the others'.
    if (method == "teacher") {
      return {{"weight", 0.7},   {"value_weight", 0.5}, {"selection", "fixed"}, {"threshold", 0.3},
              {"mirror", false}, {"cut_mix", 0},        {"ramp_up_steps", 0},   {"as_labels", false}};
    }
    if (method == "supervised+") return {{"views", 2}, {"weight", 0.7}};
    if (method == "consistency") return {{"weight", 0.7}, {"temperature", 2}};
    if (method == "mtpsl") return {{"micro_batch", micro_batch}, {"ramp_up_steps", ramp_up_steps}};
    if (method == "direct_map" || method == "perceptual_map") return {{"weight", 0.7}};
    return Json::object();
  }

  LossTerms compute() { return test::compute(*made, tasks, batch, grad); }
  double mean_loss() { return compute().loss.mean().item<double>(); }

  at::Tensor weight_gradients() {
    std::vector<at::Tensor> all;
    for (const OwnNetwork& own : made->networks()) all.push_back(own.store->flat_gradients().clone());
    return at::cat(all);
  }

  /// The same method and weights, with the b-th sample alone.
  void keep_only(int64_t b) {
    const int64_t k = static_cast<int64_t>(tasks.size());
    batch.samples = 1;
    for (at::Tensor& p : batch.predictions) p = p.narrow(0, b, 1).clone();
    for (at::Tensor& l : batch.labels) l = l.narrow(0, b, 1);
    for (at::Tensor& f : batch.features) f = f.narrow(0, b, 1);
    for (at::Tensor* t : {&batch.images, &batch.teacher, &batch.teacher_mirror}) *t = t->narrow(0, b, 1);
    batch.labelled = batch.labelled.narrow(0, b, 1);
    batch.labelled_host.assign(w.begin() + k * b, w.begin() + k * (b + 1));
    batch.noise = batch.noise.narrow(0, b, 1);
    batch.crops = batch.crops.narrow(1, b, 1);
    zero_gradients();
  }

  /// Central difference of the mean loss with respect to one prediction of view 1.
  double difference(int64_t b, int64_t c, int64_t y, int64_t x, double step = 1e-6) {
    return difference(batch.predictions[1][b][c][y][x], step);
  }

  double difference(at::Tensor element, double step) {
    const double original = element.item<double>();
    element.fill_(original + step);
    const double plus = mean_loss();
    element.fill_(original - step);
    const double minus = mean_loss();
    element.fill_(original);
    return (plus - minus) / (2 * step);
  }

  TaskSet tasks;
  std::vector<uint8_t> w;
  MadeMethod made;
  LossBatch batch;
  std::vector<at::Tensor> grad;
};

}  // namespace jtr::test
