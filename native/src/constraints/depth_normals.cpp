// Normals agree with the gradient of depth (as in GeoNet, Qi et al., CVPR 2018, and Yang et al., AAAI 2018). A pixel
// (x, y) of depth d is the point d ((x - cx) / fx, (y - cy) / fy, 1): x right, y down, z forward. With u and v the
// differences of the points to the right and left of a pixel, and below and above it,
//
//   m = v x u / |v x u|,   loss = mean over pixels of 1 - n . m
//
// where n is the predicted normal. A pixel counts where it is not at the border, all five depths are above 0 and none
// of the four differs from its own by more than `largest_step` of it: behind an edge there is another surface.
//
// The camera is the sample's: where view 0 is a window of it, pixels are brought back to their places there. Depth that
// is divided by the window's scale leaves normals as they are.
#include <ATen/ATen.h>

#include <cmath>

#include "constraints/constraint.h"
#include "error.h"

namespace jtr {
namespace {

/// What the crops hold of a view.
enum CropField : int64_t { kScale, kTop, kLeft, kHeight, kWidth, kMirrored };

constexpr double kPi = 3.14159265358979323846;
/// Keeps the length of a normal of no area finite.
constexpr double kLeastSquare = 1e-24;

class DepthNormals final : public Constraint {
 public:
  static constexpr char kName[] = "depth_normals";
  static constexpr char kSummary[] = "Normals agree with the gradient of depth; the camera is given.";
  static constexpr char kSource[] = "Qi et al., CVPR 2018; Yang et al., AAAI 2018";
  static constexpr int kPlace = 3;

  struct Options {
    std::string depth, normals;
    double focal_x = 0, focal_y = 0, center_x = 0.5, center_y = 0.5, largest_step = 0.05, angle = 30, weight = 1;
    std::vector<double> axes;
    void visit(OptionVisitor& v) {
      v.word("depth", depth, "The task of depth along the camera's axis.");
      v.word("normals", normals, "The task of normals.");
      v.number("focal_x", focal_x, at_least(0), "Focal length along a row, as a part of the photograph's width.");
      v.number("focal_y", focal_y, at_least(0), "Focal length along a column, as a part of its height.");
      v.number("center_x", center_x, any_number(), "Place of the principal point along a row: 0 left edge, 1 right.");
      v.number("center_y", center_y, any_number(), "Its place along a column: 0 upper edge, 1 lower.");
      v.numbers("axes", axes, within(-1, 1),
                "Three signs, 1 or -1, of the labels' axes against x right, y down, z forward with normals towards the "
                "camera; none: 1, 1, 1.");
      v.number("largest_step", largest_step, above(0),
               "Neighbours whose depth differs by more than this part belong to another surface.");
      v.number("angle", angle, above_to(0, 180),
               "Degrees between the two normals from which on they are said to disagree.");
      v.number("weight", weight, a_weight(), "Weight of the term.");
    }
    void check(const std::string& path) const {
      require(focal_x > 0, join_path(path, "focal_x").c_str(), "must be given, above 0: the camera is not known");
      require(focal_y > 0, join_path(path, "focal_y").c_str(), "must be given, above 0: the camera is not known");
      bool signs = axes.empty() || axes.size() == 3;
      for (const double sign : axes) signs &= std::abs(sign) == 1;
      require(signs, join_path(path, "axes").c_str(), "must be three numbers of 1 or -1");
    }
  };

  DepthNormals(const Options& options, const ConstraintSetting& setting)
      : options_(options),
        tasks_(*setting.tasks),
        depth_(task_of(setting, "depth", options.depth)),
        normals_(task_of(setting, "normals", options.normals)) {
    for (const auto& [task, kind] : {std::pair{depth_, "depth"}, std::pair{normals_, "normals"}}) {
      require(tasks_[task].kind() == kind, join_path(setting.path, kind).c_str(), "task '", tasks_[task].name(),
              "' is of the kind ", tasks_[task].kind(), ", not ", kind);
    }
  }

  std::string about() const override { return tasks_[depth_].name() + "." + tasks_[normals_].name(); }
  std::vector<size_t> reads() const override { return {depth_, normals_}; }
  double weight() const override { return options_.weight; }
  bool needs_crops() const override { return true; }

