// What techniques compare of features [B, c, h, w]: rows of numbers, of each image or of each place.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "domains/domain.h"

namespace jtr {

/// [B, c]: the mean over the image.
inline at::Tensor image_means(const at::Tensor& features) { return features.mean({2, 3}); }

/// What counts as a draw from a domain's distribution.
enum class FeatureRows { kImages, kPlaces };

/// Options of techniques that compare two domains' distributions.
struct AlignmentOptions : Ramp {
  double weight = 1;
  FeatureRows rows;
  explicit AlignmentOptions(FeatureRows rows) : rows(rows) {}
  void visit(OptionVisitor& v);
};

/// The rows of a domain: those of this process's samples, and which of all processes' they are.
struct DomainRows {
  at::Tensor own;        // [n, c]; the gradient of what is made of all rows goes to these
  int64_t first, count;  // place of the first among those of all processes, and how many all are
  const Share* share;

  /// Those of all processes [count, c], in the batch's order; each must call.
  at::Tensor all() const;
};

/// What is compared of a domain's rows; undefined where they are too few. Each process must call.
using RowSummary = std::function<at::Tensor(const DomainRows& rows)>;
/// A distance between what is compared of two domains.
using SummaryDistance = std::function<at::Tensor(const at::Tensor& one, const at::Tensor& other)>;

/// The mean of the distances of all pairs of domains that are in the batch, as each sample's term; 0 where there is
/// one domain. The batch is that of all processes.
DomainTerm alignment(const DomainBatch& batch, const AlignmentOptions& options, const RowSummary& summary,
                     const SummaryDistance& distance);

}  // namespace jtr
