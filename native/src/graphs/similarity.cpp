// Tasks whose predictions go together inform each other. How far two do is the linear centered kernel alignment of what
// the network predicts for them (Kornblith et al., ICML 2019, section 3; for c channels it is the RV coefficient of
// Robert and Escoufier 1976), as Dwivedi and Roig (CVPR 2019) relate tasks by the similarity of what networks make of
// them. With C_st the covariance of task s's and task t's channels over places and images:
//
//   a_st = |C_st|^2 / (|C_ss| |C_tt|)     in [0, 1], Frobenius norms
//
// Covariances are moving averages, of places on a grid of at most 16 x 16; an image task says the same at every place.
// No label is needed, and it costs n C^2 products a step, for n places and C channels of all tasks.
#include <algorithm>

#include "graphs/task_graph.h"

namespace jtr {
namespace {

constexpr int64_t kGrid = 16;

class Similarity final : public TaskGraph {
 public:
  static constexpr char kName[] = "similarity";
  static constexpr char kSummary[] = "Tasks whose predictions vary together inform each other.";
  static constexpr char kSource[] = "Kornblith et al., ICML 2019; Dwivedi and Roig, CVPR 2019";
  static constexpr int kPlace = 3;

  struct Options {
    double momentum = 0.99, threshold = 0.2;
    int64_t warm_up_steps = 100;
    void visit(OptionVisitor& v) {
      v.number("momentum", momentum, below(0, 1), "Of the moving averages that similarity is measured by.");
      v.number("threshold", threshold, within(0, 1),
               "A pair counts if its similarity is at least this part of the largest pair's.");
      v.integer("warm_up_steps", warm_up_steps, at_least(0), "Steps in which all pairs count alike.");
    }
  };

  Similarity(const Options& options, const TaskGraphSetting& setting) : options_(options), tasks_(*setting.tasks) {
    for (size_t t = 0; t < tasks_.size(); ++t) channels_ += tasks_[t].channels();
    moments_ = state_.add_buffer("moments", {channels_ + 1, channels_ + 1});
    // Differences of large sums: in double, and so few that the host has them.
    state_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  }

  bool is_fixed() const override { return false; }

  at::Tensor weights(int64_t step) const override {
    if (step < options_.warm_up_steps || step == 0) return {};
    const at::Tensor found = similarities();
    const double largest = found.max().item<double>();
    if (largest <= 0) return {};
    const at::Tensor parts = found / largest;
    return parts * parts.ge(options_.threshold).to(at::kDouble);
  }

  ParameterStore* state() override { return &state_; }

  std::vector<std::string> terms() const override {
    std::vector<std::string> names;
    for (size_t s = 0; s < tasks_.size(); ++s) {
      for (size_t t = s + 1; t < tasks_.size(); ++t) names.push_back(tasks_[s].name() + "." + tasks_[t].name());
    }
    return names;
  }

  std::vector<at::Tensor> observe(const MethodContext& context) override {
    const at::NoGradGuard no_grad;
    if (context.share.part == 0) pending_.reset();
    int64_t height = 1, width = 1;
    if (const at::Tensor& planes = context.predictions[0].planes; planes.defined()) {
      height = std::min(kGrid, planes.size(2));
      width = std::min(kGrid, planes.size(3));
    }
    std::vector<at::Tensor> all;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      at::Tensor said = tasks_[t].prediction_as_target(context.prediction(0, t));
      said = tasks_[t].extent() == Extent::kPixel ? at::adaptive_avg_pool2d(said, {height, width})
                                                  : said.unsqueeze(2).unsqueeze(3).expand({-1, -1, height, width});
      all.push_back(said.permute({0, 2, 3, 1}).flatten(0, 2));
    }
    all.push_back(at::ones({all[0].size(0), 1}, all[0].options()));
    const at::Tensor rows = at::cat(all, 1).to(at::kDouble);
    const at::Tensor own = context.share.summed(at::matmul(rows.t(), rows).to(at::kCPU));
    pending_ = pending_.defined() ? pending_ + own : own;

    std::vector<at::Tensor> reported;
    const at::Tensor found = similarities();
    const int64_t count = static_cast<int64_t>(tasks_.size());
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t t = s + 1; t < count; ++t) {
        reported.push_back(at::full({context.samples}, found[s][t].item<double>(), rows.options()));
      }
    }
    return reported;
  }

  void follow() override {
    if (!pending_.defined()) return;
    const at::NoGradGuard no_grad;
    at::Tensor moments = state_.buffer(moments_);
    moments.mul_(options_.momentum).add_(pending_ / pending_[channels_][channels_], 1 - options_.momentum);
    pending_.reset();
  }

 private:
  /// Of all pairs, 0 on the diagonal: double [K, K], on the host.
  at::Tensor similarities() const {
    const int64_t count = static_cast<int64_t>(tasks_.size());
    at::Tensor found = at::zeros({count, count}, at::kDouble);
    const at::Tensor& moments = state_.buffer(moments_);
    // The average began at 0: what it has of 1.
    const double seen = moments[channels_][channels_].item<double>();
    if (seen <= 0) return found;
    const at::Tensor means = moments.select(1, channels_).narrow(0, 0, channels_) / seen;
    const at::Tensor covariance =
        moments.narrow(0, 0, channels_).narrow(1, 0, channels_) / seen - at::outer(means, means);
    at::Tensor squares = at::zeros({count, count}, at::kDouble);
    int64_t row = 0;
    for (int64_t s = 0; s < count; ++s) {
      const int64_t rows = tasks_[static_cast<size_t>(s)].channels();
      int64_t column = 0;
      for (int64_t t = 0; t < count; ++t) {
        const int64_t columns = tasks_[static_cast<size_t>(t)].channels();
        squares[s][t].copy_(covariance.narrow(0, row, rows).narrow(1, column, columns).square().sum());
        column += columns;
      }
      row += rows;
    }
    const at::Tensor own = squares.diagonal().sqrt();
    const at::Tensor norms = at::outer(own, own);
    // A task that says the same everywhere is like no other.
    found = at::where(norms.gt(0), squares / norms.clamp_min(1e-300), found);
    found.diagonal().zero_();
    return found;
  }

  Options options_;
  const TaskSet& tasks_;
  int64_t channels_ = 0;
  ParameterStore state_;
  int64_t moments_ = -1;
  at::Tensor pending_;  // of this step
};

const Registered<Similarity> registered;

}  // namespace
}  // namespace jtr
