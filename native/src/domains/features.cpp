#include "domains/features.h"

#include "methods/method.h"

namespace jtr {

void AlignmentOptions::visit(OptionVisitor& v) {
  v.number("weight", weight, a_weight(), "Weight of the term.");
  v.choice("rows", rows, {{"images", FeatureRows::kImages}, {"places", FeatureRows::kPlaces}},
           "What is compared: the features' means over each image, or the features of each place.");
  Ramp::visit(v);
}

DomainTerm alignment(const DomainBatch& batch, const AlignmentOptions& options, const RowDistance& distance) {
  const int64_t samples = batch.features.size(0);
  std::map<int64_t, std::vector<int64_t>> members;
  for (int64_t b = 0; b < samples; ++b) members[batch.numbers[static_cast<size_t>(b)]].push_back(b);
  std::vector<at::Tensor> rows, distances;
  if (members.size() > 1) {
    for (const auto& domain : members) {
      const at::Tensor numbers = at::tensor(domain.second, at::kLong).to(batch.features.device());
      const at::Tensor own = batch.features.index_select(0, numbers);
      rows.push_back(options.rows == FeatureRows::kImages ? image_means(own) : own.permute({0, 2, 3, 1}).flatten(0, 2));
    }
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = i + 1; j < rows.size(); ++j) {
      const at::Tensor found = distance(rows[i], rows[j]);
      if (found.defined()) distances.push_back(found);
    }
  }
  const auto number_options = batch.features.options().requires_grad(false);
  if (distances.empty()) {
    const at::Tensor nothing = at::zeros({samples}, number_options);
    return {nothing, nothing, {nothing}};
  }
  const at::Tensor mean = at::stack(distances).mean().expand({samples});
  const double weight = options.weight * options.factor(batch.step);
  return {weight * mean, weight * mean.detach(), {mean.detach()}};
}

}  // namespace jtr
