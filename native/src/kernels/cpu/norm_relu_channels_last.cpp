#include "kernels/cpu/norm_relu_channels_last.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/norm_relu_rows.h"
#include "kernels/device/norm_relu.h"

namespace jtr::kernels::channels_last {
namespace {

constexpr auto kLayout = at::MemoryFormat::ChannelsLast;

/// A piece of one sample's rows of windows (pairs of image rows; a last odd row stands alone): what one task works on.
struct Piece {
  int64_t sample, begin, end;  // rows of pairs
};

/// Elements of a piece, about: large enough to be worth a task, small enough to share the work.
constexpr int64_t kPieceElements = 1 << 16;
/// Elements whose sums run in the precision of x before they go into a double; also what stays in the first-level cache
/// between the two sweeps of the moments.
constexpr int64_t kChunkElements = 1 << 12;

std::vector<Piece> pieces_of(int64_t samples, int64_t pair_rows, int64_t elements_per_pair) {
  const int64_t step = std::max<int64_t>(1, kPieceElements / std::max<int64_t>(1, elements_per_pair));
  std::vector<Piece> pieces;
  for (int64_t n = 0; n < samples; ++n) {
    for (int64_t i = 0; i < pair_rows; i += step) pieces.push_back({n, i, std::min(pair_rows, i + step)});
  }
  return pieces;
}

template <typename Body>
void for_each_piece(const std::vector<Piece>& pieces, const Body& body) {
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(static_cast<size_t>(i), pieces[static_cast<size_t>(i)]);
  });
}

/// Sizes of x and its pieces.
struct Layout {
  explicit Layout(const at::Tensor& x)
      : samples(x.size(0)),
        channels(x.size(1)),
        height(x.size(2)),
        width(x.size(3)),
        row(width * channels),
        pieces(pieces_of(samples, (height + 1) / 2, 2 * row)) {}

  int64_t first_pixel(const Piece& p) const { return (p.sample * height + 2 * p.begin) * width; }
  int64_t pixels(const Piece& p) const { return (std::min(height, 2 * p.end) - 2 * p.begin) * width; }
  int64_t chunk_pixels() const { return std::max<int64_t>(1, kChunkElements / channels); }

  int64_t samples, channels, height, width, row;
  std::vector<Piece> pieces;
};

/// z = scale x + shift of each group and channel.
template <typename T>
struct Maps {
  Maps(const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s)
      : channels(s.mean.size(1)),
        stride(s.mean.size(0) == 1 ? 0 : channels),
        mean(s.mean.data_ptr<T>()),
        invstd(s.invstd.data_ptr<T>()),
        scale(static_cast<size_t>(s.mean.numel())),
        shift(scale.size()) {
    const T *g = gamma.data_ptr<T>(), *b = beta.data_ptr<T>();
    for (size_t i = 0; i < scale.size(); ++i) {
      const size_t c = i % static_cast<size_t>(channels);
      scale[i] = g[c] * invstd[i];
      shift[i] = b[c] - mean[i] * scale[i];
    }
  }

  RowNorm<T> of(int64_t sample) const {
    const int64_t i = sample * stride;
    return {scale.data() + i, shift.data() + i, mean + i, c0.empty() ? nullptr : c0.data() + i,
            c1.empty() ? nullptr : c1.data() + i};
  }

  int64_t channels, stride;
  const T *mean, *invstd;
  std::vector<T> scale, shift, c0, c1;
};

/// Per piece and channel sums, in double: [pieces, 2, C].
class Sums {
 public:
  Sums(size_t pieces, int64_t channels) : channels_(channels), values_(pieces * 2 * static_cast<size_t>(channels)) {}
  double* dz(size_t piece) { return values_.data() + piece * 2 * static_cast<size_t>(channels_); }
  double* dz_x(size_t piece) { return dz(piece) + channels_; }

 private:
  int64_t channels_;
  std::vector<double> values_;
};

/// Adds what `body(first, count, dz, dz_x)` sums up over `total` items, chunk by chunk, to a piece's doubles.
template <typename T, typename Body>
void chunked_sums(int64_t total, int64_t chunk, int64_t channels, double* dz, double* dz_x, const Body& body) {
  std::vector<T> partial(static_cast<size_t>(2 * channels));
  for (int64_t first = 0; first < total; first += chunk) {
    std::fill(partial.begin(), partial.end(), T{0});
    body(first, std::min(chunk, total - first), partial.data(), partial.data() + channels);
    for (int64_t c = 0; c < channels; ++c) {
      dz[c] += static_cast<double>(partial[static_cast<size_t>(c)]);
      dz_x[c] += static_cast<double>(partial[static_cast<size_t>(channels + c)]);
    }
  }
}

