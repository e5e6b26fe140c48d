// The JTR loss: gradients against finite differences, a batch against its samples one by one, label patterns.
#include <torch/csrc/autograd/autograd.h>

#include "methods/method_fixture.h"

namespace jtr {
namespace {

constexpr int64_t kHeight = 32, kWidth = 64;

using test::LossBatch;
using test::LossTerms;

constexpr char kPublished[] = "published", kCorrected[] = "corrected";

struct Fixture {
  Fixture(std::vector<Variant> specs, std::vector<uint8_t> w, const std::string& mode = kPublished,
          int64_t micro_batch = 0)
      : tasks(specs), made(tasks, "jtr", {{"mode", mode}, {"micro_batch", micro_batch}}, 2, 3) {
    const int64_t samples = static_cast<int64_t>(w.size() / specs.size());
    const at::Tensor predictions = test::random_predictions(tasks, 3, samples, kHeight, kWidth, 5);
    const at::Tensor labels = test::random_labels(tasks, 3, samples, kHeight, kWidth, 6);
    batch.samples = samples;
    batch.predictions = predictions.unbind(0);
    batch.labels = test::upload_labels(tasks, labels, w, at::kDouble).unbind(0);
    batch.labelled = upload_labelled(test::labelled_matrix(w, specs.size()), at::kCPU);
    batch.labelled_host = w;
    batch.noise = test::uniform({samples, 5, tasks.noise_channels(), kHeight, kWidth}, 0.05, 3, 9);
    zero_gradients();
  }

  void zero_gradients() {
    grad.clear();
    for (const at::Tensor& p : batch.predictions) grad.push_back(at::zeros_like(p));
    store().zero_gradients();
  }

  LossTerms compute() { return test::compute(*made, tasks, batch, grad); }
  ParameterStore& store() { return *made->networks()[0].store; }

  double mean_loss() { return compute().loss.mean().item<double>(); }

