#include "domains/features.h"

#include "methods/method.h"

namespace jtr {

void AlignmentOptions::visit(OptionVisitor& v) {
  v.number("weight", weight, a_weight(), "Weight of the term.");
  v.choice("rows", rows, {{"images", FeatureRows::kImages}, {"places", FeatureRows::kPlaces}},
           "What is compared: the features' means over each image, or the features of each place.");
  Ramp::visit(v);
}

at::Tensor DomainRows::all() const {
  if (share->others == nullptr) return own;
  const int64_t behind = first + own.size(0);
  at::Tensor rows = at::zeros({count, own.size(1)}, own.options().requires_grad(false));
  rows.narrow(0, first, own.size(0)).copy_(own.detach());
  rows = share->summed(rows);
  return at::cat({rows.narrow(0, 0, first), own, rows.narrow(0, behind, count - behind)});
}

DomainTerm alignment(const DomainBatch& batch, const AlignmentOptions& options, const RowSummary& summary,
                     const SummaryDistance& distance) {
  const int64_t samples = batch.features.size(0), begin = batch.share->pool_first;
  /// Samples of a domain: numbers of this process's own, how many others' are before them, and how many all are.
  struct Members {
    std::vector<int64_t> own;
    int64_t before = 0, count = 0;
  };
  std::map<int64_t, Members> members;
  for (int64_t b = 0; b < static_cast<int64_t>(batch.numbers.size()); ++b) {
    Members& of_domain = members[batch.numbers[static_cast<size_t>(b)]];
    ++of_domain.count;
    if (b < begin) ++of_domain.before;
    if (b >= begin && b < begin + samples) of_domain.own.push_back(b - begin);
  }
  std::vector<at::Tensor> summaries, distances;
  if (members.size() > 1) {
    for (const auto& domain : members) {
      const Members& of_domain = domain.second;
      const at::Tensor numbers = at::tensor(of_domain.own, at::kLong).to(batch.features.device());
      const at::Tensor own = batch.features.index_select(0, numbers);
      const bool images = options.rows == FeatureRows::kImages;
      const int64_t each = images ? 1 : own.size(2) * own.size(3);
      summaries.push_back(summary({images ? image_means(own) : own.permute({0, 2, 3, 1}).flatten(0, 2),
                                   of_domain.before * each, of_domain.count * each, batch.share}));
    }
  }
  for (size_t i = 0; i < summaries.size(); ++i) {
    for (size_t j = i + 1; j < summaries.size(); ++j) {
      if (summaries[i].defined() && summaries[j].defined()) distances.push_back(distance(summaries[i], summaries[j]));
    }
  }
  const auto number_options = batch.features.options().requires_grad(false);
  if (distances.empty()) {
    const at::Tensor nothing = at::zeros({samples}, number_options);
    return {nothing, nothing, {nothing}};
  }
  const at::Tensor mean = at::stack(distances).mean();
  const double weight = options.weight * options.factor(batch.step);
  // Every process has the mean for all, and gives its own samples the whole gradient that is theirs.
  const double all = static_cast<double>(batch.share->whole) / static_cast<double>(samples);
  const at::Tensor known = mean.detach().expand({samples});
  return {(weight * all * mean).expand({samples}), weight * known, {known}};
}

}  // namespace jtr
