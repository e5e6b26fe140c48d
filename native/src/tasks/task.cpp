#include "tasks/task.h"

#include <set>

#include "error.h"

namespace jtr {

TaskSet::TaskSet(const std::vector<TaskSpec>& specs) {
  std::set<std::string> names;
  channel_groups_.emplace();
  channel_groups_->count = 0;
  for (const TaskSpec& spec : specs) {
    if (!names.insert(spec.name).second) {
      throw Error(JTR_STATUS_INVALID_ARGUMENT, text("tasks: two tasks are named '", spec.name, "'"))
          .with_field("tasks");
    }
    tasks_.push_back(make_task(spec));
    channel_offset_.push_back(channels_);
    label_offset_.push_back(label_channels_);
    noise_offset_.push_back(noise_channels_);
    add_channel_group(*tasks_.back());
    channels_ += tasks_.back()->channels();
    label_channels_ += tasks_.back()->label_channels();
    noise_channels_ += tasks_.back()->noise_channels();
  }
}

void TaskSet::add_channel_group(const Task& task) {
  std::optional<kernels::device::ChannelGroup> group = task.channel_group();
  if (!group || !channel_groups_ || channel_groups_->count == kernels::device::kMostGroups) {
    channel_groups_.reset();
    return;
  }
  group->channels = task.channels();
  group->label_channels = task.label_channels();
  group->noise_channels = task.noise_channels();
  group->channel = channels_;
  group->label = label_channels_;
  group->noise = noise_channels_;
  channel_groups_->group[channel_groups_->count++] = *group;
}

at::Tensor TaskSet::prediction(const at::Tensor& stack, size_t i) const {
  return stack.narrow(1, channel_offset_[i], tasks_[i]->channels());
}

at::Tensor TaskSet::label(const at::Tensor& stack, size_t i) const {
  return stack.narrow(1, label_offset_[i], tasks_[i]->label_channels());
}

at::Tensor TaskSet::noise(const at::Tensor& stack, size_t i) const {
  if (tasks_[i]->noise_channels() == 0) return {};
  return stack.narrow(1, noise_offset_[i], tasks_[i]->noise_channels());
}

at::Tensor Task::enlarged(const at::Tensor& target, const at::Tensor&, const at::Tensor&) const { return target; }

at::Tensor Task::mapping_prediction(const at::Tensor& prediction, const at::Tensor& noise) const {
  return encode_prediction(prediction, at::ones({}, prediction.options()), noise);
}

at::Tensor Task::mapping_label(const at::Tensor& label) const { return encode_label(label, {}); }

at::Tensor sum_per_sample(const at::Tensor& x) { return x.flatten(1).sum(1); }

at::Tensor mean_per_sample(const at::Tensor& x) { return x.flatten(1).mean(1); }

at::Tensor count_nonzero_per_sample(const at::Tensor& x) { return x.ne(0).flatten(1).sum(1).clamp_min(1); }

}  // namespace jtr