/// Gradients of gamma and beta, and c0, c1 of dx = scale dz + c0 + c1 x, from the sums of all pieces.
template <typename T>
void reduce(Sums& sums, const Layout& layout, Maps<T>& maps, NormGradients& gradients) {
  const int64_t channels = layout.channels, groups = maps.stride == 0 ? 1 : layout.samples;
  const double count = static_cast<double>(layout.height * layout.width * (maps.stride == 0 ? layout.samples : 1));
  std::vector<double> dz(static_cast<size_t>(groups * channels)), dz_x(dz.size());
  for (size_t i = 0; i < layout.pieces.size(); ++i) {
    const int64_t group = maps.stride == 0 ? 0 : layout.pieces[i].sample;
    for (int64_t c = 0; c < channels; ++c) {
      dz[static_cast<size_t>(group * channels + c)] += sums.dz(i)[c];
      dz_x[static_cast<size_t>(group * channels + c)] += sums.dz_x(i)[c];
    }
  }
  T *gamma = gradients.gamma.data_ptr<T>(), *beta = gradients.beta.data_ptr<T>();
  maps.c0.resize(dz.size());
  maps.c1.resize(dz.size());
  for (int64_t c = 0; c < channels; ++c) {
    double total_dz = 0, total_dz_xhat = 0;
    for (int64_t g = 0; g < groups; ++g) {
      const size_t i = static_cast<size_t>(g * channels + c);
      const double invstd = static_cast<double>(maps.invstd[i]), scale = static_cast<double>(maps.scale[i]);
      const double dz_xhat = dz_x[i] * invstd;
      total_dz += dz[i];
      total_dz_xhat += dz_xhat;
      const auto k = device::coefficients<T>(dz[i], dz_xhat, scale, static_cast<double>(maps.mean[i]), invstd, count);
      maps.c0[i] = k.c0;
      maps.c1[i] = k.c1;
    }
    gamma[c] = static_cast<T>(total_dz_xhat);
    beta[c] = static_cast<T>(total_dz);
  }
}

}  // namespace

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps) {
  const Layout layout(x);
  const int64_t channels = layout.channels, groups = per_sample ? layout.samples : 1;
  NormStatistics s{at::empty({groups, channels}, x.options()), at::empty({groups, channels}, x.options()),
                   at::empty({groups, channels}, x.options())};
  Sums moments(layout.pieces.size(), channels);  // mean and sum of squared distances of each piece
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const T* in = x.data_ptr<T>();
    for_each_piece(layout.pieces, [&](size_t i, const Piece& piece) {
      double *mean = moments.dz(i), *m2 = moments.dz_x(i);
      std::vector<T> partial(static_cast<size_t>(2 * channels));
      const int64_t total = layout.pixels(piece), chunk = layout.chunk_pixels();
      const T* first = in + layout.first_pixel(piece) * channels;
      for (int64_t done = 0; done < total; done += chunk) {
        const int64_t count = std::min(chunk, total - done);
        rows_moments(first + done * channels, count, channels, partial.data(), partial.data() + channels);
        // Chan's rule.
        const double share = static_cast<double>(count) / static_cast<double>(done + count);
        for (int64_t c = 0; c < channels; ++c) {
          const double d = static_cast<double>(partial[static_cast<size_t>(c)]) - mean[c];
          mean[c] += d * share;
          m2[c] += static_cast<double>(partial[static_cast<size_t>(channels + c)]) +
                   d * d * share * static_cast<double>(done);
        }
      }
    });
    std::vector<double> mean(static_cast<size_t>(groups * channels)), m2(mean.size()), done(groups);
    for (size_t i = 0; i < layout.pieces.size(); ++i) {
      const size_t group = per_sample ? static_cast<size_t>(layout.pieces[i].sample) : 0;
      const double count = static_cast<double>(layout.pixels(layout.pieces[i]));
      const double share = count / (done[group] + count);
      for (int64_t c = 0; c < channels; ++c) {
        const size_t j = group * static_cast<size_t>(channels) + static_cast<size_t>(c);
        const double d = moments.dz(i)[c] - mean[j];
        mean[j] += d * share;
        m2[j] += moments.dz_x(i)[c] + d * d * share * done[group];
      }
      done[group] += count;
    }
    for (size_t j = 0; j < mean.size(); ++j) {
      const double var = m2[j] / done[j / static_cast<size_t>(channels)];
      s.mean.data_ptr<T>()[j] = static_cast<T>(mean[j]);
      s.var.data_ptr<T>()[j] = static_cast<T>(var);
      s.invstd.data_ptr<T>()[j] = static_cast<T>(1 / std::sqrt(var + eps));
    }
  });
  return s;
}

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s) {
  const Layout layout(x);
  at::Tensor y = at::empty(x.sizes(), x.options(), kLayout);
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Maps<T> maps(gamma, beta, s);
    const T* in = x.data_ptr<T>();
    T* out = y.data_ptr<T>();
    for_each_piece(layout.pieces, [&](size_t, const Piece& piece) {
      const int64_t offset = layout.first_pixel(piece) * layout.channels;
      rows_norm_relu(in + offset, out + offset, layout.pixels(piece), layout.channels, maps.of(piece.sample));
    });
  });
  return y;
}

