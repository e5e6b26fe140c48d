#include "training/batch_uploader.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <exception>
#include <utility>

#include "error.h"

namespace jtr {
namespace {

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.data_ptr() == b.data_ptr() && a.sizes() == b.sizes() && a.strides() == b.strides() &&
         a.scalar_type() == b.scalar_type();
}

/// Whether two batches are the same memory.
bool same(const HostBatch& a, const HostBatch& b) {
  if (a.labels.size() != b.labels.size()) return false;
  for (size_t t = 0; t < a.labels.size(); ++t) {
    if (!same(a.labels[t], b.labels[t])) return false;
  }
  if (a.inputs.size() != b.inputs.size()) return false;
  for (size_t i = 0; i < a.inputs.size(); ++i) {
    if (!same(a.inputs[i], b.inputs[i])) return false;
  }
  return same(a.images, b.images) && same(a.input_present, b.input_present) && same(a.labelled, b.labelled) &&
         same(a.label_weight, b.label_weight) && same(a.domain, b.domain) && same(a.crops, b.crops);
}

}  // namespace

DeviceBatch DeviceBatch::narrow(int64_t begin, int64_t count) const {
  const int64_t samples = labelled.size(0);
  const auto some = [&](const at::Tensor& all) { return all.defined() ? all.narrow(0, begin, count) : all; };
  const auto of_views = [&](const at::Tensor& all) {
    return all.unflatten(0, {all.size(0) / samples, samples}).narrow(1, begin, count).flatten(0, 1);
  };
  return {inputs.map(of_views), labels.map([&](const at::Tensor& x) { return x.narrow(1, begin, count); }),
          some(labelled), some(label_weight), some(domain)};
}

BatchUploader::BatchUploader(const TaskSet& tasks, Setting setting) : tasks_(tasks), setting_(std::move(setting)) {}

void BatchUploader::check(const HostBatch& batch) const {
  check_tensor(batch.images, at::kFloat, {-1, -1, setting_.inputs->image_channels(), -1, -1}, 3, "batch.image");
  require(batch.views() >= setting_.views, "batch.image", "the number of views must be ", setting_.views,
          " or more, as the method '", setting_.method, "' reads, not ", batch.views());
  check_image_size(batch.images, setting_.stride, "batch.image");
  check_tensor(batch.labelled, at::kByte, {batch.samples(), static_cast<int64_t>(tasks_.size())}, 2, "batch.labelled");
  check_finite(batch.images.narrow(0, 0, setting_.views), "batch.image");
  check_labelled(batch.labelled, "batch.labelled");
  if (batch.label_weight.defined()) {
    check_tensor(batch.label_weight, at::kDouble, batch.labelled.sizes(), 2, "batch.label_weight");
    check_label_weight(batch.label_weight, "batch.label_weight");
  }
  checked_domains(batch.domain, batch.samples(), 0, setting_.domains, "batch.domain");
  if (!setting_.crops) return;
  require(batch.crops.defined(), "batch.crops", "is missing, but the method '", setting_.method, "' needs it");
  check_tensor(batch.crops, at::kDouble, {batch.views(), batch.samples(), kCropFields}, 3, "batch.crops");
  check_crops(batch.crops.narrow(0, 0, setting_.views), batch.height(), batch.width(), "batch.crops");
}

DeviceBatch BatchUploader::copy(const HostBatch& batch, bool pinned) const {
  check(batch);
  const at::TensorOptions& options = setting_.options;
  const TaskTensors labels =
      checked_labels(tasks_, batch.labels, batch.labelled, setting_.views, batch.height(), batch.width(), pinned);
  at::Tensor images = batch.images.narrow(0, 0, setting_.views);
  if (pinned) {
    const at::Tensor own = at::empty(images.sizes(), at::TensorOptions(at::kFloat).pinned_memory(true));
    own.copy_(images);
    images = own;
  }
  const InputSet& all = *setting_.inputs;
  InputTensors inputs(images.flatten(0, 1).to(options, pinned));
  if (!all.empty()) {
    for (const at::Tensor& input : checked_inputs(all, batch.inputs, batch.input_present, setting_.views,
                                                  batch.samples(), batch.height(), batch.width(), pinned, "batch.")) {
      // A sample's vector is the same in all its views.
      inputs.further.push_back(input.dim() == 5 ? input.flatten(0, 1).to(options, pinned)
                                                : input.to(options, pinned).repeat({setting_.views, 1}));
    }
    inputs.present = upload_present(all, batch.input_present, batch.samples(), options).repeat({setting_.views, 1});
    inputs = all.normalized(inputs);
  }
  return {std::move(inputs), labels.map([&](const at::Tensor& x) { return x.to(options, pinned); }),
          upload_labelled(batch.labelled, options.device()),
          batch.label_weight.defined() ? batch.label_weight.to(options, false, true) : at::Tensor{},
          setting_.domain_tensor ? upload_domains(batch) : at::Tensor{}};
}

at::Tensor BatchUploader::upload_domains(const HostBatch& batch) const {
  const at::Device device = setting_.options.device();
  if (!batch.domain.defined()) return at::zeros({batch.samples()}, at::TensorOptions(at::kLong).device(device));
  return batch.domain.to(at::TensorOptions(at::kLong).device(device), false, true);
}

void BatchUploader::begin(const HostBatch& batch) {
  held_.reset();
  copied_ = {};
  done_.reset();
  try {
    const at::Device device = setting_.options.device();
    if (device.is_cpu()) {
      copied_ = copy(batch, false);
    } else {
      const c10::impl::VirtualGuardImpl streams(device.type());
      const c10::StreamGuard beside(streams.getStreamFromGlobalPool(device));
      copied_ = copy(batch, true);
      done_.emplace(device.type());
      done_->record(beside.current_stream());
    }
  } catch (const std::exception&) {
    return;  // the next step's to tell, if it is still there: a lack of memory may be over by then
  }
  held_ = batch;
}

bool BatchUploader::holds(const HostBatch& batch) const { return held_.has_value() && same(*held_, batch); }

DeviceBatch BatchUploader::take(const HostBatch& batch) {
  const bool brought = holds(batch);
  held_.reset();
  DeviceBatch made = std::exchange(copied_, {});
  if (!brought) return copy(batch, false);
  if (done_) {
    const c10::Stream computing =
        c10::impl::VirtualGuardImpl(setting_.options.device().type()).getStream(setting_.options.device());
    done_->block(computing);
    // Their memory belongs to the other stream: not to be given away before this one has read it.
    std::vector<at::Tensor> all = {made.inputs.image, made.inputs.present, made.labels.planes, made.labels.vectors,
                                   made.labelled,     made.label_weight,   made.domain};
    all.insert(all.end(), made.inputs.further.begin(), made.inputs.further.end());
    for (at::Tensor& tensor : all) {
      if (tensor.defined()) tensor.record_stream(computing);
    }
  }
  return made;
}

}  // namespace jtr
