// Constraints by hand, against finite differences, batched against one by one, and in a trainer.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "constraints/constraint.h"
#include "mixed.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

Variant constraint(const std::string& name, Json options) {
  Variant made = Variant::of(name, std::move(options));
  made.path = "constraints[0]";
  return made;
}

/// Predictions and labels of view 0 with the constraints that they are asked for.
struct Asked {
  Asked(std::vector<Variant> specs, std::vector<Variant> known, int64_t samples, int64_t height, int64_t width)
      : tasks(specs), constraints(known, tasks) {
    context.tasks = &tasks;
    context.samples = samples;
    const auto planes = [&](int64_t channels) { return at::zeros({samples, channels, height, width}, at::kDouble); };
    const auto vectors = [&](int64_t channels) { return at::zeros({samples, channels}, at::kDouble); };
    context.predictions = {{planes(tasks.channels()), vectors(tasks.vector_channels())}};
    context.labels = {{planes(tasks.label_channels()), vectors(tasks.vector_label_channels())}};
    for (size_t t = 0; t < tasks.size(); ++t) label(t).fill_(tasks[t].invalid_label());
    const double h = static_cast<double>(height), w = static_cast<double>(width);
    context.crops = at::tensor({1.0, 0.0, 0.0, h, w, 0.0}, at::kDouble).repeat({1, samples, 1});
    forget();
  }

  at::Tensor prediction(size_t t) { return context.prediction(0, t); }
  at::Tensor label(size_t t) { return context.label(0, t); }
  void forget() { context.gradients = {context.predictions[0].zeros_like()}; }
  MethodLoss compute() { return constraints.compute(context); }
  double loss(int64_t sample = 0) { return compute().loss[sample].item<double>(); }
  double violated(int64_t sample = 0) { return compute().terms[1][sample].item<double>(); }
  double mean() {
    const std::vector<TaskTensors> kept = context.gradients;
    forget();
    const double value = compute().loss.mean().item<double>();
    context.gradients = kept;
    return value;
  }

  /// The gradients of all predictions that are read against central differences.
  void check_gradients(double tolerance, size_t first_task = 0) {
    forget();
    compute();
    for (size_t t = first_task; t < tasks.size(); ++t) {
      at::Tensor values = prediction(t);
      const at::Tensor gradient = context.gradient(0, t).reshape(-1);
      for (int64_t i = 0; i < values.numel(); i += std::max<int64_t>(1, values.numel() / 29)) {
        std::vector<int64_t> place;
        int64_t rest = i;
        for (int64_t d = values.dim() - 1; d >= 0; --d) {
          place.insert(place.begin(), rest % values.size(d));
          rest /= values.size(d);
        }
        at::Tensor number = values;
        for (const int64_t p : place) number = number.select(0, p);
        const double before = number.item<double>(), step = 1e-6;
        number.fill_(before + step);
        const double plus = mean();
        number.fill_(before - step);
        const double minus = mean();
        number.fill_(before);
        EXPECT_NEAR(gradient[i].item<double>(), (plus - minus) / (2 * step), tolerance) << tasks[t].name() << " " << i;
      }
    }
  }

  void keep_only(int64_t b) {
    const auto only = [b](const at::Tensor& x) { return x.narrow(0, b, 1).clone(); };
    context.samples = 1;
    context.predictions[0] = context.predictions[0].map(only);
    context.labels[0] = context.labels[0].map(only);
    context.crops = context.crops.narrow(1, b, 1).contiguous();
    forget();
  }

  TaskSet tasks;
  Constraints constraints;
  MethodContext context;
};

double logit(double p) { return std::log(p / (1 - p)); }

const Json kClassesImplyTags = {{"if", "seg"}, {"then", "tags"}, {"if_classes", {1, 2}}, {"then_classes", {0, 1}}};

