#include "domains/domain.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "error.h"

namespace jtr {

Registry<DomainTechnique, DomainSetting>& DomainTechnique::registry() {
  static Registry<DomainTechnique, DomainSetting> all("domain technique", "name");
  return all;
}

double Ramp::factor(int64_t step) const {
  if (step >= steps) return 1;
  constexpr double kSteepness = 10;
  return 2 / (1 + std::exp(-kSteepness * static_cast<double>(step) / static_cast<double>(steps))) - 1;
}

DomainTechniques::DomainTechniques(const std::vector<Variant>& options, const Setting& setting)
    : networks_(setting.networks) {
  const int64_t domains = static_cast<int64_t>(setting.domains.size());
  for (size_t d = 0; d < setting.domains.size(); ++d) {
    const std::string field = text("domains[", d, "]");
    const std::string& name = setting.domains[d];
    require(!name.empty(), field.c_str(), "is empty");
    require(std::find(setting.domains.begin(), setting.domains.begin() + static_cast<int64_t>(d), name) ==
                setting.domains.begin() + static_cast<int64_t>(d),
            field.c_str(), "the domain '", name, "' is there twice");
  }
  if (domains < 2) return;
  for (const Variant& variant : options) {
    const std::string name = variant.options.value("name", std::string());
    for (const OfNetworks& other : all_) {
      require(other.name != name, "domain_techniques", "'", name, "' is there twice");
    }
    OfNetworks added{name, {}};
    for (size_t n = 0; n < networks_.size(); ++n) {
      added.made.push_back(DomainTechnique::registry().make(
          variant,
          {domains, setting.channels, setting.seed, static_cast<uint32_t>(n), setting.precision, setting.device}));
    }
    all_.push_back(std::move(added));
  }
  for (const OfNetworks& technique : all_) {
    for (const std::string& term : technique.made[0]->terms()) terms_.push_back(technique.name + "." + term);
  }
}

bool DomainTechniques::read_features() const {
  return std::any_of(all_.begin(), all_.end(), [](const OfNetworks& t) { return t.made[0]->reads_features(); });
}

bool DomainTechniques::separate_norms() const {
  return std::any_of(all_.begin(), all_.end(), [](const OfNetworks& t) { return t.made[0]->separates_norms(); });
}

bool DomainTechniques::separate_weights() const {
  return std::any_of(all_.begin(), all_.end(), [](const OfNetworks& t) { return t.made[0]->separates_weights(); });
}

std::vector<DomainTechniques::OwnWeights> DomainTechniques::parameters() const {
  constexpr char kModel[] = "model";
  std::vector<OwnWeights> weights;
  for (const OfNetworks& technique : all_) {
    for (size_t n = 0; n < technique.made.size(); ++n) {
      ParameterStore* own = technique.made[n]->parameters();
      // "adversarial/", or "adversarial.depth/" beside "model.depth/".
      if (own != nullptr) weights.push_back({technique.name + networks_[n].substr(sizeof kModel - 1), own});
    }
  }
  return weights;
}

DomainTechniques::Result DomainTechniques::compute(const std::vector<at::Tensor>& features, const at::Tensor& domain,
                                                   int64_t step, const Share& share) const {
  Result result;
  const at::Tensor all = share.pooled(domain.to(at::kCPU)).contiguous();
  const std::vector<int64_t> numbers(all.data_ptr<int64_t>(), all.data_ptr<int64_t>() + all.numel());
  const at::AutoGradMode mode(true);
  std::vector<DomainBatch> batches;
  for (const at::Tensor& of_network : features) {
    at::Tensor leaf = of_network.detach();
    leaf.requires_grad_(true);
    batches.push_back({leaf, domain, numbers, step, &share});
  }
  for (const OfNetworks& technique : all_) {
    if (!technique.made[0]->reads_features()) continue;
    std::vector<at::Tensor> means(technique.made[0]->terms().size());
    for (size_t n = 0; n < batches.size(); ++n) {
      const DomainTerm term = technique.made[n]->compute(batches[n]);
      if (term.objective.requires_grad()) {
        torch::autograd::backward({term.objective.sum() / static_cast<double>(share.whole)}, {});
      }
      result.loss = result.loss.defined() ? result.loss + term.loss : term.loss;
      for (size_t i = 0; i < means.size(); ++i) {
        const at::Tensor part = term.terms[i] / static_cast<double>(batches.size());
        means[i] = means[i].defined() ? means[i] + part : part;
      }
    }
    result.terms.insert(result.terms.end(), means.begin(), means.end());
  }
  for (const DomainBatch& batch : batches) {
    const at::Tensor& gradient = batch.features.grad();
    result.d_features.push_back(gradient.defined() ? gradient : at::zeros_like(batch.features));
  }
  return result;
}

}  // namespace jtr
