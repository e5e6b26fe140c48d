// The JTR loss over tasks of pixels and of the whole image, which stand in its stacks as constant planes.
#include <cmath>

#include "kernels/available.h"
#include "methods/joint_space.h"
#include "methods/mixed_fixture.h"
#include "training/joint_task_loss.h"

namespace jtr {
namespace {

using test::LossTerms;
using test::MixedFixture;

// Places of test::mixed_tasks().
constexpr size_t kSegmentation = 0, kRoom = 1, kDepth = 2, kTags = 3, kPitch = 4, kTasks = 5;

/// The mode, and how image tasks enter the joint space.
class ImageJoint : public testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  bool corrected() const { return GetParam().first == "corrected"; }
  Json options() const {
    return {{"mode", GetParam().first}, {"image_tasks", GetParam().second}, {"encoder_planes", 3}};
  }
};

TEST_P(ImageJoint, PredictionGradientsAgreeWithFiniteDifferencesForEveryPatternOfLabels) {
  // Classes that are not labelled are drawn: a hard sample has no derivative. The others' are looked at beside them.
  MixedFixture f("jtr", options(), test::mixed_tasks(), test::all_patterns(kTasks));
  f.compute();
  for (const int64_t v : {0, 2}) {
    EXPECT_EQ(f.context.gradients[static_cast<size_t>(v)].planes.norm().item<double>(), 0);
    EXPECT_EQ(f.context.gradients[static_cast<size_t>(v)].vectors.norm().item<double>(), 0);
  }
  for (const auto& [task, elements] : std::vector<std::pair<size_t, int64_t>>{{kDepth, 1}, {kTags, 2}, {kPitch, 1}}) {
    for (int64_t i = 0; i < elements; ++i) {
      const int64_t place = task == kDepth ? 300 : i;
      const at::Tensor differences = f.differences(1, task, place);
      for (int64_t b = 0; b < f.context.samples; ++b) {
        const double expected = differences[b].item<double>(), actual = f.gradient(1, task, b, place);
        // A labelled task's prediction is a constant to the distance, which moves with it all the same.
        if (f.context.is_labelled(b, task)) {
          EXPECT_EQ(actual, 0);
        } else {
          EXPECT_NEAR(actual, expected, 2e-8 + 1e-5 * std::abs(expected)) << task << " " << b << " " << place;
          EXPECT_TRUE(actual != 0 || task == kDepth) << task << " " << b << " " << place;  // a pixel may be masked
        }
      }
    }
  }
}

TEST_P(ImageJoint, AutoEncoderGradientsAgreeWithFiniteDifferences) {
  // View 1 predicts its labels exactly and every task is labelled, so its distance is 0 whatever the weights are, and
  // the loss depends on them through view 2 alone.
  MixedFixture f("jtr", options(), {test::depth(), test::tags(), test::regression()}, {1, 1, 1, 1, 1, 1});
  const auto certain = [](const at::Tensor& x) { return x.nan_to_num(0); };
  f.context.labels[1] = f.context.labels[1].map(certain);
  f.context.labels[1].planes.clamp_min_(0.1);
  f.context.predictions[1] = f.context.labels[1].map([](const at::Tensor& x) { return x.clone(); });
  // Tags are logits.
  const at::Tensor tags = f.tasks.prediction(f.context.predictions[1], 1);
  tags.copy_((tags - 0.5) * 2000);
  const LossTerms terms = f.compute();
  EXPECT_GT(terms.loss.mean().item<double>(), 0.1);
  ParameterStore& store = *f.made->networks()[0].store;
  const at::Tensor gradient = store.flat_gradients().clone();
  std::vector<double> expected, actual;
  for (const NamedTensor& tensor : store.parameter_list()) {
    if (tensor.name.find("weight") == std::string::npos) continue;
    expected.push_back(f.difference(store.flat_parameters()[tensor.offset + tensor.elements / 2], test::kNetworkStep));
    actual.push_back(gradient[tensor.offset + tensor.elements / 2].item<double>());
  }
  test::expect_gradients_agree(actual, expected);
}

TEST_P(ImageJoint, ABatchGivesWhatItsSamplesGiveOneByOne) {
  const std::vector<uint8_t> w = test::all_patterns(kTasks);
  MixedFixture all("jtr", options(), test::mixed_tasks(), w);
  const LossTerms together = all.compute();
  const at::Tensor weights_gradient = all.weight_gradients();
  const double count = static_cast<double>(all.context.samples);
  at::Tensor summed = at::zeros_like(weights_gradient);
  for (int64_t b = 0; b < all.context.samples; ++b) {
    MixedFixture one("jtr", options(), test::mixed_tasks(), w);
    one.keep_only(b);
    const LossTerms alone = one.compute();
    EXPECT_NEAR(alone.dist[0].item<double>(), together.dist[b].item<double>(), 1e-11);
    EXPECT_NEAR(alone.recon[0].item<double>(), together.recon[b].item<double>(), 1e-11);
    for (size_t t = 0; t < kTasks; ++t) {
      const at::Tensor expected = all.tasks.prediction(all.context.gradients[1], t)[b] * count;
      const at::Tensor got = one.tasks.prediction(one.context.gradients[1], t)[0];
      if (all.context.is_labelled(b, t)) {
        EXPECT_EQ(got.norm().item<double>(), 0);
      } else {
        EXPECT_GT(got.norm().item<double>(), 0);
        EXPECT_LT(test::relative_error(got, expected), 1e-9);
      }
    }
    summed += one.weight_gradients() / count;
  }
  EXPECT_LT(test::relative_error(weights_gradient, summed), 1e-9);
}

TEST_P(ImageJoint, MicroBatchesChangeNothingButRounding) {
  const std::vector<uint8_t> w = test::all_patterns(3);
  const std::vector<Variant> specs = {test::classification(), test::segmentation(), test::regression()};
  Json split = options();
  split["micro_batch"] = 3;
  MixedFixture whole("jtr", options(), specs, w), parts("jtr", split, specs, w);
  EXPECT_LT(test::relative_error(parts.compute().loss, whole.compute().loss), 1e-12);
  EXPECT_LT(test::relative_error(parts.context.gradients[1].vectors, whole.context.gradients[1].vectors), 1e-9);
  EXPECT_LT(test::relative_error(parts.context.gradients[1].planes, whole.context.gradients[1].planes), 1e-9);
  EXPECT_LT(test::relative_error(parts.weight_gradients(), whole.weight_gradients()), 1e-9);
}

TEST_P(ImageJoint, KernelsOfThePixelTasksGiveWhatAtenGives) {
  const std::vector<uint8_t> w = test::all_patterns(kTasks);
  MixedFixture fused("jtr", options(), test::mixed_tasks(), w);
  const at::Tensor expected = fused.compute().loss;
  kernels::enable(false);
  MixedFixture plain("jtr", options(), test::mixed_tasks(), w);
  const at::Tensor got = plain.compute().loss;
  kernels::enable(true);
  EXPECT_LT(test::relative_error(got, expected), 1e-11);
  EXPECT_LT(test::relative_error(plain.context.gradients[1].planes, fused.context.gradients[1].planes), 1e-9);
  EXPECT_LT(test::relative_error(plain.context.gradients[1].vectors, fused.context.gradients[1].vectors), 1e-9);
}

TEST_P(ImageJoint, AnUnknownImageLabelMasksNothingOfThePixels) {
  // What one sample says of its depth stays the same, to the last bit, whether its tags are known or not.
  const auto space = [&](const TaskSet& tasks) {
    return make_joint_space({&tasks, corrected(), at::MemoryFormat::Contiguous}, at::kCPU);
  };
  MixedFixture f("jtr", options(), {test::depth(), test::tags()}, {1, 1, 0, 1});
  const JointView view = {f.context.predictions[1].planes, f.context.labels[1].planes, f.context.labelled,
                          f.context.noise};
  const StackNoise noise = {kCompletion1, kPrediction1, corrected()};
  const at::Tensor mixed = space(f.tasks)->stacks(view, noise);
  const TaskSet alone({test::depth()});
  JointView of_depth = view;
  of_depth.labelled = view.labelled.narrow(1, 0, 1).contiguous();
  EXPECT_TRUE(at::equal(mixed, space(alone)->stacks(of_depth, noise)));
}

std::string name_of_case(const testing::TestParamInfo<std::pair<std::string, std::string>>& info) {
  return info.param.first + "_" + info.param.second;
}

INSTANTIATE_TEST_SUITE_P(Modes, ImageJoint,
                         testing::Values(std::pair<std::string, std::string>{"published", "planes"},
                                         std::pair<std::string, std::string>{"corrected", "planes"},
                                         std::pair<std::string, std::string>{"published", "task_encoders"},
                                         std::pair<std::string, std::string>{"corrected", "task_encoders"}),
                         name_of_case);

TEST(TaskEncoders, AreLearnedWithTheAutoEncoder) {
  // Each weight and bias of an encoder and a decoder has a gradient.
  const std::vector<Variant> specs = test::mixed_tasks();
  MixedFixture f("jtr", {{"image_tasks", "task_encoders"}, {"encoder_planes", 3}}, specs, test::all_patterns(kTasks));
  f.compute();
  const ParameterStore& store = *f.made->networks()[0].store;
  int64_t encoders = 0;
  for (const NamedTensor& tensor : store.parameter_list()) {
    if (tensor.name.rfind("task_", 0) != 0) continue;
    ++encoders;
    EXPECT_GT(slice(store.flat_gradients(), tensor).norm().item<double>(), 0) << tensor.name;
  }
  EXPECT_EQ(encoders, 4 * static_cast<int64_t>(kTasks));
}

TEST(TaskEncoders, WorkOnPixelTasksAlone) {
  const std::vector<Variant> specs = {test::depth(), test::map(2)};
  MixedFixture f("jtr", {{"image_tasks", "task_encoders"}}, specs, test::all_patterns(2));
  f.compute();
  // Sample 0 has no label, so that nothing of it is masked.
  for (const int64_t i : {77, 1999}) {
    const double expected = f.difference(f.element(1, 1, 0, i)), actual = f.gradient(1, 1, 0, i);
    EXPECT_NEAR(actual, expected, 2e-8 + 1e-5 * std::abs(expected)) << i;
    EXPECT_NE(actual, 0) << i;
  }
}

TEST(ImageJointLayouts, GiveTheSame) {
  // Wide auto-encoders have their channels last in single precision; in double they lie channels first.
  for (const char* way : {"planes", "task_encoders"}) {
    const std::vector<Variant> specs = test::mixed_tasks();
    const test::MixedBatch batch(specs, {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0});
    const auto losses = [&](const Precision& precision) {
      TrainerOptions options = test::trainer_options(specs, "jtr", 8, precision);
      options.method = Variant::of("jtr", {{"image_tasks", way}, {"width", 16}});
      Trainer trainer(options);
      return test::step(trainer, batch.host);
    };
    const test::Losses want = losses(at::kDouble), single = losses(at::kFloat);
    const test::Losses rounded = losses(Precision(at::kFloat, at::kBFloat16));
    EXPECT_NEAR(single.dist, want.dist, 1e-3 * want.dist) << way;
    EXPECT_NEAR(single.recon, want.recon, 1e-3 * want.recon) << way;
    // Thirty layers of maps rounded to 8 bits.
    EXPECT_NEAR(rounded.dist, want.dist, 0.15 * want.dist) << way;
    EXPECT_NEAR(rounded.recon, want.recon, 0.05 * want.recon) << way;
    EXPECT_NE(rounded.recon, want.recon) << way;
  }
}

TEST(ImageJointSpace, HasLabelsThenPredictionsAndSumsGradientsOverBoth) {
  MixedFixture f("jtr", Json::object(), {test::depth(), test::classification(3), test::tags(2)}, {1, 0, 0, 1, 1, 1});
  const auto space = make_image_joint_space({&f.tasks, true, at::MemoryFormat::ChannelsLast});
  const TaskTensors &p = f.context.predictions[1], &l = f.context.labels[1];
  f.tasks.label(l, 1)[1][0] = 2;
  f.tasks.label(l, 2)[1].copy_(at::tensor({1.0, std::nan("")}, at::kDouble));
  const JointView view = {p.vectors, l.vectors, f.context.labelled, f.context.noise};
  const StackNoise noise = {kPrediction1, kPrediction1, true};
  const at::Tensor stacks = space->stacks(view, noise);
  ASSERT_EQ(stacks.sizes(), (std::vector<int64_t>{4, 5}));
  // Sample 1 is labelled for both: class 2, and its first tag alone.
  EXPECT_TRUE(at::equal(stacks[1], at::tensor({0.0, 0.0, 1.0, 1.0, 0.5}, at::kDouble)));
  EXPECT_EQ(stacks[3][4].item<double>(), 0.5);
  const double logit = p.vectors[1][3].item<double>();
  EXPECT_NEAR(stacks[3][3].item<double>(), 1 / (1 + std::exp(-logit)), 1e-15);
  // Sample 0 is labelled for neither: the same draw in both halves.
  EXPECT_TRUE(at::equal(stacks[0], stacks[2]));

  const at::Tensor d = test::uniform({4, 5}, -1, 1, 7);
  at::Tensor grad = at::zeros_like(p.vectors);
  space->stacks_backward(view, noise, d, grad);
  EXPECT_EQ(grad[1].norm().item<double>(), 0);
  const at::Tensor both = d[0] + d[2];
  const at::Tensor draws = f.context.noise[0][kPrediction1][0].flatten().narrow(0, 0, 3);
  const at::Tensor e = p.vectors[0].narrow(0, 0, 3).exp() / draws, soft = e / e.sum();
  const at::Tensor of_classes = both.narrow(0, 0, 3);
  EXPECT_LT(test::relative_error(grad[0].narrow(0, 0, 3), soft * (of_classes - (soft * of_classes).sum())), 1e-12);
  const at::Tensor t = p.vectors[0].narrow(0, 3, 2).sigmoid();
  EXPECT_LT(test::relative_error(grad[0].narrow(0, 3, 2), t * (1 - t) * both.narrow(0, 3, 2)), 1e-12);
}

std::unique_ptr<JointTaskLoss> regularizer(const std::vector<Variant>& tasks) {
  JointTaskLossOptions options;
  options.tasks = tasks;
  options.method = Variant::of("jtr", {{"width", 2}});
  options.format = Format::kFloat64;
  options.device_choice = DeviceChoice::kCpu;
  return std::make_unique<JointTaskLoss>(options);
}

TEST(JointTaskLoss, TakesTasksOfTheWholeImage) {
  const std::vector<Variant> specs = {test::classification(), test::depth(), test::tags()};
  const auto loss = regularizer(specs);
  std::vector<uint8_t> w = {0, 1, 0, 1, 0, 1};
  const auto given = test::predictions_of_all(loss->tasks(), specs, 2, 2, 32, 32, 3);
  PredictionBatch batch;
  for (size_t t = 0; t < specs.size(); ++t) {
    batch.predictions.push_back(
        at::stack({loss->tasks().prediction(given[0], t), loss->tasks().prediction(given[1], t)}).contiguous());
  }
  batch.labels = test::labels_of_all(specs, 2, 2, 32, 32, 4);
  batch.labelled = test::labelled_matrix(w, specs.size());
  StepRequest request;
  std::vector<at::Tensor> gradients;
  for (size_t t = 0; t < specs.size(); ++t) {
    gradients.push_back(at::full_like(batch.predictions[t], 9));
    request.prediction_gradients.emplace_back(t, gradients.back());
  }
  const StepResult result = loss->compute(batch, request);
  EXPECT_GT(result.loss, 0);
  for (size_t t = 0; t < specs.size(); ++t) {
    for (int64_t b = 0; b < 2; ++b) {
      // View 1 of the method is the first here; a labelled task gets nothing.
      const double norm = gradients[t][0][b].norm().item<double>();
      EXPECT_EQ(norm > 0, w[static_cast<size_t>(b) * specs.size() + t] == 0) << t << " " << b;
      EXPECT_EQ(gradients[t][1][b].norm().item<double>(), 0);
    }
  }
  // Of tags, against a finite difference.
  at::Tensor element = batch.predictions[2][0][0][1];
  constexpr double kStep = 1e-6;
  element.add_(kStep);
  const double plus = loss->compute(batch, {}).loss;
  element.sub_(2 * kStep);
  const double minus = loss->compute(batch, {}).loss, expected = (plus - minus) / (2 * kStep);
  EXPECT_NEAR(gradients[2][0][0][1].item<double>(), expected, 2e-8 + 1e-5 * std::abs(expected));

  batch.predictions[2] = at::zeros({2, 2, 3, 32, 32}, at::kDouble);
  EXPECT_EQ(test::caught([&] { loss->compute(batch, {}); }).field(), "batch.prediction.tags");
}

TEST(JointTask, NeedsATaskOfPixels) {
  const Error e = test::caught([] { regularizer({test::classification(), test::tags()}); });
  EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(e.field(), "tasks");
  EXPECT_NE(std::string(e.what()).find("pixels"), std::string::npos) << e.what();
}

}  // namespace
}  // namespace jtr