TEST(Implication, ForbidsTheClassOfATagThatIsAbsent) {
  // Two pixels, three classes: 0.2, 0.5, 0.3 and 0.1, 0.1, 0.8. Tag 0 is absent, tag 1 is there.
  Asked a({test::segmentation(3, "seg"), test::tags(2)}, {constraint("implication", kClassesImplyTags)}, 1, 1, 2);
  a.prediction(0).copy_(at::log(at::tensor({0.2, 0.1, 0.5, 0.1, 0.3, 0.8}, at::kDouble)).view({1, 3, 1, 2}));
  a.label(1).copy_(at::tensor({0.0, 1.0}, at::kDouble).view({1, 2}));
  EXPECT_NEAR(a.loss(), -(std::log(1 - 0.5) + std::log(1 - 0.1)) / 2, 1e-12);
  EXPECT_NEAR(a.violated(), 0.5, 1e-12);  // the first pixel is of class 1
  EXPECT_EQ(a.constraints.terms(), (std::vector<std::string>{"implication.seg.tags", "implication.seg.tags.violated"}));
  // d -log(1 - p) / d logit = p, for the mean over two pixels.
  EXPECT_NEAR(a.context.gradient(0, 0)[0][1][0][0].item<double>(), 2 * 0.5 / 2, 1e-12);  // of two computations
}

TEST(Implication, OfWhatIsOnlyBelievedIsTheProbabilityOfBoth) {
  // One pixel of class 1 at 0.6, tag 0 at 0.3: 1 - 0.6 * 0.7 holds. Class 2 at 0.3, tag 1 at 0.9: 1 - 0.3 * 0.1.
  Asked a({test::segmentation(3, "seg"), test::tags(2)}, {constraint("implication", kClassesImplyTags)}, 1, 1, 1);
  a.prediction(0).copy_(at::log(at::tensor({0.1, 0.6, 0.3}, at::kDouble)).view({1, 3, 1, 1}));
  a.prediction(1).copy_(at::tensor({logit(0.3), logit(0.9)}, at::kDouble).view({1, 2}));
  EXPECT_NEAR(a.loss(), -std::log(1 - 0.6 * 0.7) - std::log(1 - 0.3 * 0.1), 1e-12);
  EXPECT_EQ(a.violated(), 1);
  // A mask that shows class 1 tells the tag; what both labels say is nothing to learn.
  a.label(0).fill_(1);
  EXPECT_NEAR(a.loss(), -std::log(0.3), 1e-9);
  a.label(1).copy_(at::tensor({0.0, 0.0}, at::kDouble).view({1, 2}));
  EXPECT_EQ(a.loss(), 0);
  EXPECT_EQ(a.violated(), 0);
}

TEST(Implication, OfAnImageIsTrueOfOneOfItsPixels) {
  // A tag that is there: one pixel has the class. The most probable one is at 0.4.
  Asked a({test::segmentation(2, "seg"), test::tags(1)},
          {constraint("implication", {{"if", "tags"}, {"then", "seg"}, {"if_classes", {0}}, {"then_classes", {1}}})}, 1,
          1, 2);
  a.prediction(0).copy_(at::log(at::tensor({0.9, 0.6, 0.1, 0.4}, at::kDouble)).view({1, 2, 1, 2}));
  a.label(1).fill_(1);
  EXPECT_NEAR(a.loss(), -std::log(0.4), 1e-9);
  EXPECT_EQ(a.violated(), 1);
  a.label(1).fill_(0);
  EXPECT_NEAR(a.loss(), 0, 1e-12);
}

TEST(Implication, StaysSharpWhereTheNetworkIsSure) {
  // In float a probability of 1 - 1e-30 is 1; its gradient must not vanish.
  Asked a({test::segmentation(2, "seg"), test::tags(1)},
          {constraint("implication", {{"if", "seg"}, {"then", "tags"}, {"if_classes", {1}}, {"then_classes", {0}}})}, 1,
          1, 1);
  a.context.predictions[0] = a.context.predictions[0].map([](const at::Tensor& x) { return x.to(at::kFloat); });
  a.forget();
  a.prediction(0).copy_(at::tensor({0.0, 70.0}, at::kDouble).view({1, 2, 1, 1}));
  a.label(1).fill_(0);
  EXPECT_NEAR(a.loss(), 70, 1e-4);
  EXPECT_NEAR(a.context.gradient(0, 0)[0][1][0][0].item<double>(), 1, 1e-6);
}

