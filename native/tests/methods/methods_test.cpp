// What holds of every method that compares views or tasks: gradients against finite differences, a batch against its
// samples one by one, which predictions get a gradient at all.
#include "methods/method_fixture.h"

namespace jtr {
namespace {

using test::LossTerms;
using test::MethodFixture;

// Samples: the first lacks a task, the second two, the third has none, the fourth all.
const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::map(2)};
const std::vector<uint8_t> kLabelled = {1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1};

/// Five channels of segmentation, one of depth, two of the map.
int64_t task_of(int64_t channel) { return channel < 5 ? 0 : (channel == 5 ? 1 : 2); }

class EveryMethod : public testing::TestWithParam<const char*> {};

TEST_P(EveryMethod, PredictionGradientsAgreeWithFiniteDifferences) {
  const std::string method = GetParam();
  MethodFixture f(method, kTasks, kLabelled, 32, 32);
  f.compute();
  EXPECT_EQ(f.grad[0].norm().item<double>(), 0);
  const at::Tensor gradient = f.grad[1].clone();
  std::vector<double> actual, expected;
  for (int64_t b = 0; b < 3; ++b) {
    for (int64_t c = 0; c < 4 * f.tasks.channels(); ++c) {
      const int64_t channel = c % f.tasks.channels(), y = (7 * c + 3 * b) % 32, x = (11 * c + 5) % 32;
      const double g = gradient[b][channel][y][x].item<double>();
      // The forward value of a hard sample of segmentation is flat; its gradient is compared with the golden file's.
      if (method == "mtpsl" && channel < 5) continue;
      // A perceptual pair's map learns from a prediction that it takes for a constant.
      if (method == "perceptual_map" && f.w[static_cast<size_t>(3 * b + task_of(channel))] == 0) continue;
      actual.push_back(g);
      expected.push_back(f.difference(b, channel, y, x, test::kNetworkStep));
    }
  }
  test::expect_gradients_agree(actual, expected);
}

TEST_P(EveryMethod, ABatchGivesWhatItsSamplesGiveOneByOne) {
  MethodFixture all(GetParam(), kTasks, kLabelled);
  const LossTerms together = all.compute();
  const at::Tensor weight_gradients = all.made->networks().empty() ? at::zeros({1}) : all.weight_gradients();
  at::Tensor summed = at::zeros_like(weight_gradients);
  for (int64_t b = 0; b < 4; ++b) {
    MethodFixture one(GetParam(), kTasks, kLabelled);
    one.keep_only(b);
    const LossTerms alone = one.compute();
    EXPECT_NEAR(alone.loss[0].item<double>(), together.loss[b].item<double>(), 1e-11);
    EXPECT_NEAR(alone.dist[0].item<double>(), together.dist[b].item<double>(), 1e-11);
    if (all.grad[1][b].norm().item<double>() > 0) {
      EXPECT_LT(test::relative_error(all.grad[1][b] * 4, one.grad[1][0]), 1e-9);
    }
    if (!one.made->networks().empty()) summed += one.weight_gradients() / 4;
  }
  EXPECT_LT(test::relative_error(weight_gradients, summed), 1e-9);
}

TEST_P(EveryMethod, AddsNothingToFullyLabelledSamples) {
  if (std::string(GetParam()) == "supervised+") GTEST_SKIP() << "it learns labels";
  MethodFixture f(GetParam(), kTasks, kLabelled);
  const LossTerms terms = f.compute();
  EXPECT_GT(terms.loss[0].item<double>(), 0);
  EXPECT_GT(terms.loss[1].item<double>(), 0);
  EXPECT_EQ(terms.loss[3].item<double>(), 0);
  EXPECT_EQ(f.grad[1][3].norm().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod,
                         testing::Values("consistency", "direct_map", "perceptual_map", "mtpsl", "teacher",
                                         "supervised+"),
                         [](const auto& info) { return test::identifier(info.param); });

TEST(Methods, TheRegistryKnowsTheViewsThatAMethodReads) {
  const TaskSet tasks(kTasks);
  for (const std::string& name : Method::registry().names()) {
    const test::MadeMethod made(tasks, name, Json::object(), 2, 3);
    const Json facts = Method::registry().info(name, "").facts();
    EXPECT_EQ(facts["views"], made->needs().views) << name;
    EXPECT_EQ(facts["separate_networks"], made->needs().separate_networks) << name;
    EXPECT_LT(made->needs().last_view_with_gradient, made->needs().views) << name;
  }
}

TEST(Methods, ThatRelateTasksInPairsRefuseASingleTask) {
  for (const char* name : {"direct_map", "perceptual_map", "mtpsl"}) {
    const Error e = test::caught([&] { Trainer trainer(test::trainer_options({test::depth()}, name)); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(e.field(), "tasks");
    EXPECT_NE(std::string(e.what()).find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace jtr
