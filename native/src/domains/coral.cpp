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
    return alignment(batch, options_, [](const at::Tensor& one, const at::Tensor& other) {
      if (one.size(0) < 2 || other.size(0) < 2) return at::Tensor{};
      const double channels = static_cast<double>(one.size(1));
      return (covariance(one) - covariance(other)).square().sum() / (4 * channels * channels);
    });
  }

 private:
  static at::Tensor covariance(const at::Tensor& rows) {
    const at::Tensor apart = rows - rows.mean(0, true);
    return at::matmul(apart.t(), apart) / static_cast<double>(rows.size(0) - 1);
  }

  Options options_;
};

const Registered<Coral> registered;

}  // namespace
}  // namespace jtr