at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r) {
  const Layout layout(x.x);
  at::Tensor y = at::empty(x.x.sizes(), x.x.options(), kLayout);
  dispatch(x.x, [&](auto zero) {
    using T = decltype(zero);
    const Maps<T> z(x.gamma, x.beta, x.statistics);
    const Maps<T> s(r.gamma, r.beta, r.statistics);
    const T *in = x.x.data_ptr<T>(), *other = r.x.data_ptr<T>();
    T* out = y.data_ptr<T>();
    for_each_piece(layout.pieces, [&](size_t, const Piece& piece) {
      const int64_t offset = layout.first_pixel(piece) * layout.channels;
      rows_norm_add_relu(in + offset, other + offset, out + offset, layout.pixels(piece), layout.channels,
                         z.of(piece.sample), s.of(piece.sample));
    });
  });
  return y;
}

std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s) {
  const Layout layout(x);
  const int64_t height = layout.height / 2, windows = layout.width / 2;
  at::Tensor p = at::empty({layout.samples, layout.channels, height, windows}, x.options(), kLayout);
  at::Tensor code = at::empty(p.sizes(), x.options().dtype(at::kByte), kLayout);
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    const Maps<T> maps(gamma, beta, s);
    const T* in = x.data_ptr<T>();
    T* out = p.data_ptr<T>();
    uint8_t* codes = code.data_ptr<uint8_t>();
    for_each_piece(layout.pieces, [&](size_t, const Piece& piece) {
      for (int64_t i = piece.begin; i < std::min(piece.end, height); ++i) {
        const int64_t q = (piece.sample * height + i) * windows * layout.channels;
        rows_norm_relu_pool(in + (piece.sample * layout.height + 2 * i) * layout.row, layout.row, out + q, codes + q,
                            windows, layout.channels, maps.of(piece.sample));
      }
    });
  });
  return {p, code};
}

NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx) {
  const Layout layout(x);
  NormGradients gradients{dx.defined() ? dx : at::empty(x.sizes(), x.options(), kLayout), at::empty_like(gamma),
                          at::empty_like(beta)};
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    Maps<T> maps(gamma, beta, s);
    const T *in = x.data_ptr<T>(), *d = dy.data_ptr<T>();
    T* out = gradients.x.data_ptr<T>();
    const int64_t channels = layout.channels;
    Sums sums(layout.pieces.size(), channels);
    for_each_piece(layout.pieces, [&](size_t i, const Piece& piece) {
      const int64_t offset = layout.first_pixel(piece) * channels;
      chunked_sums<T>(layout.pixels(piece), layout.chunk_pixels(), channels, sums.dz(i), sums.dz_x(i),
                      [&](int64_t first, int64_t count, T* dz, T* dz_x) {
                        const int64_t at = offset + first * channels;
                        rows_gradient_sums(d + at, in + at, count, channels, maps.of(piece.sample), dz, dz_x);
                      });
    });
    reduce(sums, layout, maps, gradients);
    for_each_piece(layout.pieces, [&](size_t, const Piece& piece) {
      const int64_t offset = layout.first_pixel(piece) * channels;
      rows_gradient(d + offset, in + offset, out + offset, layout.pixels(piece), channels, maps.of(piece.sample));
    });
  });
  return gradients;
}

NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s) {
  const Layout layout(x);
  NormGradients gradients{at::empty(x.sizes(), x.options(), kLayout), at::empty_like(gamma), at::empty_like(beta)};
  dispatch(x, [&](auto zero) {
    using T = decltype(zero);
    Maps<T> maps(gamma, beta, s);
    const T *in = x.data_ptr<T>(), *d = dp.data_ptr<T>(), *y = p.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* out = gradients.x.data_ptr<T>();
    const int64_t channels = layout.channels, height = layout.height / 2, windows = layout.width / 2;
    // Offsets of row i of windows in the pooled tensors and of its upper image row.
    const auto pooled = [&](const Piece& piece, int64_t i) { return (piece.sample * height + i) * windows * channels; };
    const auto image = [&](const Piece& piece, int64_t i) {
      return (piece.sample * layout.height + 2 * i) * layout.row;
    };
    Sums sums(layout.pieces.size(), channels);
    for_each_piece(layout.pieces, [&](size_t n, const Piece& piece) {
      const int64_t rows = std::min(piece.end, height) - piece.begin;
      if (rows <= 0) return;
      const int64_t chunk = std::max<int64_t>(1, layout.chunk_pixels() / std::max<int64_t>(1, windows));
      chunked_sums<T>(rows, chunk, channels, sums.dz(n), sums.dz_x(n),
                      [&](int64_t first, int64_t count, T* dz, T* dz_x) {
                        for (int64_t i = piece.begin + first; i < piece.begin + first + count; ++i) {
                          const int64_t q = pooled(piece, i);
                          rows_gradient_sums_pool(d + q, y + q, codes + q, in + image(piece, i), layout.row, windows,
                                                  channels, maps.of(piece.sample), dz, dz_x);
                        }
                      });
    });
    reduce(sums, layout, maps, gradients);
    for_each_piece(layout.pieces, [&](size_t, const Piece& piece) {
      const RowNorm<T> norm = maps.of(piece.sample);
      for (int64_t i = piece.begin; i < piece.end; ++i) {
        const int64_t at = image(piece, i);
        if (i >= height) {  // a last odd row
          rows_gradient_rest(in + at, out + at, layout.width, channels, norm);
          continue;
        }
        const int64_t q = pooled(piece, i);
        rows_gradient_pool(d + q, y + q, codes + q, in + at, out + at, layout.row, windows, channels, norm);
        if (layout.width % 2 == 0) continue;
        const int64_t last = at + (layout.width - 1) * channels;  // a last odd column, in both rows
        rows_gradient_rest(in + last, out + last, 1, channels, norm);
        rows_gradient_rest(in + last + layout.row, out + last + layout.row, 1, channels, norm);
      }
    });
  });
  return gradients;
}

at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width) {
  const bool odd = height % 2 != 0 || width % 2 != 0;
  const std::vector<int64_t> sizes = {y.size(0), y.size(1), height, width};
  at::Tensor out = at::empty(sizes, y.options(), kLayout);
  if (odd) out.zero_();
  dispatch(y, [&](auto zero) {
    using T = decltype(zero);
    const T* in = y.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* to = out.data_ptr<T>();
    const int64_t channels = y.size(1), rows = y.size(2), windows = y.size(3), row = width * channels;
    for_each_piece(pieces_of(y.size(0), rows, 2 * row), [&](size_t, const Piece& piece) {
      for (int64_t i = piece.begin; i < piece.end; ++i) {
        const int64_t q = (piece.sample * rows + i) * windows * channels;
        rows_unpool(in + q, codes + q, to + (piece.sample * height + 2 * i) * row, row, windows, channels);
      }
    });
  });
  return out;
}

at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code) {
  at::Tensor out = at::empty(code.sizes(), d.options(), kLayout);
  dispatch(d, [&](auto zero) {
    using T = decltype(zero);
    const T* in = d.data_ptr<T>();
    const uint8_t* codes = code.data_ptr<uint8_t>();
    T* to = out.data_ptr<T>();
    const int64_t channels = d.size(1), rows = code.size(2), windows = code.size(3), row = d.size(3) * channels;
    for_each_piece(pieces_of(d.size(0), rows, 2 * row), [&](size_t, const Piece& piece) {
      for (int64_t i = piece.begin; i < piece.end; ++i) {
        const int64_t q = (piece.sample * rows + i) * windows * channels;
        rows_unpool_backward(in + (piece.sample * d.size(2) + 2 * i) * row, codes + q, to + q, row, windows, channels);
      }
    });
  });
  return out;
}

}  // namespace jtr::kernels::channels_last
