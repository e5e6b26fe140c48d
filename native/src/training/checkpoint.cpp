#include "training/checkpoint.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "error.h"
#include "io/finite.h"
#include "io/safetensors.h"

namespace jtr {
namespace {

constexpr char kFormatKey[] = "jtr.format";
constexpr char kFormat[] = "1";
constexpr char kKindKey[] = "jtr.kind";
constexpr char kStepKey[] = "jtr.step";
constexpr char kSeedKey[] = "jtr.seed";
constexpr char kRateKey[] = "jtr.learning_rate";
constexpr char kOptionsKey[] = "jtr.options";

/// Steps up to here are whole numbers of a double, in which Adam counts.
constexpr uint64_t kMostSteps = uint64_t{1} << 53;

Error bad_file(const std::string& path, const std::string& message) {
  return Error(JTR_STATUS_FORMAT, message).with_path(path);
}

uint64_t number(const io::SafetensorsFile& file, const std::string& path, const char* key) {
  const std::string& value = file.metadata_value(key);
  char* end = nullptr;
  errno = 0;
  const unsigned long long parsed = std::strtoull(value.c_str(), &end, 10);
  if (value.empty() || value[0] == '-' || *end != 0 || errno != 0) {
    throw bad_file(path, text("metadata '", key, "' is '", value, "', not a whole number"));
  }
  return parsed;
}

/// The number as text that gives it back to the last bit.
std::string exact(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

/// "segmentation, depth": names of the tasks of a trainer's options.
std::string task_names(const Json& tasks) {
  std::string names;
  for (const Json& task : tasks) names += (names.empty() ? "" : ", ") + task.value("name", std::string("?"));
  return names;
}

/// Throws unless the file was made for these tasks in this order: tensors do not tell tasks of equal size apart.
void check_tasks(const std::string& path, const Json& saved, const Json& wanted) {
  if (saved == wanted) return;
  if (task_names(saved) != task_names(wanted)) {
    throw bad_file(path, text("was made for the tasks ", task_names(saved), "; these are ", task_names(wanted)));
  }
  for (size_t i = 0; i < saved.size() && i < wanted.size(); ++i) {
    if (saved[i] == wanted[i]) continue;
    throw bad_file(path, text("its task '", wanted[i].value("name", std::string()), "' is ", saved[i].dump(),
                              ", here it is ", wanted[i].dump()));
  }
}

Json options_of(const io::SafetensorsFile& file, const std::string& path) {
  const auto found = file.metadata().find(kOptionsKey);
  if (found == file.metadata().end()) return {};
  try {
    Json options = parse_json(found->second, kOptionsKey);
    if (!options.is_object() || !options.contains("tasks") || !options["tasks"].is_array()) {
      throw bad_file(path, text("metadata '", kOptionsKey, "' has no tasks"));
    }
    return options;
  } catch (const Error& e) {
    throw bad_file(path, text("metadata ", e.what()));
  }
}

std::optional<double> rate_of(const io::SafetensorsFile& file, const std::string& path) {
  const auto found = file.metadata().find(kRateKey);
  if (found == file.metadata().end()) return {};
  char* end = nullptr;
  const double rate = std::strtod(found->second.c_str(), &end);
  if (found->second.empty() || *end != 0 || !(rate > 0) || !std::isfinite(rate)) {
    throw bad_file(path, text("metadata '", kRateKey, "' is '", found->second, "', not a number above 0"));
  }
  return rate;
}

}  // namespace

void add_state(TensorList& list, const std::string& prefix, const ParameterStore& store) {
  list.add(prefix, store.parameter_list(), store.flat_parameters());
  list.add(prefix, store.buffer_list(), store.flat_buffers());
}

void add_moments(TensorList& list, const std::string& prefix, const Optimizer& optimizer) {
  for (const Optimizer::State& state : optimizer.state()) {
    list.add(state.name + "/" + prefix, optimizer.store().parameter_list(), state.flat);
  }
}

void save_checkpoint(const std::string& path, const std::string& kind, const CheckpointHeader& header,
                     const TensorList& tensors, const Metadata& metadata) {
  Metadata all = {{kFormatKey, kFormat},
                  {kKindKey, kind},
                  {kStepKey, std::to_string(header.step)},
                  {kSeedKey, std::to_string(header.seed)}};
  if (header.learning_rate) all.emplace_back(kRateKey, exact(*header.learning_rate));
  if (!header.options.is_null()) all.emplace_back(kOptionsKey, header.options.dump());
  std::set<std::string> keys;
  for (const auto& entry : metadata) {
    require(!entry.first.empty() && entry.first.rfind("jtr.", 0) != 0, "entries.key", "'", entry.first,
            "' is empty or begins with 'jtr.', which the library keeps for itself");
    require(keys.insert(entry.first).second, "entries.key", "'", entry.first, "' is there twice");
    all.push_back(entry);
  }
  std::vector<io::NamedData> data;
  for (const TensorEntry& entry : tensors.entries()) {
    // Counters are integers in PyTorch's state, and so here.
    const at::Tensor host = entry.is_counter ? entry.tensor.to(at::kCPU, at::kLong) : entry.tensor.to(at::kCPU);
    data.push_back({entry.name, host.contiguous()});
  }
  io::write_safetensors(path, data, all);
}

CheckpointHeader load_checkpoint(const std::string& path, const std::string& kind, const TensorList& tensors,
                                 const Json& options) {
  const io::SafetensorsFile file(path);
  if (file.metadata_value(kFormatKey) != kFormat) {
    throw bad_file(path, text("not a checkpoint of this library: metadata '", kFormatKey, "' is '",
                              file.metadata_value(kFormatKey), "', expected '", kFormat, "'"));
  }
  if (file.metadata_value(kKindKey) != kind) {
    throw bad_file(path, text("holds a ", file.metadata_value(kKindKey), ", not a ", kind));
  }
  CheckpointHeader header{};
  const uint64_t step = number(file, path, kStepKey);
  if (step > kMostSteps) throw bad_file(path, text("metadata '", kStepKey, "' is ", step, ", more than ", kMostSteps));
  header.step = static_cast<int64_t>(step);
  header.seed = number(file, path, kSeedKey);
  header.learning_rate = rate_of(file, path);
  header.options = options_of(file, path);
  if (!header.options.is_null()) check_tasks(path, header.options["tasks"], options["tasks"]);

  std::set<std::string> known;
  std::vector<at::Tensor> values;
  for (const TensorEntry& entry : tensors.entries()) {
    known.insert(entry.name);
    const io::TensorPlace* place = file.find(entry.name);
    if (place == nullptr) throw bad_file(path, text("has no tensor '", entry.name, "'"));
    if (place->sizes != entry.sizes) {
      throw Error(JTR_STATUS_FORMAT, text("tensor '", entry.name, "' has the shape ", at::IntArrayRef(place->sizes),
                                          ", expected ", at::IntArrayRef(entry.sizes)))
          .with_path(path, place->begin);
    }
    values.push_back(file.read(*place));
    const int64_t bad = io::first_not_finite(values.back());
    if (bad >= 0) {
      throw Error(JTR_STATUS_FORMAT, text("element ", bad, " of tensor '", entry.name, "' is ",
                                          values.back().flatten()[bad].item<double>(), ", not a finite number"))
          .with_path(path, place->begin);
    }
  }
  for (const auto& place : file.tensors()) {
    if (known.count(place.first) == 0) {
      throw Error(JTR_STATUS_FORMAT, text("has a tensor '", place.first, "' that these tasks and this method do not"))
          .with_path(path, place.second.begin);
    }
  }
  for (size_t i = 0; i < values.size(); ++i) tensors.entries()[i].tensor.copy_(values[i]);
  return header;
}

}  // namespace jtr
