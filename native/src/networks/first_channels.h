// What a network's first convolution can read besides the photograph's channels, and what it is given to read.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace jtr {

struct FirstConvolution {
  int64_t out = 0;  // its channels; 0: it reads no more than it does
  int64_t kernel = 3, stride = 1;
};

/// Channels beside the photograph's, and the part of the first convolution's weight that is theirs.
struct FirstChannels {
  at::Tensor maps;    // [N, c, H, W]; undefined: nothing
  at::Tensor weight;  // [out, c, k, k]

  bool defined() const { return maps.defined(); }

  /// All that the convolution reads, and with what: x [N, in, H, W] and its weight [out, in, k, k], then these.
  at::Tensor after(const at::Tensor& x) const { return at::cat({x, maps}, 1).contiguous(x.suggest_memory_format()); }
  at::Tensor weight_after(const at::Tensor& own) const {
    return at::cat({own, weight}, 1).contiguous(own.suggest_memory_format());
  }
};

}  // namespace jtr
