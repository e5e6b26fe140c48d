#include "training/batch_uploader.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <exception>
#include <utility>

#include "error.h"

namespace jtr {
namespace {

/// Whether two batches are the same memory.
bool same(const HostBatch& a, const HostBatch& b) {
  return a.views == b.views && a.samples == b.samples && a.height == b.height && a.width == b.width &&
         a.images == b.images && a.labels == b.labels && a.labelled == b.labelled && a.crops == b.crops;
}

}  // namespace

BatchUploader::BatchUploader(const TaskSet& tasks, std::string method, const at::TensorOptions& options, int64_t views,
                             bool crops)
    : tasks_(tasks), method_(std::move(method)), options_(options), views_(views), crops_(crops) {}

void BatchUploader::check(const HostBatch& batch) const {
  require(batch.views >= views_, "batch.views", "method '", method_, "' reads ", views_, " views, not ", batch.views);
  check_size(batch.samples, batch.height, batch.width, "batch");
  require(batch.images != nullptr, "batch.images", "is null");
  require(batch.labels != nullptr, "batch.labels", "is null");
  require(batch.labelled != nullptr, "batch.labelled", "is null");
  check_finite(batch.images, views_ * batch.samples * 3 * batch.height * batch.width, "batch.images");
  check_labelled(batch.labelled, batch.samples * static_cast<int64_t>(tasks_.size()), "batch.labelled");
  if (!crops_) return;
  require(batch.crops != nullptr, "batch.crops", "is null, but the method '", method_, "' needs it");
  check_crops(batch.crops, views_, batch.samples, batch.height, batch.width, "batch.crops");
}

DeviceBatch BatchUploader::copy(const HostBatch& batch, bool pinned) const {
  check(batch);
  const at::Tensor labels = checked_labels(tasks_, batch.labels, batch.labelled, views_, batch.samples, batch.height,
                                           batch.width, pinned, "batch.labels");
  at::Tensor images = at::from_blob(const_cast<float*>(batch.images),
                                    {views_ * batch.samples, 3, batch.height, batch.width}, at::kFloat);
  if (pinned) {
    const at::Tensor own = at::empty(images.sizes(), at::TensorOptions(at::kFloat).pinned_memory(true));
    std::memcpy(own.data_ptr<float>(), batch.images, static_cast<size_t>(images.numel()) * sizeof(float));
    images = own;
  }
  return {images.to(options_, pinned), labels.to(options_, pinned),
          upload_labelled(batch.labelled, batch.samples, static_cast<int64_t>(tasks_.size()), options_.device())};
}

void BatchUploader::begin(const HostBatch& batch) {
  held_.reset();
  copied_ = {};
  done_.reset();
  try {
    const at::Device device = options_.device();
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
    const c10::Stream computing = c10::impl::VirtualGuardImpl(options_.device().type()).getStream(options_.device());
    done_->block(computing);
    // Their memory belongs to the other stream: not to be given away before this one has read it.
    for (at::Tensor* tensor : {&made.images, &made.labels, &made.labelled}) tensor->record_stream(computing);
  }
  return made;
}

}  // namespace jtr
