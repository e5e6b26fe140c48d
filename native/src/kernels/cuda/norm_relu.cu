// The CUDA kernels of norm_relu.h: statistics by blocks and their totals, y and the pooled p with its codes, gradients
// in two passes (sums for gamma, beta and the statistics; then dx), and unpooling.
#include "kernels/cuda/grid.cuh"

namespace jtr::kernels::cuda {
namespace {

using device::Coefficients;
using device::Sums;

Shape pooled_of(const Shape& s) { return {s.samples, s.channels, s.height / 2, s.width / 2, s.channels_last}; }

/// Coefficients of dx for each group and channel, and the gradients of gamma and beta, from the blocks' sums.
template <typename A>
void finish_gradients(const Sums* partial, const Shape& shape, int64_t pixels, const NormView<A>& norm,
                      Coefficients<A>* coefficients, A* d_gamma, A* d_beta, Stream stream) {
  const int64_t channels = shape.channels, samples = shape.samples, groups = norm.groups, blocks = pixel_blocks(pixels);
  const double count = static_cast<double>(shape.plane() * (groups == 1 ? samples : 1));
  for_each("norm_relu_backward: coefficients", groups * channels, stream, [=] __device__(int64_t i) {
    const int64_t c = i % channels;
    const Sums sums = total(partial, samples, channels, blocks, groups, i / channels, c);
    coefficients[i] = device::coefficients(sums, norm.gamma[c], norm.mean[i], norm.invstd[i], count);
  });
  for_each("norm_relu_backward: weights", channels, stream, [=] __device__(int64_t c) {
    double gamma = 0, beta = 0;
    for (int64_t g = 0; g < groups; ++g) {
      const Sums sums = total(partial, samples, channels, blocks, groups, g, c);
      gamma += sums.second * static_cast<double>(norm.invstd[g * channels + c]);
      beta += sums.first;
    }
    d_gamma[c] = static_cast<A>(gamma);
    d_beta[c] = static_cast<A>(beta);
  });
}

/// Scratch memory: the blocks' sums, then the coefficients.
template <typename A>
Coefficients<A>* coefficients_in(void* scratch, const Shape& shape) {
  return reinterpret_cast<Coefficients<A>*>(static_cast<Sums*>(scratch) +
                                            shape.samples * shape.channels * pixel_blocks(shape.plane()));
}

}  // namespace

namespace typed {

template <typename T, typename A>
void norm_statistics(const void* x, const Shape& shape, int64_t groups, double eps, void* mean, void* var, void* invstd,
                     void* scratch, Stream stream) {
  const T* in = static_cast<const T*>(x);
  Sums* partial = static_cast<Sums*>(scratch);
  const Shape s = shape;
  reduce("norm_statistics", s, s.plane(), partial, stream,
         [=] __device__(int64_t n, int64_t c, int64_t pixel) { return device::moment_terms(in, s, n, c, pixel); });
  A *m = static_cast<A*>(mean), *v = static_cast<A*>(var), *i = static_cast<A*>(invstd);
  const int64_t blocks = pixel_blocks(s.plane()), count = s.plane() * (groups == 1 ? s.samples : 1);
  for_each("norm_statistics: sums", groups * s.channels, stream, [=] __device__(int64_t k) {
    const int64_t c = k % s.channels;
    const Sums sums = total(partial, s.samples, s.channels, blocks, groups, k / s.channels, c);
    device::finish_moments(sums, in, s, c, count, eps, m + k, v + k, i + k);
  });
}

template <typename T, typename A>
void norm_relu(const void* x, const Shape& shape, const NormData& norm, void* y, Stream stream) {
  const T* in = static_cast<const T*>(x);
  T* out = static_cast<T*>(y);
  const auto z = view<A>(norm);
  const Shape s = shape;
  for_each("norm_relu", s.elements(), stream, [=] __device__(int64_t i) { device::norm_relu_at(i, in, s, z, out); });
}

template <typename T, typename A>
void norm_relu_pool(const void* x, const Shape& shape, const NormData& norm, void* p, uint8_t* code, Stream stream) {
  const T* in = static_cast<const T*>(x);
  T* out = static_cast<T*>(p);
  const auto z = view<A>(norm);
  const Shape s = shape, pooled = pooled_of(shape);
  for_each("norm_relu_pool", pooled.elements(), stream,
           [=] __device__(int64_t i) { device::norm_relu_pool_at(i, in, s, pooled, z, out, code); });
}

template <typename T, typename A>
void norm_relu_backward(const void* dy, const void* x, const Shape& shape, const NormData& norm, void* dx,
                        void* d_gamma, void* d_beta, void* scratch, Stream stream) {
  const T *d = static_cast<const T*>(dy), *in = static_cast<const T*>(x);
  T* out = static_cast<T*>(dx);
  const NormView<A> z = view<A>(norm);
  const Shape s = shape;
  Sums* partial = static_cast<Sums*>(scratch);
  Coefficients<A>* k = coefficients_in<A>(scratch, s);
  reduce(
      "norm_relu_backward: sums", s, s.plane(), partial, stream,
      [=] __device__(int64_t n, int64_t c, int64_t pixel) { return device::gradient_terms(d, in, s, z, n, c, pixel); });
  finish_gradients(partial, s, s.plane(), z, k, static_cast<A*>(d_gamma), static_cast<A*>(d_beta), stream);
  for_each("norm_relu_backward", s.elements(), stream,
           [=] __device__(int64_t i) { device::gradient_at(i, d, in, s, z, k, out); });
}

template <typename T, typename A>
void norm_relu_pool_backward(const void* dp, const void* p, const uint8_t* code, const void* x, const Shape& shape,
                             const NormData& norm, void* dx, void* d_gamma, void* d_beta, void* scratch,
                             Stream stream) {
  const T *d = static_cast<const T*>(dp), *y = static_cast<const T*>(p), *in = static_cast<const T*>(x);
  T* out = static_cast<T*>(dx);
  const NormView<A> z = view<A>(norm);
  const Shape s = shape, pooled = pooled_of(shape);
  Sums* partial = static_cast<Sums*>(scratch);
  Coefficients<A>* k = coefficients_in<A>(scratch, s);
  reduce("norm_relu_pool_backward: sums", s, pooled.plane(), partial, stream,
         [=] __device__(int64_t n, int64_t c, int64_t pixel) {
           return device::gradient_terms_pool(d, y, code, in, s, pooled, z, n, c, pixel);
         });
  finish_gradients(partial, s, pooled.plane(), z, k, static_cast<A*>(d_gamma), static_cast<A*>(d_beta), stream);
  for_each("norm_relu_pool_backward", s.elements(), stream,
           [=] __device__(int64_t i) { device::gradient_pool_at(i, d, y, code, in, s, pooled, z, k, out); });
}

template <typename T, typename A>
void unpool(const void* y, const uint8_t* code, const Shape& pooled, const Shape& shape, void* out, Stream stream) {
  const T* in = static_cast<const T*>(y);
  T* to = static_cast<T*>(out);
  const Shape small = pooled, s = shape;
  for_each("unpool", s.elements(), stream, [=] __device__(int64_t i) { device::unpool_at(i, in, code, small, s, to); });
}

template <typename T, typename A>
void unpool_backward(const void* d, const uint8_t* code, const Shape& pooled, const Shape& shape, void* out,
                     Stream stream) {
  const T* in = static_cast<const T*>(d);
  T* to = static_cast<T*>(out);
  const Shape small = pooled, s = shape;
  for_each("unpool_backward", small.elements(), stream,
           [=] __device__(int64_t i) { device::unpool_backward_at(i, in, code, small, s, to); });
}

}  // namespace typed

int64_t reduction_scratch(const Shape& s) {
  const int64_t maps = s.samples * s.channels;
  return maps * pixel_blocks(s.plane()) * static_cast<int64_t>(sizeof(Sums)) +
         maps * static_cast<int64_t>(sizeof(Coefficients<double>));
}

void norm_statistics(Element element, const void* x, const Shape& shape, int64_t groups, double eps, void* mean,
                     void* var, void* invstd, void* scratch, Stream stream) {
  JTR_DISPATCH(element, typed::norm_statistics, x, shape, groups, eps, mean, var, invstd, scratch, stream)
}

void norm_relu(Element element, const void* x, const Shape& shape, const NormData& norm, void* y, Stream stream) {
  JTR_DISPATCH(element, typed::norm_relu, x, shape, norm, y, stream)
}

void norm_relu_pool(Element element, const void* x, const Shape& shape, const NormData& norm, void* p, uint8_t* code,
                    Stream stream) {
  JTR_DISPATCH(element, typed::norm_relu_pool, x, shape, norm, p, code, stream)
}

void norm_relu_backward(Element element, const void* dy, const void* x, const Shape& shape, const NormData& norm,
                        void* dx, void* d_gamma, void* d_beta, void* scratch, Stream stream) {
  JTR_DISPATCH(element, typed::norm_relu_backward, dy, x, shape, norm, dx, d_gamma, d_beta, scratch, stream)
}

void norm_relu_pool_backward(Element element, const void* dp, const void* p, const uint8_t* code, const void* x,
                             const Shape& shape, const NormData& norm, void* dx, void* d_gamma, void* d_beta,
                             void* scratch, Stream stream) {
  JTR_DISPATCH(element, typed::norm_relu_pool_backward, dp, p, code, x, shape, norm, dx, d_gamma, d_beta, scratch,
               stream)
}

void unpool(Element element, const void* y, const uint8_t* code, const Shape& pooled, const Shape& shape, void* out,
            Stream stream) {
  JTR_DISPATCH(element, typed::unpool, y, code, pooled, shape, out, stream)
}

void unpool_backward(Element element, const void* d, const uint8_t* code, const Shape& pooled, const Shape& shape,
                     void* out, Stream stream) {
  JTR_DISPATCH(element, typed::unpool_backward, d, code, pooled, shape, out, stream)
}

}  // namespace jtr::kernels::cuda
