// Deep CORAL (Sun and Saenko, ECCV 2016 workshops, equations 1 to 3): the squared Frobenius distance of the covariances
// of two domains' features, over 4 c^2 for c channels.
//
// A covariance needs many rows, and batches are small: by default each place of the coarsest map is one.
#include "domains/features.h"

namespace jtr {
namespace {

class Coral final : public DomainTechnique {
 public:
  static constexpr char kName[] = "coral";
  static constexpr char kSummary[] = "The covariances of the coarsest features of each two domains must agree.";
  static constexpr char kSource[] = "Sun and Saenko, ECCV 2016 workshops";
  static constexpr int kPlace = 2;

  struct Options : AlignmentOptions {
    Options() : AlignmentOptions(FeatureRows::kPlaces) {}
  };

  Coral(const Options& options, const DomainSetting&) : options_(options) {}

  std::vector<std::string> terms() const override { return {"loss"}; }

  DomainTerm compute(const DomainBatch& batch) override {
    return alignment(batch, options_, covariance, [](const at::Tensor& one, const at::Tensor& other) {
      const double channels = static_cast<double>(one.size(0));
      return (one - other).square().sum() / (4 * channels * channels);
    });
  }

 private:
  static at::Tensor covariance(const DomainRows& rows) {
    if (rows.count < 2) return {};
    const Share& share = *rows.share;
    const bool alone = share.others == nullptr;
    // About a mean that is constant: a covariance does not change with it, to first order.
    const at::Tensor mean =
        alone ? rows.own.mean(0, true) : share.summed(rows.own.detach().sum(0, true)) / static_cast<double>(rows.count);
    const at::Tensor apart = rows.own - mean;
    at::Tensor products = at::matmul(apart.t(), apart);
    if (!alone) products = products + (share.summed(products.detach().clone()) - products.detach());
    return products / static_cast<double>(rows.count - 1);
  }

  Options options_;
};

const Registered<Coral> registered;

}  // namespace
}  // namespace jtr