TEST(Exclusion, HoldsAtEveryPixel) {
  Asked a({test::segmentation(2, "seg"), test::classification(2)},
          {constraint("exclusion", {{"one", "seg"}, {"other", "room"}, {"one_classes", {1}}, {"other_classes", {0}}})},
          1, 1, 2);
  a.prediction(0).copy_(at::log(at::tensor({0.2, 0.7, 0.8, 0.3}, at::kDouble)).view({1, 2, 1, 2}));
  a.prediction(1).copy_(at::log(at::tensor({0.6, 0.4}, at::kDouble)).view({1, 2}));
  EXPECT_NEAR(a.loss(), -(std::log(1 - 0.8 * 0.6) + std::log(1 - 0.3 * 0.6)) / 2, 1e-12);
  EXPECT_NEAR(a.violated(), 0.5, 1e-12);
}

TEST(ClassPairs, SayWhatATargetMayBe) {
  Asked a({test::segmentation(3, "seg"), test::tags(2)}, {constraint("implication", kClassesImplyTags)}, 1, 1, 2);
  a.label(1).copy_(at::tensor({0.0, std::nan("")}, at::kDouble).view({1, 2}));
  const at::Tensor target = at::tensor({0.2, 0.1, 0.5, 0.1, 0.3, 0.8}, at::kDouble).view({1, 3, 1, 2});
  const at::Tensor allowed = a.constraints.allowed(0, target, a.context);
  EXPECT_NEAR(allowed[0][0][0][0].item<double>(), 0.2 / 0.5, 1e-12);
  EXPECT_EQ(allowed[0][1].abs().sum().item<double>(), 0);
  EXPECT_NEAR(allowed[0][2][0][1].item<double>(), 0.8 / 0.9, 1e-12);
  // A mask that shows a class says that its tag is there.
  a.label(0).copy_(at::tensor({0.0, 2.0}, at::kDouble).view({1, 1, 1, 2}));
  const at::Tensor tags = a.constraints.allowed(1, at::full({1, 2}, 0.25, at::kDouble), a.context);
  EXPECT_NEAR(tags[0][0].item<double>(), 0.25, 1e-12);
  EXPECT_EQ(tags[0][1].item<double>(), 1);
  // Labels that forbid every class say nothing.
  Asked all(
      {test::segmentation(2, "seg"), test::tags(2)},
      {constraint("implication", {{"if", "seg"}, {"then", "tags"}, {"if_classes", {0, 1}}, {"then_classes", {0, 1}}})},
      1, 1, 1);
  all.label(1).fill_(0);
  const at::Tensor same = at::tensor({0.4, 0.6}, at::kDouble).view({1, 2, 1, 1});
  EXPECT_TRUE(at::equal(all.constraints.allowed(0, same, all.context), same));
}

TEST(ClassPairs, RefuseWhatTheyDoNotKnow) {
  const auto field = [](const std::string& name, const Json& options) {
    const Error e = test::caught([&] {
      Asked a({test::segmentation(3, "seg"), test::tags(2), test::depth()}, {constraint(name, options)}, 1, 1, 1);
    });
    return e.field();
  };
  EXPECT_EQ(field("implication", {{"if", "seg"}, {"then", "labels"}}), "constraints[0].then");
  EXPECT_EQ(field("implication", {{"if", "depth"}, {"then", "tags"}}), "constraints[0].if");
  EXPECT_EQ(field("implication", {{"if", "seg"}, {"then", "tags"}}), "constraints[0].if_classes");
  EXPECT_EQ(field("implication", {{"if", "seg"}, {"then", "tags"}, {"if_classes", {1, 2}}, {"then_classes", {0}}}),
            "constraints[0].then_classes");
  EXPECT_EQ(field("exclusion", {{"one", "seg"}, {"other", "tags"}, {"one_classes", {3}}, {"other_classes", {0}}}),
            "constraints[0].one_classes[0]");
  EXPECT_EQ(field("bounds", {{"task", "depth"}}), "constraints[0].lowest");
  EXPECT_EQ(field("bounds", {{"task", "seg"}, {"lowest", {0}}}), "constraints[0].task");
  EXPECT_EQ(field("bounds", {{"task", "depth"}, {"lowest", {2}}, {"highest", {1}}}), "constraints[0].highest");
  EXPECT_EQ(field("depth_normals", {{"depth", "depth"}, {"normals", "depth"}}), "constraints[0].focal_x");
}

