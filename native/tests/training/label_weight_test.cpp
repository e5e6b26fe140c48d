// How much single labels count: labels that a network has made may count less than those of people.
#include <cmath>
#include <limits>

#include "support.h"

namespace jtr {
namespace {

const std::vector<Variant> kTasks = {test::segmentation(), test::depth()};
const std::vector<uint8_t> kLabelled = {1, 1, 1, 0, 0, 1};

class LabelWeightTest : public testing::TestWithParam<const char*> {
 protected:
  static test::OwnedBatch batch(std::vector<uint8_t> labelled = kLabelled) {
    return test::random_batch(kTasks, std::move(labelled), 32, 32, 1);
  }
  static at::Tensor weights(const std::vector<double>& values) { return at::tensor(values, at::kDouble).view({3, 2}); }
  struct Step {
    at::Tensor task_loss = at::zeros({2}, at::kDouble), loss = at::zeros({3}, at::kDouble), gradients;
  };
  static Step step(const test::OwnedBatch& batch, const char* method) {
    Trainer trainer(test::trainer_options(kTasks, method));
    Step result;
    StepRequest request;
    request.task_loss = result.task_loss;
    request.loss = result.loss;
    trainer.step(batch.host, request);
    std::vector<at::Tensor> all;
    for (const TensorEntry& entry : trainer.gradients().entries()) all.push_back(entry.tensor.flatten().clone());
    result.gradients = at::cat(all);
    return result;
  }
};

TEST_P(LabelWeightTest, OfOneEverywhereChangesNothing) {
  const test::OwnedBatch plain = batch();
  test::OwnedBatch weighted = batch();
  weighted.host.label_weight = weights({1, 1, 1, 1, 1, 1});
  EXPECT_TRUE(at::equal(step(weighted, GetParam()).gradients, step(plain, GetParam()).gradients));
}

TEST_P(LabelWeightTest, MultipliesTheLossAndItsGradient) {
  const test::OwnedBatch plain = batch();
  test::OwnedBatch weighted = batch();
  weighted.host.label_weight = weights({0.25, 0.25, 0.25, 0.25, 0.25, 0.25});
  const Step a = step(plain, GetParam()), b = step(weighted, GetParam());
  EXPECT_LT(test::relative_error(b.loss, 0.25 * a.loss), 1e-12);
  EXPECT_LT(test::relative_error(b.gradients, 0.25 * a.gradients), 1e-12);
}

TEST_P(LabelWeightTest, OfNothingIsAsIfTheLabelWereNotThere) {
  // Segmentation of sample 1 counts for nothing; the only depth label left is that of sample 2.
  test::OwnedBatch weighted = batch();
  weighted.host.label_weight = weights({1, 0, 0, 1, 1, 1});
  const test::OwnedBatch without = batch({1, 0, 0, 0, 0, 1});
  const Step a = step(weighted, GetParam()), b = step(without, GetParam());
  EXPECT_LT(test::relative_error(a.loss, b.loss), 1e-12);
  EXPECT_LT(test::relative_error(a.gradients, b.gradients), 1e-12);
}

TEST_P(LabelWeightTest, ThatCannotBeIsRefusedByItsField) {
  const Step before = step(batch(), GetParam());
  for (const double bad : {-0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    test::OwnedBatch wrong = batch();
    wrong.host.label_weight = weights({1, 1, 1, bad, 1, 1});
    Trainer trainer(test::trainer_options(kTasks, GetParam()));
    const Error e = test::caught([&] { trainer.step(wrong.host, {}); });
    EXPECT_EQ(e.field(), "batch.label_weight") << bad;
    EXPECT_NE(std::string(e.what()).find("element 3"), std::string::npos) << e.what();
  }
  test::OwnedBatch wrong = batch();
  wrong.host.label_weight = at::ones({2, 3}, at::kDouble);
  Trainer trainer(test::trainer_options(kTasks, GetParam()));
  EXPECT_EQ(test::caught([&] { trainer.step(wrong.host, {}); }).field(), "batch.label_weight");
}

INSTANTIATE_TEST_SUITE_P(Methods, LabelWeightTest, testing::Values("supervised", "supervised+"),
                         [](const auto& info) { return test::identifier(info.param); });

}  // namespace
}  // namespace jtr
