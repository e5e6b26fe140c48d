// Maximum mean discrepancy with several Gaussian kernels (Gretton et al., JMLR 2012, equation 5; Long et al., ICML
// 2015, section 3.1): mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over all rows x of one domain and y of another, k
// the mean of kernels exp(-|x - y|^2 / (2 s^2)) of several bandwidths s.
//
// Where bandwidths are not given, 2 s^2 is the median of the squared distances of different rows, times 1/4, 1/2, 1, 2
// and 4; as in the papers the median is taken as a constant.
#include "domains/features.h"

namespace jtr {
namespace {

class Mmd final : public DomainTechnique {
 public:
  static constexpr char kName[] = "mmd";
  static constexpr char kSummary[] =
      "The distributions of the coarsest features of each two domains must agree, as Gaussian kernels see them.";
  static constexpr char kSource[] = "Long et al., ICML 2015";
  static constexpr int kPlace = 3;

  struct Options : AlignmentOptions {
    std::vector<double> bandwidths;
    Options() : AlignmentOptions(FeatureRows::kImages) {}
    void visit(OptionVisitor& v) {
      AlignmentOptions::visit(v);
      v.numbers("bandwidths", bandwidths, above(0),
                "Standard deviations of the kernels, in the features' unit; none: by the median of the distances.");
    }
  };

  Mmd(const Options& options, const DomainSetting&) : options_(options) {}

  std::vector<std::string> terms() const override { return {"loss"}; }

  DomainTerm compute(const DomainBatch& batch) override {
    const auto all = [](const DomainRows& rows) { return rows.all(); };
    return alignment(batch, options_, all, [this](const at::Tensor& one, const at::Tensor& other) {
      const at::Tensor rows = at::cat({one, other});
      const at::Tensor squares = squared_distances(rows);
      std::vector<at::Tensor> kernels;
      for (const double scale : scales(squares.detach())) kernels.push_back(at::exp(squares / -scale));
      const at::Tensor kernel = at::stack(kernels).mean(0);
      const int64_t n = one.size(0), m = other.size(0);
      return kernel.narrow(0, 0, n).narrow(1, 0, n).mean() + kernel.narrow(0, n, m).narrow(1, n, m).mean() -
             2 * kernel.narrow(0, 0, n).narrow(1, n, m).mean();
    });
  }

 private:
  /// Of each two rows; those of a row and itself are 0.
  static at::Tensor squared_distances(const at::Tensor& rows) {
    // About their mean: the products then lose fewer digits.
    const at::Tensor x = rows - rows.detach().mean(0, true);
    const at::Tensor lengths = x.square().sum(1, true);
    const at::Tensor all = lengths + lengths.t() - 2 * at::matmul(x, x.t());
    const at::Tensor other = 1 - at::eye(x.size(0), x.options().requires_grad(false));
    return (all * other).clamp_min(0);
  }

  /// 2 s^2 of each kernel.
  std::vector<double> scales(const at::Tensor& squares) const {
    std::vector<double> all;
    for (const double s : options_.bandwidths) all.push_back(2 * s * s);
    if (!all.empty()) return all;
    const int64_t rows = squares.size(0);
    const at::Tensor upper = at::ones({rows, rows}, squares.options().dtype(at::kBool)).triu(1);
    const double median = squares.masked_select(upper).median().item<double>();
    // Rows that are all the same have nothing to tell.
    const double unit = median > 0 ? median : 1;
    for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) all.push_back(factor * unit);
    return all;
  }

  Options options_;
};

const Registered<Mmd> registered;

}  // namespace
}  // namespace jtr
