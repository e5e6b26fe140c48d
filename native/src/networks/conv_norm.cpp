#include "networks/conv_norm.h"

namespace jtr {
namespace {

const at::Tensor& weight_of(const ParameterStore& store, int64_t i, const Pass& pass) {
  return pass.trainable ? store.parameter(i, pass.norm.set) : store.frozen(i, pass.norm.set);
}

}  // namespace

ConvNorm::ConvNorm(ParameterStore& store, std::string convolution, std::string norm, const Shape& shape)
    : store_(&store),
      convolution_name_(std::move(convolution)),
      norm_name_(std::move(norm)),
      shape_(shape),
      weight_(store.add_parameter(convolution_name_ + ".weight", {shape.out, shape.in, shape.kernel, shape.kernel})),
      gamma_(store.add_parameter(norm_name_ + ".weight", {shape.out})),
      beta_(store.add_parameter(norm_name_ + ".bias", {shape.out})),
      running_mean_(store.add_buffer(norm_name_ + ".running_mean", {shape.out})),
      running_var_(store.add_buffer(norm_name_ + ".running_var", {shape.out})),
      batches_(store.add_buffer(norm_name_ + ".num_batches_tracked", {}, true)) {}

void ConvNorm::initialize(uint64_t seed, uint32_t stream) {
  store_->he_normal(weight_, seed, stream);
  store_->frozen(gamma_).fill_(1);
  store_->frozen(beta_).zero_();
  store_->buffer(running_mean_).zero_();
  store_->buffer(running_var_).fill_(1);
  store_->buffer(batches_).zero_();
}

Convolution ConvNorm::convolution(const Pass& pass) const {
  return {weight_of(*store_, weight_, pass), {}, pass.keep_input, shape_.stride, shape_.dilation};
}

Norm ConvNorm::norm(const Pass& pass) const {
  const at::Tensor &gamma = weight_of(*store_, gamma_, pass), &beta = weight_of(*store_, beta_, pass);
  Norm norm{mode_of_norms(pass.norm.mode), gamma, beta, {}, {}, {}, store_->norms_shared_with()};
  if (has_running_statistics(pass.norm.mode, pass.again)) {
    norm.running_mean = store_->buffer(running_mean_, pass.norm.set);
    norm.running_var = store_->buffer(running_var_, pass.norm.set);
    norm.batches = store_->buffer(batches_, pass.norm.set);
  }
  return norm;
}

void ConvNorm::add_weights(std::vector<at::Tensor>& weights, int64_t set) const {
  for (const int64_t i : {weight_, gamma_, beta_}) weights.push_back(store_->parameter(i, set));
}

RawMap ConvNorm::apply(const at::Tensor& x, const Pass& pass, const FirstChannels& further) const {
  if (!further.defined()) return apply(x, pass);
  Convolution wider = convolution(pass);
  wider.weight = further.weight_after(wider.weight);
  return convolve(further.after(x), wider, norm(pass));
}

std::string ConvNorm::write(GraphWriter& graph, const std::string& x, const std::vector<std::string>& further) const {
  std::string y = graph.convolve(x, convolution_name_ + ".weight", "", {shape_.kernel, shape_.stride, shape_.dilation});
  for (const std::string& more : further) y = graph.add(y, more);
  return graph.norm(y, norm_name_);
}

PlainConvolution::PlainConvolution(ParameterStore& store, std::string name, int64_t in, int64_t out, int64_t kernel)
    : store_(&store),
      name_(std::move(name)),
      kernel_(kernel),
      weight_(store.add_parameter(name_ + ".weight", {out, in, kernel, kernel})),
      bias_(store.add_parameter(name_ + ".bias", {out})) {}

void PlainConvolution::initialize(uint64_t seed, uint32_t stream) {
  store_->xavier_normal(weight_, seed, stream);
  store_->frozen(bias_).zero_();
}

void PlainConvolution::scale_weights(const std::vector<double>& scale) {
  at::Tensor weight = store_->frozen(weight_);
  weight.mul_(at::tensor(scale, at::kDouble).to(weight.options()).view({-1, 1, 1, 1}));
}

void PlainConvolution::set_bias(const std::vector<double>& bias) {
  store_->frozen(bias_).copy_(at::tensor(bias, at::kDouble));
}

Convolution PlainConvolution::convolution(const Pass& pass) const {
  return {weight_of(*store_, weight_, pass), weight_of(*store_, bias_, pass), pass.keep_input};
}

void PlainConvolution::add_weights(std::vector<at::Tensor>& weights, int64_t set) const {
  weights.push_back(store_->parameter(weight_, set));
  weights.push_back(store_->parameter(bias_, set));
}

std::string PlainConvolution::write(GraphWriter& graph, const std::string& x) const {
  return graph.convolve(x, name_ + ".weight", name_ + ".bias", {kernel_, 1, 1});
}

}  // namespace jtr
