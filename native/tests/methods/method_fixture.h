// A method with a small random batch, for the tests of the methods' losses and gradients.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "regularizers/regularizer.h"
#include "support.h"

namespace jtr::test {

struct MethodFixture {
  static constexpr int64_t kWidth = 2;

  MethodFixture(const std::string& method, std::vector<TaskSpec> specs, std::vector<uint8_t> w, int64_t height = 32,
                int64_t columns = 64, int64_t micro_batch = 0, int64_t ramp_up_steps = 0)
      : tasks(specs), w(w) {
    RegularizerOptions options{
        &tasks, {JTR_JOINT_TASK_MODE_PUBLISHED, kWidth, 4, 2, 0}, 3, at::kDouble, at::Device(at::kCPU)};
    options.width = kWidth;
    options.consistency = {0.7, 2};
    options.direct_map = {kWidth, 0.7};
    options.perceptual_map = {kWidth, 0.7};
    options.mtpsl = {2, 0.5, ramp_up_steps, {1e-3, 0.9, 0.999, 1e-8, 0, 0.5}, micro_batch};
    regularizer = make_method(method, options);
    const int64_t k = static_cast<int64_t>(specs.size()), samples = static_cast<int64_t>(w.size()) / k;
    batch.samples = samples;
    batch.predictions = random_predictions(tasks, 2, samples, height, columns, 5).unbind(0);
    const at::Tensor labels = random_labels(tasks, 2, samples, height, columns, 6);
    batch.labels =
        upload_labels(tasks, labels.data_ptr<float>(), w.data(), 2, samples, height, columns, at::kDouble, "labels")
            .unbind(0);
    batch.labelled = upload_labelled(w.data(), samples, k, at::kCPU);
    batch.labelled_host = w;
    batch.noise = uniform({samples, regularizer->noise_slots(), tasks.noise_channels(), height, columns}, 0.05, 3, 9);
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
    for (const OwnNetwork& own : regularizer->networks()) own.store->zero_gradients();
  }

  LossTerms compute() {
    return regularizer->compute(batch, grad, [] {});
  }
  double mean_loss() { return compute().loss.mean().item<double>(); }

  at::Tensor weight_gradients() {
    std::vector<at::Tensor> all;
    for (const OwnNetwork& own : regularizer->networks()) all.push_back(own.store->flat_gradients().clone());
    return at::cat(all);
  }

  /// The same method and weights, with the b-th sample alone.
  void keep_only(int64_t b) {
    const int64_t k = static_cast<int64_t>(tasks.size());
    batch.samples = 1;
    for (at::Tensor& p : batch.predictions) p = p.narrow(0, b, 1).clone();
    for (at::Tensor& l : batch.labels) l = l.narrow(0, b, 1);
    for (at::Tensor& f : batch.features) f = f.narrow(0, b, 1);
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
  std::unique_ptr<Regularizer> regularizer;
  LossBatch batch;
  std::vector<at::Tensor> grad;
};

}  // namespace jtr::test
