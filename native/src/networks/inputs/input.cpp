#include "networks/inputs/input.h"

#include <algorithm>

#include "error.h"
#include "philox.h"
#include "tasks/task.h"

namespace jtr {

Registry<Input, InputSetting>& Input::registry() {
  static Registry<Input, InputSetting> all("kind of input", "kind");
  return all;
}

void InputOptions::visit(OptionVisitor& v, int64_t most_channels, const char* numbers) {
  v.word("name", name, "Name of the input, as of a task. 'image' is the photograph itself.");
  v.integer("channels", channels, within(1, static_cast<double>(most_channels)), numbers);
  v.numbers("mean", mean, any_number(), "What is taken from them: one number for all, or one for each.");
  v.numbers("deviation", deviation, above(0), "What they are then divided by: one number for all, or one for each.");
}

void InputOptions::check(const std::string& path) const {
  require(!name.empty(), join_path(path, "name").c_str(), "an input needs a name");
  check_task_name(name, join_path(path, "name"));
  for (const auto& [key, values] : {std::pair{"mean", mean}, {"deviation", deviation}}) {
    require(values.size() == 1 || static_cast<int64_t>(values.size()) == channels, join_path(path, key).c_str(),
            "there must be one number, or one for each of the ", channels, " channels, not ", values.size());
  }
}

bool Input::is_plain() const {
  const auto all = [](const std::vector<double>& values, double is) {
    return std::all_of(values.begin(), values.end(), [is](double v) { return v == is; });
  };
  return all(options_.mean, 0) && all(options_.deviation, 1);
}

at::Tensor Input::normalized(const at::Tensor& x) const {
  if (is_plain()) return x;
  std::vector<int64_t> row(static_cast<size_t>(x.dim()), 1);
  row[1] = x.size(1);
  std::vector<double> mean, deviation;
  for (int64_t c = 0; c < x.size(1); ++c) {
    mean.push_back(mean_of(c));
    deviation.push_back(deviation_of(c));
  }
  const auto of_channels = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).to(x.options()).view(row);
  };
  return (x - of_channels(mean)) / of_channels(deviation);
}

std::string Input::write(GraphWriter& graph, const std::string& present) const {
  std::string x = graph.further_input(name());
  if (!is_planes()) x = graph.as_map(x);
  if (!is_plain()) {
    std::vector<int64_t> order;
    std::vector<double> scale, shift;
    for (int64_t c = 0; c < channels(); ++c) {
      order.push_back(c);
      scale.push_back(1 / deviation_of(c));
      shift.push_back(-mean_of(c) / deviation_of(c));
    }
    x = graph.channel_affine(x, order, scale, shift);
  }
  return graph.multiply(x, present);
}

InputSet::InputSet(const std::vector<Variant>& inputs) {
  std::vector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string place = text("inputs[", i, "]");
    auto made = Input::registry().make(inputs[i], {});
    require(std::find(names.begin(), names.end(), made->name()) == names.end(), (place + ".name").c_str(),
            "there are two inputs named '", made->name(), "'");
    names.push_back(made->name());
    if (made->name() != kImage) {
      further_.push_back(std::move(made));
      continue;
    }
    require(made->is_planes(), (place + ".kind").c_str(), "the photograph is planes");
    require(made->is_plain(), (place + ".mean").c_str(), "the network normalises the photograph itself");
    image_channels_ = made->channels();
  }
}

const InputSet& InputSet::photograph() {
  static const InputSet alone({});
  return alone;
}

InputTensors InputSet::normalized(const InputTensors& raw) const {
  if (empty()) return raw;
  InputTensors made = raw;
  for (size_t i = 0; i < size(); ++i) made.further[i] = further_[i]->normalized(raw.further[i]);
  return made.with_only(raw.present);
}

at::Tensor InputSet::kept(int64_t samples, double dropout, uint64_t seed, int64_t step, int64_t first) const {
  const int64_t inputs = static_cast<int64_t>(size());
  at::Tensor kept = at::ones({samples, inputs}, at::kDouble);
  for (int64_t b = 0; b < samples; ++b) {
    for (int64_t i = 0; i < inputs; ++i) {
      // One block for four inputs of a sample, so that the number of inputs moves nobody's draws.
      const uint64_t counter = static_cast<uint64_t>(first + b) << 16 | static_cast<uint64_t>(i / 4);
      const PhiloxBlock block = philox(seed, RandomUse::kInputDropout, static_cast<uint32_t>(step), counter);
      if (open_uniform(block.value[i % 4]) < dropout) kept[b][i] = 0;
    }
  }
  return kept;
}

Json InputSet::describe() const {
  Json all = Json::array();
  all.push_back({{"name", kImage}, {"kind", "planes"}, {"channels", image_channels_}});
  for (const auto& input : further_) {
    all.push_back({{"name", input->name()}, {"kind", input->kind()}, {"channels", input->channels()}});
  }
  return all;
}

}  // namespace jtr