TEST(Bounds, AreAHingeInTheTasksUnit) {
  Asked a({test::depth(), test::segmentation(2, "seg")},
          {constraint("bounds", {{"task", "depth"}, {"lowest", {1}}, {"highest", {3}}})}, 1, 1, 4);
  a.prediction(0).copy_(at::tensor({0.5, 2.0, 3.0, 5.0}, at::kDouble).view({1, 1, 1, 4}));
  EXPECT_NEAR(a.loss(), (0.5 + 2) / 4, 1e-12);
  EXPECT_NEAR(a.violated(), 0.5, 1e-12);
  const at::Tensor allowed = a.constraints.allowed(0, a.prediction(0), a.context);
  EXPECT_TRUE(at::equal(allowed.view(-1), at::tensor({1.0, 2.0, 3.0, 3.0}, at::kDouble)));
}

TEST(Bounds, HoldWhereThereIsAClass) {
  // The sky, class 1, is 50 away or more: at 0.5 it counts half.
  Asked a(
      {test::depth(), test::segmentation(2, "seg")},
      {constraint("bounds", {{"task", "depth"}, {"lowest", {50}}, {"where", "seg"}, {"classes", {1}}, {"weight", 2}})},
      1, 1, 3);
  a.prediction(0).fill_(40);
  a.prediction(1).copy_(at::tensor({0.0, 0.0, 0.0, 0.0, logit(0.9), logit(0.1)}, at::kDouble).view({1, 2, 1, 3}));
  EXPECT_NEAR(a.loss(), 2 * 10 * (0.5 + 0.9 + 0.1) / 1.5, 1e-9);
  EXPECT_NEAR(a.violated(), 1, 1e-12);  // of the one pixel of sky
  // The class gets no gradient from it.
  EXPECT_EQ(a.context.gradient(0, 1).abs().sum().item<double>(), 0);
}

const Json kCamera = {{"depth", "depth"}, {"normals", "normals"}, {"focal_x", 0.8}, {"focal_y", 1.1}};

/// Depth of the plane n . P = -1 as a camera sees it, in the window of a crop.
at::Tensor plane(const std::vector<double>& n, int64_t height, int64_t width, double top, double left, double rows,
                 double columns) {
  at::Tensor depth = at::zeros({height, width}, at::kDouble);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const double py = top + static_cast<double>(y) / static_cast<double>(height - 1) * (rows - 1);
      const double px = left + static_cast<double>(x) / static_cast<double>(width - 1) * (columns - 1);
      const double h = static_cast<double>(height), w = static_cast<double>(width);
      const double rx = (px - (0.5 * w - 0.5)) / (0.8 * w), ry = (py - (0.5 * h - 0.5)) / (1.1 * h);
      depth[y][x] = -1 / (n[0] * rx + n[1] * ry + n[2]);
    }
  }
  return depth;
}

TEST(DepthNormals, AreThoseOfAPlane) {
  const double length = std::sqrt(0.09 + 0.04 + 1);
  const std::vector<double> n = {0.3 / length, -0.2 / length, -1 / length};
  Asked a({test::depth(), test::normals()}, {constraint("depth_normals", kCamera)}, 1, 12, 16);
  a.prediction(0)[0][0].copy_(plane(n, 12, 16, 0, 0, 12, 16));
  for (int64_t c = 0; c < 3; ++c) a.prediction(1)[0][c].fill_(n[static_cast<size_t>(c)]);
  EXPECT_NEAR(a.loss(), 0, 1e-12);
  EXPECT_EQ(a.violated(), 0);
  // Another direction: 1 minus the cosine between them.
  a.prediction(1)[0][0].fill_(0);
  a.prediction(1)[0][1].fill_(0);
  a.prediction(1)[0][2].fill_(-1);
  EXPECT_NEAR(a.loss(), 1 - 1 / length, 1e-12);
  a.prediction(1)[0][0].fill_(-1);
  a.prediction(1)[0][2].fill_(0);
  EXPECT_EQ(a.violated(), 1);
}

