#include "methods/task_encoders.h"

#include "methods/pair_networks.h"

namespace jtr {

TaskEncoders::TaskEncoders(ParameterStore& store, const TaskSet& tasks, int64_t planes_of_task)
    : store_(store), tasks_(tasks), planes_of_task_(planes_of_task) {
  for (size_t t = 0; t < tasks.size(); ++t) {
    const int64_t channels = tasks[t].channels();
    const auto declare = [&](const std::string& what, int64_t out, int64_t in) {
      std::vector<int64_t> sizes = {out, in};
      if (tasks[t].extent() == Extent::kPixel) sizes.insert(sizes.end(), {1, 1});
      return store.add_parameter(what + "." + escaped_name(tasks[t].name()) + ".weight", sizes);
    };
    const auto declare_bias = [&](const std::string& what, int64_t out) {
      return store.add_parameter(what + "." + escaped_name(tasks[t].name()) + ".bias", {out});
    };
    Coder coder{};
    coder.weight = declare("task_encoder", planes_of_task, channels);
    coder.bias = declare_bias("task_encoder", planes_of_task);
    coder.decoder_weight = declare("task_decoder", channels, planes_of_task);
    coder.decoder_bias = declare_bias("task_decoder", channels);
    coders_.push_back(coder);
  }
}

void TaskEncoders::initialize(uint64_t seed, uint32_t stream) {
  for (const Coder& coder : coders_) {
    store_.xavier_normal(coder.weight, seed, stream);
    store_.xavier_normal(coder.decoder_weight, seed, stream);
    store_.frozen(coder.bias).zero_();
    store_.frozen(coder.decoder_bias).zero_();
  }
}

at::Tensor TaskEncoders::encode(const TaskTensors& values, bool trainable) const {
  std::vector<at::Tensor> all;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const at::Tensor own = tasks_.prediction(values, t);
    const at::Tensor &w = weight(coders_[t].weight, trainable), &b = weight(coders_[t].bias, trainable);
    if (tasks_[t].extent() == Extent::kPixel) {
      all.push_back(at::conv2d(own, w, b));
    } else {
      const at::Tensor constant = at::linear(own, w, b).unsqueeze(2).unsqueeze(3);
      all.push_back(constant.expand({-1, -1, values.planes.size(2), values.planes.size(3)}));
    }
  }
  return at::cat(all, 1);
}

TaskTensors TaskEncoders::decode(const at::Tensor& planes) const {
  std::vector<at::Tensor> of_pixels, of_images;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    const at::Tensor own = planes.narrow(1, static_cast<int64_t>(t) * planes_of_task_, planes_of_task_);
    const at::Tensor &w = store_.parameter(coders_[t].decoder_weight), &b = store_.parameter(coders_[t].decoder_bias);
    if (tasks_[t].extent() == Extent::kPixel) {
      of_pixels.push_back(at::conv2d(own, w, b));
    } else {
      of_images.push_back(at::linear(own.mean({2, 3}), w, b).unsqueeze(2).unsqueeze(3));
    }
  }
  return {at::cat(of_pixels, 1), of_images.empty() ? at::Tensor{} : at::cat(of_images, 1)};
}

}  // namespace jtr
