// The operations of table.h by ATen's, as their headers write them: for every device and precision, and what kernels
// are tested with.
#pragma once

#include "kernels/adam.h"
#include "kernels/norm_add_relu.h"
#include "kernels/norm_relu.h"

namespace jtr::kernels::by_aten {

NormStatistics norm_statistics(const at::Tensor& x, bool per_sample, double eps);
at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, const NormStatistics& s);
std::tuple<at::Tensor, at::Tensor> norm_relu_pool(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                                  const NormStatistics& s);
NormGradients norm_relu_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma,
                                 const at::Tensor& beta, const NormStatistics& s, const at::Tensor& dx);
NormGradients norm_relu_pool_backward(const at::Tensor& dp, const at::Tensor& p, const at::Tensor& code,
                                      const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                      const NormStatistics& s);
at::Tensor norm_add_relu(const NormedMap& x, const NormedMap& r);
at::Tensor unpool(const at::Tensor& y, const at::Tensor& code, int64_t height, int64_t width);
at::Tensor unpool_backward(const at::Tensor& d, const at::Tensor& code);
at::Tensor one_hot_of_max(const at::Tensor& x);
void adam(at::Tensor& p, const at::Tensor& g, at::Tensor& m, at::Tensor& v, const AdamFactors& factors);
/// Drawn on the host, so that every device has the same numbers.
void exponential_noise(at::Tensor& out, uint64_t seed, uint32_t index, int64_t first);
double squared_norm(const at::Tensor& flat);

}  // namespace jtr::kernels::by_aten
