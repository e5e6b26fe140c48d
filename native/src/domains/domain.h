// A technique for samples whose sources differ: a term on the network's coarsest features, or norms apart. One file a
// technique; each registers itself. They are asked of view 0, the one that is compared with labels. With one domain
// there is nothing to do, and none is made.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "networks/parameters.h"
#include "options/registry.h"
#include "parallel/share.h"
#include "precision.h"

namespace jtr {

/// What a technique is made for: one network.
struct DomainSetting {
  int64_t domains;   // how many there are, 2 or more
  int64_t channels;  // of the network's coarsest features
  uint64_t seed;
  uint32_t network;  // its number, where there are several
  Precision precision;
  at::Device device;
};

/// A batch as a technique sees it.
struct DomainBatch {
  at::Tensor features;           // [B, c, h, w]: the coarsest, the leaf of a graph
  at::Tensor domain;             // int64 [B]
  std::vector<int64_t> numbers;  // those of the samples of all processes, on the host
  int64_t step;                  // steps done before this one
  const Share* share;            // which of these samples are this process's: features and domain are of them alone
};

/// What a technique says of a batch.
struct DomainTerm {
  at::Tensor objective;           // [B]: the gradient of its mean over the whole batch goes to the features and to the
                                  // technique's own weights
  at::Tensor loss;                // [B]: what it adds to each sample's loss, without gradient
  std::vector<at::Tensor> terms;  // each [B], unweighted, as DomainTechnique::terms() names them
};

class DomainTechnique {
 public:
  virtual ~DomainTechnique() = default;

  static Registry<DomainTechnique, DomainSetting>& registry();

  /// Whether compute() is called.
  virtual bool reads_features() const { return true; }
  /// Whether each domain's samples are normalised by themselves.
  virtual bool separates_norms() const { return false; }
  /// Whether norms have weights of each domain then, too.
  virtual bool separates_weights() const { return false; }
  /// Names of its terms, without the technique's.
  virtual std::vector<std::string> terms() const { return {}; }
  /// Weights of its own, trained like the network's; null for none.
  virtual ParameterStore* parameters() { return nullptr; }
  virtual DomainTerm compute(const DomainBatch& /*batch*/) { return {}; }
};

/// The techniques of a trainer, each made anew for every network.
class DomainTechniques {
 public:
  struct Setting {
    std::vector<std::string> domains;   // their names
    std::vector<std::string> networks;  // what stands before the names of their weights, such as "model/"
    int64_t channels;
    uint64_t seed;
    Precision precision;
    at::Device device;
  };
  /// None are made where there are fewer than two domains.
  DomainTechniques(const std::vector<Variant>& options, const Setting& setting);

  bool empty() const { return all_.empty(); }
  bool read_features() const;
  bool separate_norms() const;
  bool separate_weights() const;
  const std::vector<std::string>& terms() const { return terms_; }

  struct OwnWeights {
    std::string prefix;
    ParameterStore* store;
  };
  std::vector<OwnWeights> parameters() const;

  struct Result {
    at::Tensor loss;                     // [B]; undefined for nothing
    std::vector<at::Tensor> terms;       // [B] each
    std::vector<at::Tensor> d_features;  // of each network's features, like them; empty for nothing
  };
  /// `features`: of each network. Adds the gradients of the techniques' own weights. All processes must call.
  Result compute(const std::vector<at::Tensor>& features, const at::Tensor& domain, int64_t step,
                 const Share& share) const;

 private:
  struct OfNetworks {
    std::string name;
    std::vector<std::unique_ptr<DomainTechnique>> made;  // for each network
  };
  std::vector<OfNetworks> all_;
  std::vector<std::string> networks_, terms_;
};

/// How a term grows over training: 2 / (1 + exp(-10 p)) - 1 with p from 0 to 1 (Ganin et al., JMLR 2016, section
/// 5.2.2).
struct Ramp {
  int64_t steps = 0;
  void visit(OptionVisitor& v) {
    v.integer(
        "ramp_steps", steps, at_least(0),
        "Steps over which the weight grows from 0 as 2 / (1 + exp(-10 p)) - 1, p from 0 to 1: those of the run. 0: "
        "it is whole from the start.");
  }
  double factor(int64_t step) const;
};

}  // namespace jtr
