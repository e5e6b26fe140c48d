// Consistency by hand: known crops of simple predictions.
#include "methods/method_fixture.h"

namespace jtr {
namespace {

using test::LossTerms;
using test::MethodFixture;

constexpr double kWeight = 0.7;  // of MethodFixture, whose temperature is 2

void set_crop(MethodFixture& f, double scale, double top, double left, double height, double width, double mirrored) {
  f.batch.crops[1].copy_(at::tensor({scale, top, left, height, width, mirrored}, at::kDouble));
}

TEST(Consistency, ComparesTheDepthOfTheWindowDividedByTheScale) {
  MethodFixture f("consistency", {test::depth()}, {0});
  f.batch.predictions[0].fill_(6);
  f.batch.predictions[1].fill_(3);
  set_crop(f, 1.5, 3, 5, 21, 42, 0);
  const LossTerms terms = f.compute();
  EXPECT_NEAR(terms.dist[0].item<double>(), 1, 1e-12);  // |3 - 6 / 1.5|
  EXPECT_NEAR(terms.loss[0].item<double>(), kWeight, 1e-12);
  // The gradient of the mean of |p - 4| at p = 3.
  EXPECT_NEAR(f.grad[1][0][0][4][4].item<double>(), -kWeight / (32 * 64), 1e-15);
}

TEST(Consistency, FindsThePlaceOfEveryPixelInTheWindow) {
  for (const double mirrored : {0.0, 1.0}) {
    MethodFixture f("consistency", {test::map(2)}, {0});
    const at::Tensor x = at::arange(64, at::kDouble).view({1, 64}).expand({32, 64});
    const at::Tensor y = at::arange(32, at::kDouble).view({32, 1}).expand({32, 64});
    f.batch.predictions[0][0][0].copy_(x);
    f.batch.predictions[0][0][1].copy_(y);
    set_crop(f, 1.5, 3, 5, 21, 42, mirrored);
    // Aligned corners: pixel 0 is the window's first column, pixel 63 its last; mirrored, counted from the right.
    const at::Tensor column = 5 + x * 41 / 63;
    f.batch.predictions[1][0][0].copy_(mirrored != 0 ? 63 - column : column);
    f.batch.predictions[1][0][1].copy_(3 + y * 20 / 31);
    EXPECT_NEAR(f.compute().dist[0].item<double>(), 0, 1e-11);
    f.batch.predictions[1][0][1].add_(0.25);
    EXPECT_NEAR(f.compute().dist[0].item<double>(), 0.125, 1e-11);  // one of two channels
  }
}

TEST(Consistency, MirrorsNormals) {
  MethodFixture f("consistency", {test::normals()}, {0});
  const at::Tensor n = at::tensor({0.6, 0.0, 0.8}, at::kDouble).view({1, 3, 1, 1});
  f.batch.predictions[0].copy_(n.expand_as(f.batch.predictions[0]));
  f.batch.predictions[1].copy_(n.expand_as(f.batch.predictions[1]));
  set_crop(f, 1, 0, 0, 32, 64, 0);
  EXPECT_NEAR(f.compute().dist[0].item<double>(), 0, 1e-12);
  set_crop(f, 1, 0, 0, 32, 64, 1);
  EXPECT_NEAR(f.compute().dist[0].item<double>(), 1 - (0.64 - 0.36), 1e-12);
}

TEST(Consistency, TakesTheCrossEntropyOfSoftenedSegmentation) {
  MethodFixture f("consistency", {test::segmentation(2)}, {0});
  f.batch.predictions[0].zero_();
  f.batch.predictions[1].zero_();
  f.batch.predictions[0].select(1, 0).fill_(1.0);
  f.batch.predictions[1].select(1, 0).fill_(-3.0);
  // Temperature 2: logits 0.5 and -1.5 for the first class, 0 for the second.
  const double q = 1 / (1 + std::exp(-0.5)), p = 1 / (1 + std::exp(1.5));
  EXPECT_NEAR(f.compute().dist[0].item<double>(), -(q * std::log(p) + (1 - q) * std::log(1 - p)), 1e-12);
}

TEST(Consistency, LeavesLabelledTasksAlone) {
  MethodFixture f("consistency", {test::depth(), test::map()}, {1, 0, 0, 1});
  f.compute();
  EXPECT_EQ(f.tasks.prediction(f.grad[1], 0)[0].norm().item<double>(), 0);
  EXPECT_GT(f.tasks.prediction(f.grad[1], 1)[0].norm().item<double>(), 0);
  EXPECT_GT(f.tasks.prediction(f.grad[1], 0)[1].norm().item<double>(), 0);
  EXPECT_EQ(f.tasks.prediction(f.grad[1], 1)[1].norm().item<double>(), 0);
}

TEST(Consistency, NeedsCropsThatLieInsideOfView0) {
  const std::vector<Variant> tasks = {test::depth()};
  Trainer trainer(test::trainer_options(tasks, "consistency"));
  test::OwnedBatch batch = test::random_batch(tasks, {1, 0}, 32, 64, 1);
  Error e = test::caught([&] { test::step(trainer, batch.host); });
  EXPECT_EQ(e.field(), "batch.crops");
  auto set = [&](std::vector<double> crop) {
    batch.host.crops = at::tensor(crop, at::kDouble).expand({3, 2, 6}).contiguous();
    batch.host.crops[0].zero_();  // not read
  };
  for (const std::vector<double>& wrong : std::vector<std::vector<double>>{{0, 0, 0, 32, 64, 0},
                                                                           {1, -1, 0, 32, 64, 0},
                                                                           {1, 12, 0, 21, 42, 0},
                                                                           {1, 0, 23, 21, 42, 0},
                                                                           {1, 0, 0, 0, 64, 0},
                                                                           {1, 0, 0, 32, 64, 0.5},
                                                                           {NAN, 0, 0, 32, 64, 0}}) {
    set(wrong);
    e = test::caught([&] { test::step(trainer, batch.host); });
    EXPECT_EQ(e.field(), "batch.crops");
  }
  set({1.5, 11, 22, 21, 42, 1});
  EXPECT_GT(test::step(trainer, batch.host).dist, 0);
}

}  // namespace
}  // namespace jtr