TEST(DepthNormals, KnowTheWindowThatAViewIs) {
  const double length = std::sqrt(0.09 + 0.04 + 1);
  const std::vector<double> n = {0.3 / length, -0.2 / length, -1 / length};
  Asked a({test::depth(), test::normals()}, {constraint("depth_normals", kCamera)}, 1, 12, 16);
  // Enlarged 1.5 times, so that depth is divided by it; then the same mirrored, where x looks the other way.
  a.context.crops[0][0] = at::tensor({1.5, 3.0, 2.0, 8.0, 10.0, 0.0}, at::kDouble);
  a.prediction(0)[0][0].copy_(plane(n, 12, 16, 3, 2, 8, 10) / 1.5);
  for (int64_t c = 0; c < 3; ++c) a.prediction(1)[0][c].fill_(n[static_cast<size_t>(c)]);
  EXPECT_NEAR(a.loss(), 0, 1e-12);
  a.context.crops[0][0][5] = 1;
  // The window of the mirrored sample from column 2 on is that of the sample up to column 13.
  a.prediction(0)[0][0].copy_(plane(n, 12, 16, 3, 4, 8, 10).flip(1) / 1.5);
  a.prediction(1)[0][0].neg_();
  EXPECT_NEAR(a.loss(), 0, 1e-12);
}

TEST(DepthNormals, PassOverEdgesAndHoles) {
  Asked a({test::depth(), test::normals()}, {constraint("depth_normals", kCamera)}, 1, 5, 6);
  a.prediction(0).fill_(2);
  a.prediction(0).narrow(3, 3, 3).fill_(4);
  a.prediction(1)[0][2].fill_(-1);
  EXPECT_NEAR(a.loss(), 0, 1e-12);  // the pixels beside the step do not count
  a.prediction(0).fill_(-1);
  EXPECT_EQ(a.loss(), 0);
  EXPECT_EQ(a.violated(), 0);
}

/// All kinds at once on random predictions, with some labels.
struct AllOfThem : Asked {
  static std::vector<Variant> specs() {
    return {test::segmentation(3, "seg"), test::depth(), test::normals(),
            test::classification(3),      test::tags(2), test::regression()};
  }
  static std::vector<Variant> known(bool where) {
    std::vector<Variant> all = {
        constraint("implication", kClassesImplyTags),
        constraint("implication",
                   {{"if", "tags"}, {"then", "seg"}, {"if_classes", {1}}, {"then_classes", {2}}, {"weight", 0.5}}),
        constraint("exclusion", {{"one", "room"}, {"other", "seg"}, {"one_classes", {0}}, {"other_classes", {1}}}),
        constraint("exclusion", {{"one", "room"}, {"other", "tags"}, {"one_classes", {2}}, {"other_classes", {1}}}),
        constraint("depth_normals", {{"depth", "depth"},
                                     {"normals", "normals"},
                                     {"focal_x", 0.8},
                                     {"focal_y", 1.1},
                                     {"largest_step", 10},
                                     {"axes", {1, -1, 1}}}),
        constraint("bounds", {{"task", "pitch"}, {"lowest", {2.9, -25}}, {"highest", {3.1, -15}}, {"weight", 0.1}})};
    Json bounds = {{"task", "depth"}, {"lowest", {1.5}}, {"highest", {2}}};
    if (where) {
      bounds["where"] = "seg";
      bounds["classes"] = {0, 2};
    }
    all.push_back(constraint("bounds", bounds));
    return all;
  }

  explicit AllOfThem(int64_t samples, bool where = true) : Asked(specs(), known(where), samples, 6, 8) {
    context.predictions = test::predictions_of_all(tasks, specs(), 1, samples, 6, 8, 3);
    prediction(1).abs_().add_(1);
    label(4)[0][0] = 0;
    if (samples > 1) label(0)[1].copy_(test::uniform({1, 6, 8}, 0, 2.99, 5).floor());
    if (samples > 2) label(3)[2][0] = 2;
    forget();
  }
};

TEST(Constraints, HaveTheGradientsOfTheirLosses) {
  AllOfThem a(3);
  // Where a bound holds is said without gradient, so of the classes the losses without it are compared.
  a.check_gradients(1e-8, 1);
  AllOfThem without(3, false);
  without.check_gradients(1e-8);
}

