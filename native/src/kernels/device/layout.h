// Where the values of a map [N, C, H, W] lie in memory, and which of them a thread works on: the index arithmetic of
// the CUDA kernels. It compiles for the CPU too, where tests run it (native/tests/kernels/device_test.cpp).
#pragma once

#include <cstdint>

#include "philox.h"

namespace jtr::kernels::device {

/// A map without gaps, channels first or channels last.
struct Shape {
  int64_t samples, channels, height, width;
  bool channels_last;

  JTR_HOST_DEVICE int64_t plane() const { return height * width; }
  JTR_HOST_DEVICE int64_t elements() const { return samples * channels * height * width; }

  /// Place of one value.
  JTR_HOST_DEVICE int64_t offset(int64_t n, int64_t c, int64_t pixel) const {
    return channels_last ? (n * plane() + pixel) * channels + c : (n * channels + c) * plane() + pixel;
  }
};

/// One value of a map.
struct Place {
  int64_t n, c, pixel;
};

/// The value that lies at `index`: neighbours in memory go to neighbouring threads in both layouts.
JTR_HOST_DEVICE Place place_of(const Shape& s, int64_t index) {
  if (s.channels_last) {
    const int64_t row = index / s.channels;
    return {row / s.plane(), index % s.channels, row % s.plane()};
  }
  const int64_t map = index / s.plane();
  return {map / s.channels, map % s.channels, index % s.plane()};
}

/// The upper left pixel, in a map `width` wide, of the 2 x 2 window that belongs to a pixel of the pooled map.
JTR_HOST_DEVICE int64_t window(int64_t pooled_pixel, int64_t pooled_width, int64_t width) {
  return 2 * (pooled_pixel / pooled_width) * width + 2 * (pooled_pixel % pooled_width);
}

/// How far from the window's upper left pixel a code's pixel lies: code = 2 * row + column.
JTR_HOST_DEVICE int64_t within_window(int code, int64_t width) { return (code >> 1) * width + (code & 1); }

/// Row of statistics [groups, C] for a sample and channel; one group is the whole batch.
JTR_HOST_DEVICE int64_t statistic(int64_t groups, int64_t channels, int64_t n, int64_t c) {
  return (groups == 1 ? 0 : n) * channels + c;
}

/// Pixels of one sample and channel that a block of a reduction adds up.
constexpr int64_t kPixelsOfBlock = 4096;

JTR_HOST_DEVICE int64_t pixel_blocks(int64_t pixels) { return (pixels + kPixelsOfBlock - 1) / kPixelsOfBlock; }

/// Blocks of a grid, all in x: of those a GPU takes so many at most (and 65,535 in y or z, fewer than FiLM has
/// channels).
constexpr int64_t kMostBlocksInX = 0x7FFFFFFF;

/// What one block of a reduction adds up.
struct ReductionPart {
  int64_t n;           // sample
  int64_t row;         // channel, or group of channels
  int64_t first, end;  // pixels
};

/// Blocks of a reduction over `pixels` pixels in each row of each sample.
JTR_HOST_DEVICE int64_t reduction_blocks(int64_t samples, int64_t rows, int64_t pixels) {
  return samples * rows * pixel_blocks(pixels);
}

/// The part of a reduction's block: those of a row lie together, then rows, then samples.
JTR_HOST_DEVICE ReductionPart reduction_part(int64_t block, int64_t rows, int64_t pixels) {
  const int64_t blocks = pixel_blocks(pixels), row = block / blocks, first = block % blocks * kPixelsOfBlock;
  return {row / rows, row % rows, first, first + kPixelsOfBlock < pixels ? first + kPixelsOfBlock : pixels};
}

}  // namespace jtr::kernels::device
