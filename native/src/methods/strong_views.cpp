#include "methods/strong_views.h"

#include <algorithm>
#include <cmath>

#include "philox.h"

namespace jtr {
namespace {

/// How often colours are changed at all, and the part of `color` that hue turns by (SimCLR, appendix A).
constexpr double kColorShare = 0.8, kHuePart = 0.5;
/// Deviation of the blur in pixels (SimCLR), and how many deviations its window reaches.
constexpr double kLeastBlur = 0.1, kMostBlur = 2, kBlurReach = 3;
/// Areas of boxes as parts of the image, and their aspects (CutMix as UniMatch has it, arXiv 2208.09910).
constexpr double kLeastArea = 0.02, kMostArea = 0.4, kLeastAspect = 0.3, kMostAspect = 1 / 0.3;
constexpr double kPi = 3.14159265358979323846;

/// Weights of red, green and blue in grey (ITU-R BT.601).
constexpr double kGrey[3] = {0.299, 0.587, 0.114};

/// A sample's random numbers. What they are for is their order, so that options do not move each other's.
class Draws {
 public:
  Draws(uint64_t seed, int64_t step, int64_t sample)
      : seed_(seed), step_(static_cast<uint32_t>(step)), counter_(static_cast<uint64_t>(sample) << 16) {}

  /// In (0, 1).
  double next() {
    if (used_ == 4) {
      block_ = philox(seed_, RandomUse::kStrongViews, step_, counter_++);
      used_ = 0;
    }
    return open_uniform(block_.value[used_++]);
  }
  double within(double low, double high) { return low + (high - low) * next(); }
  bool happens(double probability) { return next() < probability; }

 private:
  uint64_t seed_;
  uint32_t step_;
  uint64_t counter_;
  PhiloxBlock block_{};
  int used_ = 4;
};

bool in_color(const at::Tensor& image) { return image.size(0) == 3; }

at::Tensor grey_of(const at::Tensor& image) { return image[0] * kGrey[0] + image[1] * kGrey[1] + image[2] * kGrey[2]; }

/// Turns the hue by an angle: a rotation of the chrominance of YIQ, which leaves the luminance.
at::Tensor with_hue(const at::Tensor& image, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  const at::Tensor y = grey_of(image);
  const at::Tensor i = image[0] * 0.596 - image[1] * 0.274 - image[2] * 0.322;
  const at::Tensor q = image[0] * 0.211 - image[1] * 0.523 + image[2] * 0.312;
  const at::Tensor turned_i = i * c - q * s, turned_q = i * s + q * c;
  return at::stack({y + turned_i * 0.956 + turned_q * 0.621, y - turned_i * 0.272 - turned_q * 0.647,
                    y - turned_i * 1.106 + turned_q * 1.703});
}

/// Gaussian blur of [C, H, W]; the border is repeated.
at::Tensor blurred(const at::Tensor& image, double deviation) {
  const int64_t reach = static_cast<int64_t>(std::ceil(kBlurReach * deviation));
  const at::Tensor places = at::arange(-reach, reach + 1, image.options());
  at::Tensor weights = (-places.square() / (2 * deviation * deviation)).exp();
  weights = weights / weights.sum();
  const at::Tensor padded = at::replication_pad2d(image.unsqueeze(1), {reach, reach, reach, reach});
  return at::conv2d(at::conv2d(padded, weights.view({1, 1, 1, -1})), weights.view({1, 1, -1, 1})).squeeze(1);
}

ViewBox box_in(int64_t height, int64_t width, Draws& draws) {
  const double area = draws.within(kLeastArea, kMostArea) * static_cast<double>(height * width);
  const double aspect = draws.within(kLeastAspect, kMostAspect);
  const auto length = [](double wanted, int64_t most) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::lround(wanted)), 1, most);
  };
  ViewBox box;
  box.height = length(std::sqrt(area / aspect), height);
  box.width = length(std::sqrt(area * aspect), width);
  const auto place = [&draws](int64_t room) { return static_cast<int64_t>(draws.next() * static_cast<double>(room)); };
  box.top = place(height - box.height + 1);
  box.left = place(width - box.width + 1);
  return box;
}

at::Tensor recolored(at::Tensor image, const StrongViewOptions& options, Draws& draws) {
  const double strength = options.color;
  const bool colors = draws.happens(kColorShare);
  const double brightness = draws.within(1 - strength, 1 + strength);
  const double contrast = draws.within(1 - strength, 1 + strength);
  const double saturation = draws.within(1 - strength, 1 + strength);
  const double hue = draws.within(-1, 1) * kHuePart * strength * kPi;
  if (colors && strength > 0) {
    image = (image * brightness).clamp(0, 1);
    const at::Tensor mean = in_color(image) ? grey_of(image).mean() : image.mean();
    image = (image * contrast + mean * (1 - contrast)).clamp(0, 1);
    if (in_color(image)) {
      image = (image * saturation + grey_of(image).unsqueeze(0) * (1 - saturation)).clamp(0, 1);
      image = with_hue(image, hue).clamp(0, 1);
    }
  }
  if (draws.happens(options.grey) && in_color(image)) image = grey_of(image).unsqueeze(0).expand_as(image);
  const double deviation = draws.within(kLeastBlur, kMostBlur);
  if (draws.happens(options.blur)) image = blurred(image, deviation);
  return image;
}

