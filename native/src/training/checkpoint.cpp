#include "training/checkpoint.h"

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
/// More than a training of a thousand years; what goes on from there still counts without overflow.
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

}  // namespace

void add_state(TensorList& list, const std::string& prefix, const ParameterStore& store) {
  list.add(prefix, store.parameter_list(), store.flat_parameters());
  list.add(prefix, store.buffer_list(), store.flat_buffers());
}

void add_moments(TensorList& list, const std::string& prefix, const Adam& optimizer) {
  list.add("adam.exp_avg/" + prefix, optimizer.store().parameter_list(), optimizer.exp_avg());
  list.add("adam.exp_avg_sq/" + prefix, optimizer.store().parameter_list(), optimizer.exp_avg_sq());
}

void save_checkpoint(const std::string& path, const std::string& kind, const CheckpointHeader& header,
                     const TensorList& tensors, const Metadata& metadata) {
  Metadata all = {{kFormatKey, kFormat},
                  {kKindKey, kind},
                  {kStepKey, std::to_string(header.step)},
                  {kSeedKey, std::to_string(header.seed)}};
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

CheckpointHeader load_checkpoint(const std::string& path, const std::string& kind, const TensorList& tensors) {
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
  if (step > kMostSteps)
    throw bad_file(path, text("metadata '", kStepKey, "' is ", step, ", more steps than can be done"));
  header.step = static_cast<int64_t>(step);
  header.seed = number(file, path, kSeedKey);

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
