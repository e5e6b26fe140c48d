// Strong views: what each option does, that nothing else happens, and boxes.
#include "methods/strong_views.h"

#include "support.h"

namespace jtr {
namespace {

StrongViewOptions nothing() {
  StrongViewOptions options;
  options.color = options.grey = options.blur = options.cut_out = options.cut_mix = 0;
  return options;
}

at::Tensor photographs() { return test::uniform({6, 3, 24, 40}, 0.1, 0.9, 3); }

at::Tensor grey_of(const at::Tensor& images) {
  return images.select(1, 0) * 0.299 + images.select(1, 1) * 0.587 + images.select(1, 2) * 0.114;
}

TEST(StrongViews, WithoutAnyChangeAreTheImages) {
  const at::Tensor images = photographs();
  const StrongViews views = strong_views(images, nothing(), 1, 2);
  EXPECT_TRUE(at::equal(views.images, images));
  for (const ViewBox& box : views.boxes) EXPECT_TRUE(box.empty());
}

TEST(StrongViews, DependOnSeedAndStepAlone) {
  StrongViewOptions options;
  options.blur = options.cut_out = 0.5;
  const at::Tensor images = photographs();
  const at::Tensor first = strong_views(images, options, 1, 2).images;
  EXPECT_TRUE(at::equal(strong_views(images, options, 1, 2).images, first));
  EXPECT_FALSE(at::equal(strong_views(images, options, 1, 3).images, first));
  EXPECT_FALSE(at::equal(strong_views(images, options, 2, 2).images, first));
  EXPECT_GE(first.min().item<double>(), 0);
  EXPECT_LE(first.max().item<double>(), 1);
}

TEST(StrongViews, OfASampleDoNotDependOnTheOthersUnlessTheyAreMixed) {
  StrongViewOptions options;
  options.blur = 0.5;
  options.cut_mix = 0;
  const at::Tensor images = photographs();
  const at::Tensor all = strong_views(images, options, 1, 2).images;
  const at::Tensor fewer = strong_views(images.narrow(0, 0, 2), options, 1, 2).images;
  EXPECT_LT((all.narrow(0, 0, 2) - fewer).abs().max().item<double>(), 1e-14);
}

TEST(StrongViews, HaveTheColorsOfTheImagesUnderTheFormula) {
  // Without hue, contrast and saturation keep a grey image's channels alike.
  StrongViewOptions options = nothing();
  options.color = 0.5;
  const at::Tensor grey = test::uniform({16, 1, 8, 8}, 0.3, 0.6, 5).expand({16, 3, 8, 8}).contiguous();
  const at::Tensor changed = strong_views(grey, options, 3, 1).images;
  int differ = 0;
  for (int64_t b = 0; b < 16; ++b) {
    // Of a grey image brightness and contrast are one affine map, in all channels.
    EXPECT_LT((changed[b][0] - changed[b][2]).abs().max().item<double>(), 2e-3) << b;
    const at::Tensor x = grey[b][0].flatten(), y = changed[b][0].flatten();
    if (at::equal(x, y)) continue;
    ++differ;
    if (y.max().item<double>() >= 1 || y.min().item<double>() <= 0) continue;  // clamped
    const at::Tensor dx = x - x.mean(), dy = y - y.mean();
    const double slope = (dx * dy).sum().item<double>() / (dx * dx).sum().item<double>();
    EXPECT_LT((dy - dx * slope).abs().max().item<double>(), 2e-3) << b;
    EXPECT_GT(slope, 0.25 - 1e-3);
    EXPECT_LT(slope, 2.25 + 1e-3);
  }
  EXPECT_GE(differ, 8);  // of 16, at 0.8 each
}

TEST(StrongViews, AreGreyOrBlurredAsOftenAsAsked) {
  StrongViewOptions options = nothing();
  options.grey = 1;
  const at::Tensor images = photographs();
  at::Tensor changed = strong_views(images, options, 1, 1).images;
  for (int64_t c = 0; c < 3; ++c) {
    EXPECT_LT((changed.select(1, c) - grey_of(images)).abs().max().item<double>(), 1e-14);
  }
  options = nothing();
  options.blur = 1;
  changed = strong_views(at::full({2, 3, 16, 16}, 0.4, at::kDouble), options, 1, 1).images;
  EXPECT_LT((changed - 0.4).abs().max().item<double>(), 1e-14);
  const double before = images.var({2, 3}, false).mean().item<double>();
  EXPECT_LT(strong_views(images, options, 1, 1).images.var({2, 3}, false).mean().item<double>(), before);
}

TEST(StrongViews, ShowOtherSamplesInBoxes) {
  StrongViewOptions options = nothing();
  options.cut_mix = 1;
  const at::Tensor images = photographs();
  const StrongViews views = strong_views(images, options, 1, 1);
  const at::Tensor values = at::arange(6, at::kDouble).view({6, 1, 1}).expand({6, 24, 40});
  const at::Tensor shown = views.mixed(values, -1);
  for (int64_t b = 0; b < 6; ++b) {
    const ViewBox& box = views.boxes[static_cast<size_t>(b)];
    ASSERT_FALSE(box.empty());
    ASSERT_GE(box.source, 0);
    EXPECT_NE(box.source, b);
    const double area = static_cast<double>(box.height * box.width) / (24 * 40);
    EXPECT_GT(area, 0);
    EXPECT_LE(area, 0.45);
    // Each pixel is the image's of the sample whose value is shown there.
    for (int64_t y = 0; y < 24; ++y) {
      for (int64_t x = 0; x < 40; ++x) {
        const int64_t from = static_cast<int64_t>(shown[b][y][x].item<double>());
        const bool inside = y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
        ASSERT_EQ(from, inside ? box.source : b);
        ASSERT_EQ(views.images[b][1][y][x].item<double>(), images[from][1][y][x].item<double>());
      }
    }
  }
  // One sample alone has nobody to be mixed with.
  EXPECT_TRUE(strong_views(images.narrow(0, 0, 1), options, 1, 1).boxes[0].empty());
}

TEST(StrongViews, HideWhatIsCutOut) {
  StrongViewOptions options = nothing();
  options.cut_out = 1;
  const at::Tensor images = photographs();
  const StrongViews views = strong_views(images, options, 1, 1);
  const at::Tensor hidden = views.mixed(at::ones({6, 24, 40}, at::kDouble), 0);
  for (int64_t b = 0; b < 6; ++b) {
    const ViewBox& box = views.boxes[static_cast<size_t>(b)];
    EXPECT_EQ(hidden[b].sum().item<double>(), static_cast<double>(24 * 40 - box.height * box.width));
    EXPECT_EQ(views.images[b][0][box.top][box.left].item<double>(), 0.5);
  }
}

TEST(StrongViews, ShowWhatIsTrueOfImagesByTheirAreas) {
  StrongViews views;
  views.images = at::zeros({4, 3, 10, 20}, at::kDouble);
  // Whole; a quarter is sample 0's; a tenth is cut out; nearly half is sample 1's.
  views.boxes = {{}, {2, 3, 5, 10, 0}, {0, 0, 2, 10, -1}, {0, 0, 9, 11, 1}};
  const at::Tensor of_sample = at::tensor({1.0, 10.0, 100.0, 1000.0}, at::kDouble);
  const at::Tensor shown = views.by_area([&](const at::Tensor& samples) { return of_sample.index_select(0, samples); });
  const double expected[] = {1, 0.75 * 10 + 0.25 * 1, 0.9 * 100, 0.505 * 1000 + 0.495 * 10};
  for (int64_t b = 0; b < 4; ++b) EXPECT_NEAR(shown[b].item<double>(), expected[b], 1e-12) << b;

  views.boxes = {{}, {}, {}, {}};
  EXPECT_TRUE(at::equal(views.by_area([&](const at::Tensor& samples) { return of_sample.index_select(0, samples); }),
                        of_sample));
}

}  // namespace
}  // namespace jtr
