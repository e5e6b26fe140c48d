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

/// A distance between the rows [n, c] and [m, c] of two domains; undefined where they are too few.
using RowDistance = std::function<at::Tensor(const at::Tensor& one, const at::Tensor& other)>;

/// The mean of the distances of all pairs of domains that are in the batch, as each sample's term; 0 where there is
/// one domain.
DomainTerm alignment(const DomainBatch& batch, const AlignmentOptions& options, const RowDistance& distance);

}  // namespace jtr