at::Tensor part(const at::Tensor& planes, const ViewBox& box) {
  return planes.narrow(-2, box.top, box.height).narrow(-1, box.left, box.width);
}

}  // namespace

void StrongViewOptions::visit(OptionVisitor& v) {
  v.number("color", color, within(0, 1),
           "How far brightness, contrast and saturation of the student's view change, as parts; hue turns by up to a "
           "quarter of a circle times this. SimCLR: up to 0.8.");
  v.number("grey", grey, within(0, 1), "How often the student's view is grey.");
  v.number("blur", blur, within(0, 1), "How often the student's view is blurred, by a Gaussian of 0.1 to 2 pixels.");
  v.number("cut_out", cut_out, within(0, 1),
           "How often a box of the student's view is grey; nothing is learned there (DeVries and Taylor 2017).");
  v.number("cut_mix", cut_mix, within(0, 1),
           "How often a box of the student's view shows another sample, and its target (Yun et al., ICCV 2019).");
}

InputTensors StrongViews::with(const InputTensors& samples) const {
  if (samples.further.empty()) return images;
  InputTensors views(images, samples.further, samples.present);
  at::Tensor kept = at::ones_like(samples.present);
  const at::Tensor present = pooled(samples.present);
  for (size_t i = 0; i < views.further.size(); ++i) {
    at::Tensor& input = views.further[i];
    if (input.dim() != 4) continue;
    input = mixed(input, 0);
    for (size_t b = 0; b < boxes.size(); ++b) {
      if (boxes[b].empty() || boxes[b].source < 0) continue;
      const int64_t place = static_cast<int64_t>(i);
      kept[static_cast<int64_t>(b)][place].copy_(present[boxes[b].source][place]);
    }
  }
  return views.with_only(kept);
}

at::Tensor StrongViews::mixed(const at::Tensor& planes, double hidden) const {
  at::Tensor mix = planes.clone();
  const at::Tensor shown = pooled(planes);
  for (size_t b = 0; b < boxes.size(); ++b) {
    const ViewBox& box = boxes[b];
    if (box.empty()) continue;
    const int64_t sample = static_cast<int64_t>(b);
    at::Tensor own = part(mix[sample], box);
    if (box.source < 0) {
      own.fill_(hidden);
    } else {
      own.copy_(part(shown[box.source], box));
    }
  }
  return mix;
}

at::Tensor StrongViews::by_area(const std::function<at::Tensor(const at::Tensor& samples)>& of) const {
  const double pixels = static_cast<double>(images.size(-2) * images.size(-1));
  std::vector<int64_t> samples, sources;
  std::vector<double> own, other;
  bool any_shows = false;
  const int64_t first = mixes ? share.pool_first : 0;
  for (const ViewBox& box : boxes) {
    const int64_t sample = first + static_cast<int64_t>(samples.size());
    const double area = static_cast<double>(box.height * box.width) / pixels;
    const bool shows = box.source >= 0 && !box.empty();
    samples.push_back(sample);
    sources.push_back(shows ? box.source : sample);
    own.push_back(1 - area);
    other.push_back(shows ? area : 0);
    any_shows |= shows;
  }
  const at::Device device = images.device();
  const at::Tensor whole = of(at::tensor(samples, at::kLong).to(device));
  const auto weighted = [&](const at::Tensor& each, const std::vector<double>& areas) {
    return each * at::tensor(areas, at::kDouble).to(each.options());
  };
  const at::Tensor of_own = weighted(whole, own);
  return any_shows ? of_own + weighted(of(at::tensor(sources, at::kLong).to(device)), other) : of_own;
}

StrongViews strong_views(const at::Tensor& images, const StrongViewOptions& options, uint64_t seed, int64_t step,
                         const Share& share) {
  const at::NoGradGuard no_grad;
  const int64_t samples = images.size(0), height = images.size(2), width = images.size(3);
  const int64_t pool = share.pool > 0 ? share.pool : samples;
  StrongViews views;
  views.share = share;
  views.mixes = options.cut_mix > 0 && pool > 1;
  views.boxes.resize(static_cast<size_t>(samples));
  std::vector<at::Tensor> changed;
  for (int64_t b = 0; b < samples; ++b) {
    Draws draws(seed, step, share.first + b);
    changed.push_back(recolored(images[b], options, draws));
    const bool mixes = draws.happens(options.cut_mix) && pool > 1, cuts = draws.happens(options.cut_out);
    const int64_t other = static_cast<int64_t>(draws.next() * static_cast<double>(pool - 1));
    if (!mixes && !cuts) continue;
    ViewBox& box = views.boxes[static_cast<size_t>(b)];
    box = box_in(height, width, draws);
    if (mixes) box.source = (share.pool_first + b + 1 + other) % pool;
  }
  const at::Tensor whole = at::stack(changed);
  const double grey = 0.5;
  views.images = views.mixed(whole, grey);
  return views;
}

}  // namespace jtr
