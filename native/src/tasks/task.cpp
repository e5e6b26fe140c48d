#include "tasks/task.h"

#include <set>

#include "error.h"

namespace jtr {
namespace {

constexpr size_t kMostNameBytes = 100;

/// Length of the UTF-8 character at `at`, 0 where there is none (overlong, surrogate, cut off).
size_t utf8_length(const std::string& s, size_t at) {
  const auto byte = [&s](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F);
    return !bad && follows(at + 1) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool bad = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return !bad && follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void check_task_name(const std::string& name, const std::string& field) {
  const auto refuse = [&field](const std::string& why) {
    throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": ", why)).with_field(field);
  };
  if (name.empty()) refuse("a task needs a name");
  if (name.size() > kMostNameBytes) refuse(text("the name has ", name.size(), " bytes, more than ", kMostNameBytes));
  for (size_t i = 0, length = 0; i < name.size(); i += length) {
    length = utf8_length(name, i);
    if (length == 0) refuse(text("the name is not UTF-8 (byte ", i, ")"));
    const unsigned char c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7F) refuse(text("the name has a control character (byte ", i, ")"));
    if (c == '/' || c == '\\' || c == ':')
      refuse(text("'", name, "' has a '", name[i], "', which file names cannot hold"));
  }
  if (name == "." || name == "..") refuse(text("'", name, "' is no name"));
}

Task::Task(const std::string& kind, const std::string& name) : kind_(kind), name_(name) {}

Registry<Task, TaskSetting>& Task::registry() {
  static Registry<Task, TaskSetting> all("kind of task", "kind");
  return all;
}

void Task::not_in_joint_space() const {
  throw Error(JTR_STATUS_INVALID_STATE,
              text("task '", name_, "': the kind '", kind_, "' has no place in a joint space"));
}

at::Tensor Task::enlarged(const at::Tensor& target, const at::Tensor&, const at::Tensor&) const { return target; }

at::Tensor Task::agreement_loss(const at::Tensor& prediction, const at::Tensor& target, double temperature,
                                const at::Tensor& confidence) const {
  const at::Tensor each = disagreement(prediction, target, temperature);
  return mean_per_sample((confidence.defined() ? each * confidence : each).unsqueeze(1));
}

at::Tensor Task::encode_prediction(const at::Tensor&, const at::Tensor&, const at::Tensor&) const {
  not_in_joint_space();
}
at::Tensor Task::encode_label(const at::Tensor&, const at::Tensor&) const { not_in_joint_space(); }
at::Tensor Task::label_target(const at::Tensor&) const { not_in_joint_space(); }
at::Tensor Task::completion_target(const at::Tensor&, const at::Tensor&, const at::Tensor&) const {
  not_in_joint_space();
}
at::Tensor Task::prediction_target(const at::Tensor&, const at::Tensor&, const at::Tensor&) const {
  not_in_joint_space();
}
at::Tensor Task::reconstruction_loss(const at::Tensor&, const at::Tensor&, const at::Tensor&) const {
  not_in_joint_space();
}
at::Tensor Task::corrected_reconstruction_loss(const at::Tensor&, const at::Tensor&, const at::Tensor&) const {
  not_in_joint_space();
}

at::Tensor Task::mapping_prediction(const at::Tensor& prediction, const at::Tensor& noise) const {
  return encode_prediction(prediction, at::ones({}, prediction.options()), noise);
}

at::Tensor Task::mapping_label(const at::Tensor& label) const { return encode_label(label, {}); }

TaskSet::TaskSet(const std::vector<Variant>& tasks) : made_of_(tasks) {
  std::set<std::string> names;
  channel_groups_.emplace();
  channel_groups_->count = 0;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const std::string path = text("tasks[", i, "]");
    tasks_.push_back(Task::registry().make({tasks[i].options, path}, {}));
    const Task& task = *tasks_.back();
    check_task_name(task.name(), path + ".name");
    if (!names.insert(task.name()).second) {
      throw Error(JTR_STATUS_INVALID_ARGUMENT, text(path, ".name: two tasks are named '", task.name(), "'"))
          .with_field(path + ".name");
    }
    const bool is_pixel = task.extent() == Extent::kPixel;
    Sizes& sizes = is_pixel ? planes_ : vectors_;
    (is_pixel ? pixel_tasks_ : image_tasks_).push_back(i);
    channel_offset_.push_back(sizes.channels);
    label_offset_.push_back(sizes.label_channels);
    noise_offset_.push_back(noise_channels_);
    if (is_pixel) add_channel_group(task);
    sizes.channels += task.channels();
    sizes.label_channels += task.label_channels();
    noise_channels_ += task.noise_channels();
  }
}

size_t TaskSet::number(const std::string& name, const std::string& field) const {
  std::vector<std::string> names;
  for (size_t t = 0; t < size(); ++t) {
    if (tasks_[t]->name() == name) return t;
    names.push_back(tasks_[t]->name());
  }
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": there is no task '", name, "'", suggestion(name, names)))
      .with_field(field);
}

TaskSet TaskSet::only(const std::vector<size_t>& numbers) const {
  std::vector<Variant> chosen;
  for (const size_t i : numbers) chosen.push_back(made_of_[i]);
  return TaskSet(chosen);
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
  group->channel = channel_offset_.back();
  group->label = label_offset_.back();
  group->noise = noise_channels_;
  channel_groups_->group[channel_groups_->count++] = *group;
}

at::Tensor TaskSet::prediction(const TaskTensors& all, size_t i) const {
  const at::Tensor& from = tasks_[i]->extent() == Extent::kPixel ? all.planes : all.vectors;
  return from.narrow(1, channel_offset_[i], tasks_[i]->channels());
}

at::Tensor TaskSet::label(const TaskTensors& all, size_t i) const {
  const at::Tensor& from = tasks_[i]->extent() == Extent::kPixel ? all.planes : all.vectors;
  return from.narrow(1, label_offset_[i], tasks_[i]->label_channels());
}

at::Tensor TaskSet::noise(const at::Tensor& stack, size_t i) const {
  if (tasks_[i]->noise_channels() == 0) return {};
  const at::Tensor own = stack.narrow(1, noise_offset_[i], tasks_[i]->noise_channels());
  return tasks_[i]->extent() == Extent::kPixel ? own : own.flatten(1);
}

TaskTensors TaskSet::activate(const TaskTensors& raw) const {
  std::vector<at::Tensor> planes, vectors;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    (tasks_[t]->extent() == Extent::kPixel ? planes : vectors).push_back(tasks_[t]->activate(prediction(raw, t)));
  }
  return {planes.empty() ? at::Tensor{} : at::cat(planes, 1), vectors.empty() ? at::Tensor{} : at::cat(vectors, 1)};
}

at::Tensor sum_per_sample(const at::Tensor& x) { return x.flatten(1).sum(1); }

at::Tensor mean_per_sample(const at::Tensor& x) { return x.flatten(1).mean(1); }

at::Tensor count_nonzero_per_sample(const at::Tensor& x) { return x.ne(0).flatten(1).sum(1).clamp_min(1); }

}  // namespace jtr