  TaskSet tasks;
  test::MadeMethod made;
  LossBatch batch;
  std::vector<at::Tensor> grad;
};

class BothModes : public testing::TestWithParam<std::string> {};

TEST_P(BothModes, PredictionGradientsAgreeWithFiniteDifferences) {
  // Segmentation is labelled here: its hard sample has no derivative; the straight-through gradient is tested with
  // the task. Sample 0 lacks depth and map, sample 1 lacks normals.
  Fixture f({test::segmentation(), test::depth(), test::normals(), test::map(2)}, {1, 0, 1, 0, 1, 1, 0, 1}, GetParam());
  f.compute();
  const at::Tensor gradient = f.grad[1].clone();
  EXPECT_GT(gradient.norm().item<double>(), 0);
  EXPECT_EQ(f.grad[0].norm().item<double>(), 0);
  EXPECT_EQ(f.grad[2].norm().item<double>(), 0);
  constexpr double kStep = 1e-6;
  const int64_t depth = f.tasks.channel_offset(1), normals = f.tasks.channel_offset(2), map = f.tasks.channel_offset(3);
  const std::vector<std::array<int64_t, 4>> places = {
      {0, depth, 3, 17}, {0, map, 30, 2}, {0, map + 1, 12, 60}, {1, normals, 8, 8}, {1, normals + 2, 21, 33}};
  for (const auto& [b, c, y, x] : places) {
    at::Tensor element = f.batch.predictions[1][b][c][y][x];
    const double original = element.item<double>();
    element.fill_(original + kStep);
    const double plus = f.mean_loss();
    element.fill_(original - kStep);
    const double minus = f.mean_loss();
    element.fill_(original);
    const double expected = (plus - minus) / (2 * kStep), actual = gradient[b][c][y][x].item<double>();
    // Central differences of a loss of order 10 in double: about 1e-9 of noise.
    EXPECT_NEAR(actual, expected, 2e-8 + 1e-5 * std::abs(expected)) << b << " " << c << " " << y << " " << x;
  }
}

TEST_P(BothModes, AutoEncoderGradientsAgreeWithFiniteDifferences) {
  // View 1 predicts its labels exactly and every task is labelled, so its distance is 0 whatever the weights are, and
  // the loss depends on them through view 2 alone.
  Fixture f({test::depth(), test::map(2)}, {1, 1, 1, 1}, GetParam());
  f.batch.labels[1] =
      test::random_labels(f.tasks, 1, 2, kHeight, kWidth, 8)[0].to(at::kDouble).nan_to_num(0.5).clamp_min(0.1);
  f.batch.predictions[1] = f.batch.labels[1].clone();
  const LossTerms terms = f.compute();
  EXPECT_GT(terms.loss.mean().item<double>(), 0.1);
  ParameterStore& store = f.store();
  const at::Tensor gradient = store.flat_gradients().clone();
  std::vector<double> expected, actual;
  for (const NamedTensor& tensor : store.parameter_list()) {
    if (tensor.name.find("weight") == std::string::npos) continue;
    at::Tensor element = store.flat_parameters()[tensor.offset + tensor.elements / 2];
    const double original = element.item<double>();
    element.fill_(original + test::kNetworkStep);
    const double plus = f.mean_loss();
    element.fill_(original - test::kNetworkStep);
    const double minus = f.mean_loss();
    element.fill_(original);
    expected.push_back((plus - minus) / (2 * test::kNetworkStep));
    actual.push_back(gradient[tensor.offset + tensor.elements / 2].item<double>());
  }
  test::expect_gradients_agree(actual, expected);
}

TEST_P(BothModes, ABatchGivesWhatItsSamplesGiveOneByOne) {
  const std::vector<uint8_t> w = {1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0};
  const std::vector<Variant> specs = {test::segmentation(), test::depth(), test::normals()};
  Fixture all(specs, w, GetParam(), 4);
  const LossTerms together = all.compute();
  const at::Tensor weights_gradient = all.store().flat_gradients().clone();

  Fixture one(specs, w, GetParam());
  const LossBatch batch = one.batch;
  at::Tensor summed = at::zeros_like(weights_gradient);
  for (int64_t b = 0; b < 4; ++b) {
    one.batch.samples = 1;
    for (int v = 0; v < 3; ++v) {
      one.batch.predictions[v] = batch.predictions[v].narrow(0, b, 1);
      one.batch.labels[v] = batch.labels[v].narrow(0, b, 1);
    }
    one.batch.labelled = batch.labelled.narrow(0, b, 1);
    one.batch.labelled_host.assign(w.begin() + 3 * b, w.begin() + 3 * b + 3);
    one.batch.noise = batch.noise.narrow(0, b, 1);
    one.zero_gradients();
    const LossTerms alone = one.compute();
    EXPECT_NEAR(alone.dist[0].item<double>(), together.dist[b].item<double>(), 1e-11);
    EXPECT_NEAR(alone.recon[0].item<double>(), together.recon[b].item<double>(), 1e-11);
    if (all.grad[1][b].norm().item<double>() > 0) {
      EXPECT_LT(test::relative_error(all.grad[1][b] * 4, one.grad[1][0]), 1e-9);
    }
    summed += one.store().flat_gradients() / 4;
  }
  EXPECT_LT(test::relative_error(weights_gradient, summed), 1e-9);
}

TEST_P(BothModes, MicroBatchesChangeNothingButRounding) {
  const std::vector<uint8_t> w = {1, 0, 0, 1, 1, 1, 0, 0, 0, 1};
  const std::vector<Variant> specs = {test::segmentation(), test::map()};
  Fixture whole(specs, w, GetParam(), 5), split(specs, w, GetParam(), 2);
  const LossTerms a = whole.compute(), b = split.compute();
  EXPECT_LT(test::relative_error(a.loss, b.loss), 1e-12);
  EXPECT_LT(test::relative_error(whole.grad[1], split.grad[1]), 1e-9);
  EXPECT_LT(test::relative_error(whole.store().flat_gradients(), split.store().flat_gradients()), 1e-9);
}

TEST_P(BothModes, LabelledTasksAndFullyLabelledSamplesGetNoPredictionGradient) {
  Fixture f({test::segmentation(), test::depth()}, {1, 1, 1, 0, 0, 1, 0, 0}, GetParam());
  f.compute();
  const at::Tensor& g = f.grad[1];
  auto norm = [&](int64_t b, size_t t) { return f.tasks.prediction(g, t)[b].norm().item<double>(); };
  EXPECT_EQ(norm(0, 0) + norm(0, 1), 0);
  EXPECT_EQ(norm(1, 0), 0);
  EXPECT_GT(norm(1, 1), 0);
  EXPECT_GT(norm(2, 0), 0);
  EXPECT_EQ(norm(2, 1), 0);
  EXPECT_GT(norm(3, 0), 0);
  EXPECT_GT(norm(3, 1), 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, BothModes, testing::Values(kPublished, kCorrected),
                         [](const auto& info) { return info.param == kPublished ? "Published" : "Corrected"; });

TEST(JointTask, TheModesDiffer) {
  const std::vector<uint8_t> w = {1, 0, 0, 1};
  Fixture published({test::segmentation(), test::depth()}, w, kPublished);
  Fixture corrected({test::segmentation(), test::depth()}, w, kCorrected);
  EXPECT_GT(test::relative_error(published.compute().recon, corrected.compute().recon), 1e-3);
}

TEST(JointTask, GivesUpBetweenMicroBatches) {
  Fixture f({test::depth(), test::map()}, {1, 0, 1, 0, 1, 0}, kPublished, 1);
  int calls = 0;
  EXPECT_THROW(test::compute(*f.made, f.tasks, f.batch, f.grad,
                             [&] {
                               if (++calls == 4) throw Error(JTR_STATUS_CANCELLED, "");
                             }),
               Error);
  EXPECT_EQ(calls, 4);
}

TEST(Methods, AreFoundByNameAndAnUnknownNameIsRefusedWithAList) {
  EXPECT_EQ(Method::registry().info("jtr", "").facts()["views"], 3);
  EXPECT_EQ(Method::registry().info("supervised", "").facts()["views"], 1);
  const Error e = test::caught([] { Trainer trainer(test::trainer_options({test::depth()}, "jrt")); });
  EXPECT_EQ(e.field(), "method.name");
  EXPECT_NE(std::string(e.what()).find("did you mean 'jtr'?"), std::string::npos) << e.what();
  const Error far = test::caught([] { Trainer trainer(test::trainer_options({test::depth()}, "something")); });
  EXPECT_NE(std::string(far.what()).find("mtpsl, jtr"), std::string::npos) << far.what();
}

}  // namespace
}  // namespace jtr
