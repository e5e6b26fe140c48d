// Strongly changed photographs, for methods that teach by a weakly changed view of the same window: colours as in
// ColorJitter (SimCLR, Chen et al., ICML 2020), grey, blur, and boxes that are cut out (DeVries and Taylor 2017) or
// that come from another sample of the batch (CutMix, Yun et al., ICCV 2019; French et al., BMVC 2020).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "networks/inputs/input_tensors.h"
#include "options/options.h"
#include "parallel/share.h"

namespace jtr {

struct StrongViewOptions {
  double color = 0.5, grey = 0.2, blur = 0, cut_out = 0, cut_mix = 0.5;
  void visit(OptionVisitor& v);
};

/// A box of a view: cut out, or another sample's.
struct ViewBox {
  int64_t top = 0, left = 0, height = 0, width = 0;  // no rows: no box
  int64_t source = -1;                               // the sample that it shows, by its place among those that all
                                                     // processes work on (Share::pool); -1: none, it is grey

  bool empty() const { return height == 0; }
};

struct StrongViews {
  at::Tensor images;           // [B, C, H, W] in [0, 1]
  std::vector<ViewBox> boxes;  // of each sample
  Share share = {};            // which samples they are; all, where it is empty
  bool mixes = false;          // whether boxes may show other samples

  /// The views with the further inputs of the samples that they were made of: planes have the boxes too, 0 where a box
  /// shows nothing, and what a box's source lacks is missing. A vector stays that of the view's own sample.
  InputTensors with(const InputTensors& samples) const;
  /// Planes of the samples, [B, ..., H, W], as the views show them: a box has its source's. `hidden` is what is written
  /// where a box shows none.
  at::Tensor mixed(const at::Tensor& planes, double hidden) const;
  /// Of samples [B, ...], those that boxes may show, [pool, ...]: by_area() tells them by their places in it.
  at::Tensor pooled(const at::Tensor& samples) const { return mixes ? share.pooled(samples) : samples; }
  /// What is true of whole images, as the views show them. `of` says what each view is compared with, by places of
  /// samples in what pooled() gives, [B], and gives a number for each, [B]. That of a view's own sample and that of its
  /// box's source count by their parts of the area, as losses do in CutMix: it holds for classes, tags and values
  /// alike, and a view that shows two pictures says as much less of its own. What is cut out counts for nothing.
  at::Tensor by_area(const std::function<at::Tensor(const at::Tensor& samples)>& of) const;
};

/// Strong views of images [B, C, H, W] in [0, 1], a function of (seed, step), options and images; of all images that
/// processes work on at the same time, where boxes show other samples. Saturation, hue and grey are of three channels.
StrongViews strong_views(const at::Tensor& images, const StrongViewOptions& options, uint64_t seed, int64_t step,
                         const Share& share = {});

}  // namespace jtr