  ConstraintTerm compute(const std::vector<at::Tensor>& predictions, const MethodContext& context) const override {
    const at::Tensor& d = predictions[0];  // [B, 1, H, W]
    const int64_t height = d.size(2), width = d.size(3);
    const at::Tensor rays = this->rays(context.crops[0], height, width).to(d.options());
    const at::Tensor points = d * rays;  // [B, 3, H, W]
    const auto inner = [&](const at::Tensor& x, int64_t y0, int64_t x0) {
      return x.narrow(2, y0, height - 2).narrow(3, x0, width - 2);
    };
    const at::Tensor u = inner(points, 1, 2) - inner(points, 1, 0), v = inner(points, 2, 1) - inner(points, 0, 1);
    const at::Tensor m = at::cross(v, u, 1);
    at::Tensor cosine =
        (m * signed_like(inner(predictions[1], 1, 1))).sum(1) * (m * m).sum(1).clamp_min(kLeastSquare).rsqrt();
    const at::Tensor own = inner(d.detach(), 1, 1);
    at::Tensor counts = own.gt(0);
    for (const auto& [y0, x0] : {std::pair{1, 0}, std::pair{1, 2}, std::pair{0, 1}, std::pair{2, 1}}) {
      const at::Tensor other = inner(d.detach(), y0, x0);
      counts = counts & other.gt(0) & (other - own).abs().le(options_.largest_step * own);
    }
    counts = counts.squeeze(1);
    const at::Tensor pixels = counts.flatten(1).sum(1).clamp_min(1).to(d.scalar_type());
    const at::Tensor apart = cosine.detach().lt(std::cos(options_.angle * kPi / 180)) & counts;
    cosine = at::where(counts, cosine, at::ones_like(cosine));
    return {(1 - cosine).flatten(1).sum(1) / pixels, apart.flatten(1).sum(1).to(d.scalar_type()) / pixels};
  }

 private:
  at::Tensor signed_like(const at::Tensor& normals) const {
    if (options_.axes.empty()) return normals;
    return normals * at::tensor(options_.axes, at::kDouble).to(normals.options()).view({1, 3, 1, 1});
  }

  /// The direction that each pixel of view 0 looks in, of depth 1: double [B, 3, H, W].
  at::Tensor rays(const at::Tensor& crop, int64_t height, int64_t width) const {
    const int64_t samples = crop.size(0);
    const auto column = [&](CropField field) { return crop.select(1, field).view({-1, 1}); };
    for (const auto& [first, length, size] : {std::tuple{kTop, kHeight, height}, std::tuple{kLeft, kWidth, width}}) {
      const at::Tensor begin = column(first), count = column(length);
      require((begin.ge(0) & count.ge(1) & (begin + count).le(static_cast<double>(size))).all().item<bool>(),
              "batch.crops", "a window of view 0 does not lie inside of the sample");
    }
    // Corners are aligned: the first and last pixel of the view are those of the window.
    const auto places = [&](CropField first, CropField length, int64_t size) {
      return column(first) + at::linspace(0, 1, size, crop.options()).view({1, size}) * (column(length) - 1);
    };
    const auto direction = [](const at::Tensor& place, int64_t size, double center, double focal) {
      const double extent = static_cast<double>(size);
      return (place - (center * extent - 0.5)) / (focal * extent);
    };
    const at::Tensor y = direction(places(kTop, kHeight, height), height, options_.center_y, options_.focal_y);
    // A mirrored sample is seen by a mirrored camera.
    const at::Tensor x = places(kLeft, kWidth, width);
    const at::Tensor straight = direction(x, width, options_.center_x, options_.focal_x);
    const at::Tensor mirrored = direction(x, width, 1 - options_.center_x, options_.focal_x);
    const at::Tensor across = at::where(column(kMirrored).ne(0), mirrored, straight);
    return at::stack(
        {across.unsqueeze(1).expand({samples, height, width}), y.unsqueeze(2).expand({samples, height, width}),
         at::ones({samples, height, width}, crop.options())},
        1);
  }

  Options options_;
  const TaskSet& tasks_;
  size_t depth_, normals_;
};

const Registered<DepthNormals> registered;

}  // namespace
}  // namespace jtr
