// Methods that compare views, with tasks of the whole image: the teacher by hand, and gradients of all.
#include <cmath>

#include "methods/mixed_fixture.h"
#include "methods/strong_views.h"

namespace jtr {
namespace {

using test::MixedFixture;

double logit(double p) { return std::log(p / (1 - p)); }
double softplus(double x) { return std::log1p(std::exp(x)); }

/// A teacher that changes nothing in the photographs; all predictions of an image task are zero.
struct Lesson : MixedFixture {
  Lesson(const Variant& spec, std::vector<uint8_t> w, Json options)
      : MixedFixture("teacher", plain(std::move(options)), {spec}, std::move(w)) {
    for (TaskTensors& p : context.predictions) p.vectors.zero_();
    for (TaskTensors& p : teacher) p.vectors.zero_();
  }

  static Json plain(Json options) {
    const Json all = {{"color", 0}, {"grey", 0}, {"cut_mix", 0}, {"ramp_up_steps", 0}, {"as_labels", false}};
    for (const auto& entry : all.items()) {
      if (!options.contains(entry.key())) options[entry.key()] = entry.value();
    }
    return options;
  }

  at::Tensor loss() { return compute_all().loss; }
  /// The share of what is taught, "taught.<task>".
  at::Tensor taught() { return compute_all().terms[2]; }
};

TEST(ImageTeacher, TeachesClassesAboveTheThreshold) {
  Lesson lesson(test::classification(2), {0, 0, 1}, {{"selection", "fixed"}, {"threshold", 0.7}, {"mirror", false}});
  lesson.teacher[0].vectors[0][0] = logit(0.9);
  lesson.teacher[0].vectors[1][0] = logit(0.6);
  lesson.teacher[0].vectors[2][0] = logit(0.9);
  lesson.context.predictions[1].vectors[0][0] = logit(0.8);
  const at::Tensor loss = lesson.loss();
  EXPECT_NEAR(loss[0].item<double>(), -(0.9 * std::log(0.8) + 0.1 * std::log(0.2)), 1e-12);
  EXPECT_EQ(loss[1].item<double>(), 0);
  EXPECT_EQ(loss[2].item<double>(), 0);  // labelled
  EXPECT_TRUE(at::equal(lesson.taught(), at::tensor({1.0, 0.0, 0.0}, at::kDouble)));
}

TEST(ImageTeacher, TeachesTagsOneByOne) {
  // 0.9 and 0.1 are sure, 0.6 is not.
  Lesson lesson(test::tags(3), {0, 1}, {{"selection", "fixed"}, {"threshold", 0.7}, {"mirror", false}});
  for (int64_t b = 0; b < 2; ++b) {
    lesson.teacher[0].vectors[b].copy_(at::tensor({logit(0.9), logit(0.1), logit(0.6)}, at::kDouble));
  }
  lesson.context.predictions[1].vectors[0][1] = 2;
  EXPECT_NEAR(lesson.loss()[0].item<double>(), (std::log(2.0) + 0.1 * softplus(-2) + 0.9 * softplus(2)) / 3, 1e-12);
  EXPECT_EQ(lesson.loss()[1].item<double>(), 0);
  EXPECT_NEAR(lesson.taught()[0].item<double>(), 2.0 / 3, 1e-12);
  // The third tag gets no gradient; the second that of its probability.
  lesson.zero_gradients();
  lesson.compute();
  EXPECT_EQ(lesson.gradient(1, 0, 0, 2), 0);
  EXPECT_NEAR(lesson.gradient(1, 0, 0, 1), (1 / (1 + std::exp(-2.0)) - 0.1) / 3 / 2, 1e-12);

  Lesson hard(test::tags(2), {0}, {{"selection", "all"}, {"mirror", false}, {"target", "hard"}});
  hard.teacher[0].vectors[0].copy_(at::tensor({logit(0.6), logit(0.3)}, at::kDouble));
  hard.context.predictions[1].vectors[0].copy_(at::tensor({3.0, 1.0}, at::kDouble));
  EXPECT_NEAR(hard.loss()[0].item<double>(), (softplus(-3) + softplus(1)) / 2, 1e-12);
}

TEST(ImageTeacher, HasThresholdsForEachTagThereAndNotThere) {
  // First tag: 0.95 and 0.6, mean 0.775 and so the threshold of its being there: the second is not taught.
  // Second tag: 0.9 and 0.2, mean 0.55, the mean largest 0.85: thresholds 0.85 there, 0.85 * 0.45 / 0.55 = 0.70 not.
  Lesson lesson(test::tags(2), {0, 0}, {{"selection", "adaptive"}, {"mirror", false}, {"momentum", 0.75}});
  const auto teach = [&](std::vector<double> p) {
    lesson.teacher[0].vectors.copy_(at::tensor(p, at::kDouble).view({2, 2}).logit());
  };
  teach({0.95, 0.9, 0.6, 0.2});
  at::Tensor loss = lesson.loss();
  EXPECT_NEAR(loss[0].item<double>(), std::log(2.0), 1e-12);
  EXPECT_NEAR(loss[1].item<double>(), std::log(2.0) / 2, 1e-12);
  lesson.made->follow();
  // What was seen is remembered: 0.775 for the first tag, below which 0.55 stays. This step alone would say 0.55.
  teach({0.55, 0.9, 0.55, 0.2});
  loss = lesson.loss();
  EXPECT_NEAR(loss[0].item<double>(), std::log(2.0) / 2, 1e-12);
  EXPECT_NEAR(loss[1].item<double>(), std::log(2.0) / 2, 1e-12);
}

TEST(ImageTeacher, TrustsValuesWhereItAgreesWithItsMirrorImage) {
  const Variant spec = test::task("regression", "pitch", {{"means", {5}}, {"deviations", {2}}});
  Lesson lesson(spec, {0, 0}, Json::object());
  lesson.teacher[0].vectors.fill_(5);
  lesson.teacher[1].vectors[0].fill_(4);  // half a deviation apart
  lesson.teacher[1].vectors[1].fill_(8);  // 1.5; 1 in the mean
  const at::Tensor loss = lesson.loss();
  EXPECT_NEAR(loss[0].item<double>(), 4.5 / 2 * std::exp(-0.5), 1e-12);
  EXPECT_NEAR(loss[1].item<double>(), 6.5 / 2 * std::exp(-1.5), 1e-12);
}

TEST(ImageTeacher, MixesWhatIsTrueOfImagesByTheirAreas) {
  // Sample 0 is labelled, so only what it shows of sample 1 is taught; sample 1 shows sample 0, which teaches nothing.
  const Json options = {{"cut_mix", 1}, {"mirror", false}, {"selection", "all"}};
  Lesson lesson(test::classification(2), {1, 0}, options);
  lesson.teacher[0].vectors[1][0] = logit(0.9);
  const at::Tensor loss = lesson.loss();
  StrongViewOptions strong;
  strong.color = strong.grey = 0;
  strong.cut_mix = 1;
  const StrongViews views = strong_views(lesson.images, strong, lesson.context.seed, lesson.context.step);
  const auto area = [&](size_t b) {
    return static_cast<double>(views.boxes[b].height * views.boxes[b].width) / (32.0 * 32);
  };
  EXPECT_NEAR(loss[0].item<double>(), area(0) * std::log(2.0), 1e-12);
  EXPECT_NEAR(loss[1].item<double>(), (1 - area(1)) * std::log(2.0), 1e-12);
  EXPECT_NEAR(lesson.taught()[0].item<double>(), area(0), 1e-12);
}

struct ViewCase {
  std::string method;
  Json options;
  int64_t view;
};

class ImageViews : public testing::TestWithParam<ViewCase> {};

TEST_P(ImageViews, PredictionGradientsAgreeWithFiniteDifferences) {
  const std::vector<Variant> specs = {test::classification(), test::depth(), test::tags(), test::regression()};
  MixedFixture f(GetParam().method, GetParam().options, specs, test::all_patterns(specs.size()));
  f.compute();
  const int64_t view = GetParam().view;
  const bool learns_labels = GetParam().method == "supervised+";
  int64_t with_gradient = 0;
  for (const auto& [task, elements] : std::vector<std::pair<size_t, int64_t>>{{0, 4}, {2, 3}, {3, 2}}) {
    for (int64_t i = 0; i < elements; ++i) {
      const at::Tensor differences = f.differences(view, task, i);
      for (int64_t b = 0; b < f.context.samples; ++b) {
        const double expected = differences[b].item<double>(), actual = f.gradient(view, task, b, i);
        EXPECT_NEAR(actual, expected, 2e-8 + 1e-5 * std::abs(expected)) << task << " " << b << " " << i;
        with_gradient += actual != 0;
        const bool mixes = GetParam().options.value("cut_mix", 0.0) > 0;
        const bool is_taught = f.context.is_labelled(b, task) == learns_labels;
        EXPECT_TRUE(mixes || is_taught || actual == 0) << task << " " << b;
      }
    }
  }
  EXPECT_GT(with_gradient, f.context.samples);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, ImageViews,
    testing::Values(ViewCase{"consistency", {{"temperature", 2}, {"weight", 0.7}}, 1},
                    ViewCase{"teacher", {{"ramp_up_steps", 0}, {"cut_mix", 0}}, 1},
                    ViewCase{
                        "teacher", {{"ramp_up_steps", 0}, {"cut_mix", 0.7}, {"cut_out", 0.5}, {"target", "hard"}}, 1},
                    ViewCase{"supervised+", {{"views", 3}, {"cut_mix", 0}}, 2},
                    ViewCase{"supervised+", {{"views", 1}, {"strong", true}, {"cut_mix", 0.7}, {"cut_out", 0.5}}, 1}),
    [](const auto& info) { return test::identifier(info.param.method) + std::to_string(info.index); });

}  // namespace
}  // namespace jtr