TEST(Constraints, AskOfEachSampleByItself) {
  AllOfThem whole(3);
  const MethodLoss all = whole.compute();
  ASSERT_EQ(all.terms.size(), whole.constraints.terms().size());
  for (int64_t b = 0; b < 3; ++b) {
    AllOfThem one(3);
    one.keep_only(b);
    const MethodLoss own = one.compute();
    EXPECT_NEAR(own.loss[0].item<double>(), all.loss[b].item<double>(), 1e-12);
    for (size_t i = 0; i < all.terms.size(); ++i) {
      EXPECT_NEAR(own.terms[i][0].item<double>(), all.terms[i][b].item<double>(), 1e-12)
          << whole.constraints.terms()[i];
    }
    for (size_t t = 0; t < whole.tasks.size(); ++t) {
      const at::Tensor difference = one.context.gradient(0, t)[0] - 3 * whole.context.gradient(0, t)[b];
      EXPECT_LT(difference.abs().max().item<double>(), 1e-12) << whole.tasks[t].name();
    }
  }
}

TEST(Constraints, StandBesideEveryMethodAndGoOnExactly) {
  const std::vector<Variant> specs = {test::segmentation(3, "seg"), test::depth(), test::normals(), test::tags(2)};
  const std::vector<uint8_t> w = {1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1};
  test::MixedBatch batch(specs, w);
  TrainerOptions options = test::trainer_options(specs, "consistency");
  options.beside = {Variant::of("teacher", {{"ramp_up_steps", 0}})};
  options.ema_decay = 0.9;
  options.constraints = {Variant::of("implication", kClassesImplyTags), Variant::of("depth_normals", kCamera)};
  const fs::path file = fs::temp_directory_path() / ("jtr_constraints_" + std::to_string(::getpid()) + ".safetensors");
  Trainer whole(options), first(options), second(options);
  const auto& names = whole.term_names();
  EXPECT_EQ(names[names.size() - 4], "implication.seg.tags");
  EXPECT_EQ(names.back(), "depth_normals.depth.normals.violated");
  StepResult result{};
  for (int i = 0; i < 4; ++i) result = whole.step(batch.host, {});
  EXPECT_GT(result.terms[names.size() - 4], 0);
  for (int i = 0; i < 2; ++i) first.step(batch.host, {});
  first.save(file.string(), {});
  second.load(file.string());
  fs::remove(file);
  for (int i = 0; i < 2; ++i) second.step(batch.host, {});
  EXPECT_TRUE(at::equal(test::all_state(second), test::all_state(whole)));

  // Of no weight they change nothing.
  TrainerOptions none = options, without = options;
  for (Variant& c : none.constraints) c.options["weight"] = 0;
  without.constraints.clear();
  // Nor do they, then, say what the teacher may teach.
  without.beside = none.beside = {};
  Trainer idle(none), plain(without);
  for (int i = 0; i < 2; ++i) {
    idle.step(batch.host, {});
    plain.step(batch.host, {});
  }
  EXPECT_TRUE(at::equal(test::all_state(idle), test::all_state(plain)));
}

TEST(Constraints, SayWhatTheTeacherMayTeach) {
  // The teacher is sure of class 1, whose tag is absent: it teaches class 0 instead.
  const std::vector<Variant> specs = {test::segmentation(2, "seg"), test::tags(1)};
  test::MixedBatch batch(specs, {0, 1, 0, 1});
  batch.host.labels[1].fill_(0);
  TrainerOptions free = test::trainer_options(specs, "teacher");
  free.method =
      Variant::of("teacher", {{"ramp_up_steps", 0}, {"selection", "all"}, {"as_labels", false}, {"cut_mix", 0}});
  free.ema_decay = 0.9;
  free.optimizer = Variant::of("adam", {{"learning_rate", 1e-2}});
  TrainerOptions bound = free;
  bound.constraints = {Variant::of(
      "implication", {{"if", "seg"}, {"then", "tags"}, {"if_classes", {1}}, {"then_classes", {0}}, {"weight", 0}})};
  Trainer a(free), b(bound);
  for (int i = 0; i < 80; ++i) {
    a.step(batch.host, {});
    b.step(batch.host, {});
  }
  const at::Tensor images = batch.images[0];
  const auto share = [&](Trainer& trainer) {
    at::Tensor p = at::zeros({images.size(0), 2, images.size(2), images.size(3)}, at::kDouble);
    trainer.predict(images, {{0, p}});
    return at::softmax(p, 1).select(1, 1).mean().item<double>();
  };
  EXPECT_LT(share(b), 0.2);
  EXPECT_GT(share(a), share(b) + 0.1);
}

}  // namespace
}  // namespace jtr
