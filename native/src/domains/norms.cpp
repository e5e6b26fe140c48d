// Norms per domain (Chang et al., CVPR 2019): in training the samples of each domain are normalised by the statistics
// of their own part of the batch, and each domain has running statistics of its own, in every batch norm of the
// multi-task network. With `weights`, as published, each has scales and shifts of its own, too, which its samples alone
// train; else these are shared.
//
// Predictions choose a domain's statistics, or the mixture of all, which stands where the network's own statistics do:
// of domains with means m_d, variances v_d and shares w_d of the samples seen, the mean m = sum w_d m_d and the
// variance sum w_d (v_d + (m_d - m)^2). Of scales and shifts the mixture is the mean by the same shares. The work is
// done by MultiTaskNetwork: a domain's samples go through the network by themselves.
#include "domains/domain.h"

namespace jtr {
namespace {

class Norms final : public DomainTechnique {
 public:
  static constexpr char kName[] = "norms";
  static constexpr char kSummary[] = "Each domain has batch norm statistics of its own.";
  static constexpr char kSource[] = "Chang et al., CVPR 2019";
  static constexpr int kPlace = 4;

  struct Options {
    bool weights = false;
    void visit(OptionVisitor& v) {
      v.flag("weights", weights, "Whether the scales and shifts of norms are of each domain, too, as published.");
    }
  };

  Norms(const Options& options, const DomainSetting&) : options_(options) {}

  bool reads_features() const override { return false; }
  bool separates_norms() const override { return true; }
  bool separates_weights() const override { return options_.weights; }

 private:
  Options options_;
};

const Registered<Norms> registered;

}  // namespace
}  // namespace jtr
