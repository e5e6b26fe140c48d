#include "training/host_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "error.h"
#include "kernels/exponential_noise.h"

namespace jtr {
namespace {

/// "[2, any, 3]": sizes as a caller should give them.
std::string in_words(at::IntArrayRef sizes) {
  std::string all;
  for (const int64_t size : sizes)
    all += (all.empty() ? "" : ", ") + (size < 0 ? std::string("any") : std::to_string(size));
  return "[" + all + "]";
}

}  // namespace

HostBatch HostBatch::narrow(int64_t begin, int64_t count) const {
  const auto some = [&](const at::Tensor& all, int64_t dimension) {
    return all.defined() ? all.narrow(dimension, begin, count) : all;
  };
  HostBatch part;
  part.images = some(images, 1);
  for (const at::Tensor& input : inputs) {
    const bool planes = input.defined() && input.dim() == 5;
    part.inputs.push_back(some(input, planes ? 1 : 0));
  }
  part.input_present = some(input_present, 0);
  for (const at::Tensor& label : labels) part.labels.push_back(some(label, 1));
  part.labelled = some(labelled, 0);
  part.label_weight = some(label_weight, 0);
  part.domain = some(domain, 0);
  part.noise = some(noise, 0);
  if (crops.defined()) part.crops = crops.narrow(1, begin, count).contiguous();
  return part;
}

Json describe_batch(const TaskSet& tasks, const InputSet& inputs, int64_t views, bool crops,
                    const std::vector<int64_t>& noise, int64_t domains) {
  Json all = Json::array();
  const auto add = [&all](const std::string& name, const char* dtype, Json sizes, bool required,
                          const std::string& what) {
    all.push_back({{"name", name}, {"dtype", dtype}, {"sizes", sizes}, {"required", required}, {"description", what}});
  };
  add("image", "float32", {"V", "B", inputs.image_channels(), "H", "W"}, true,
      text("Colors in [0, 1]; V is ", views, " or more, of which the first ", views, " are read."));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t channels = inputs[i].channels();
    const Json sizes = inputs[i].is_planes() ? Json{"V", "B", channels, "H", "W"} : Json{"B", channels};
    add("input." + inputs[i].name(), "float32", sizes, false, "A further input, in its own unit.");
  }
  const int64_t further = static_cast<int64_t>(inputs.size()), count = static_cast<int64_t>(tasks.size());
  if (further > 0) {
    add("input_present", "uint8", {"B", further}, false, "1 where the sample has the input, else 0; left out: all 1.");
  }
  for (size_t t = 0; t < tasks.size(); ++t) {
    const int64_t channels = tasks[t].label_channels();
    const Json sizes =
        tasks[t].extent() == Extent::kPixel ? Json{"V", "B", channels, "H", "W"} : Json{"V", "B", channels};
    add("label." + tasks[t].name(), "float32", sizes, false,
        "Read where the sample is labelled for the task; may be left out where none is.");
  }
  add("labelled", "uint8", {"B", count}, true, "1 where the sample is labelled for the task, else 0.");
  add("label_weight", "float64", {"B", count}, false,
      "0 or more: what the supervised loss of the label is multiplied by; left out: all 1.");
  if (domains > 1) {
    add("domain", "int64", {"B"}, false,
        text("The number of the sample's domain, 0 to ", domains - 1, ", as 'domains' lists them; left out: all 0."));
  }
  if (!noise.empty()) {
    add("noise", "float64", {"B", noise[0], noise[1], "H", "W"}, false,
        "Exponential noise of the Gumbel-softmax; left out, it is drawn from (seed, step).");
  }
  if (crops) {
    add("crops", "float64", {"V", "B", kCropFields}, true,
        "How each view was cut out of view 0: scale, top, left, height, width, mirrored.");
  }
  return all;
}

void check_tensor(const at::Tensor& tensor, at::ScalarType dtype, at::IntArrayRef sizes, int64_t packed,
                  const std::string& field) {
  require(tensor.defined(), field.c_str(), "is missing");
  require(tensor.scalar_type() == dtype, field.c_str(), "its numbers must be ", at::toString(dtype), ", not ",
          at::toString(tensor.scalar_type()));
  bool good = tensor.dim() == static_cast<int64_t>(sizes.size());
  for (int64_t d = 0; good && d < tensor.dim(); ++d) good = sizes[d] < 0 || tensor.size(d) == sizes[d];
  require(good, field.c_str(), "its sizes must be ", in_words(sizes), ", not ", in_words(tensor.sizes()));
  int64_t stride = 1;
  for (int64_t d = tensor.dim() - 1; d >= tensor.dim() - packed; --d) {
    require(tensor.size(d) == 1 || tensor.stride(d) == stride, field.c_str(), "has gaps inside of a sample");
    stride *= tensor.size(d);
  }
}

void check_image_size(const at::Tensor& images, int64_t stride, const char* field) {
  const int64_t height = images.size(-2), width = images.size(-1);
  require(images.size(-4) >= 1, field, "the number of samples must be 1 or more, not ", images.size(-4));
  require(height >= stride && height % stride == 0, field, "its height must be a multiple of ", stride, ", not ",
          height);
  require(width >= stride && width % stride == 0, field, "its width must be a multiple of ", stride, ", not ", width);
}

void check_finite(const at::Tensor& images, const char* field) {
  constexpr int64_t kChunk = 1 << 14;
  const int64_t count = images.size(-1) * images.size(-2) * images.size(-3);
  const auto check = [&](const float* values, int64_t image) {
    for (int64_t begin = 0; begin < count; begin += kChunk) {
      const int64_t end = std::min(count, begin + kChunk);
      // A value is not finite when all bits of its exponent are set; without a branch the loop is vectorised.
      uint32_t bad = 0;
      for (int64_t i = begin; i < end; ++i) {
        uint32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        bad |= static_cast<uint32_t>((bits & 0x7F800000u) == 0x7F800000u);
      }
      if (bad == 0) continue;
      const float* first = std::find_if(values + begin, values + end, [](float v) { return !std::isfinite(v); });
      require(false, field, "element ", image * count + (first - values), " is ", *first, ", not a finite number");
    }
  };
  const float* data = images.data_ptr<float>();
  if (images.dim() == 4) {
    for (int64_t n = 0; n < images.size(0); ++n) check(data + n * images.stride(0), n);
    return;
  }
  for (int64_t v = 0; v < images.size(0); ++v) {
    for (int64_t b = 0; b < images.size(1); ++b) {
      check(data + v * images.stride(0) + b * images.stride(1), v * images.size(1) + b);
    }
  }
}

void check_labelled(const at::Tensor& labelled, const char* field) {
  const uint8_t* values = labelled.data_ptr<uint8_t>();
  for (int64_t i = 0; i < labelled.numel(); ++i) {
    require(values[i] <= 1, field, "element ", i, " is ", static_cast<int>(values[i]), ", not 0 or 1");
  }
}

void check_label_weight(const at::Tensor& weight, const char* field) {
  const double* values = weight.data_ptr<double>();
  for (int64_t i = 0; i < weight.numel(); ++i) {
    // Written so that NaN fails.
    require(values[i] >= 0 && std::isfinite(values[i]), field, "element ", i, " is ", values[i],
            ", not a finite number of 0 or more");
  }
}

std::vector<int64_t> checked_domains(const at::Tensor& domain, int64_t samples, int64_t lowest, int64_t count,
                                     const char* field) {
  std::vector<int64_t> all(static_cast<size_t>(samples), 0);
  if (!domain.defined()) return all;
  check_tensor(domain, at::kLong, {samples}, 1, field);
  const int64_t* values = domain.data_ptr<int64_t>();
  for (int64_t b = 0; b < samples; ++b) {
    require(values[b] >= lowest && values[b] < count, field, "element ", b, " is ", values[b], ", not in ", lowest,
            " to ", count - 1, ": there ", count == 1 ? "is " : "are ", count, count == 1 ? " domain" : " domains");
    all[static_cast<size_t>(b)] = values[b];
  }
  return all;
}

void check_crops(const at::Tensor& crops, int64_t height, int64_t width, const char* field) {
  const int64_t samples = crops.size(1);
  for (int64_t i = samples; i < crops.size(0) * samples; ++i) {
    const double* c = crops.data_ptr<double>() + i * kCropFields;
    const double scale = c[0], top = c[1], left = c[2], rows = c[3], columns = c[4], mirrored = c[5];
    // Written so that NaN fails.
    const bool good = scale > 0 && std::isfinite(scale) && top >= 0 && left >= 0 && rows >= 1 && columns >= 1 &&
                      top + rows <= static_cast<double>(height) && left + columns <= static_cast<double>(width) &&
                      (mirrored == 0 || mirrored == 1);
    require(good, field, "scale ", scale, ", window of ", rows, " x ", columns, " at row ", top, ", column ", left,
            ", mirrored ", mirrored, " of view ", i / samples, ", sample ", i % samples, " is no window of ", height,
            " x ", width);
  }
}

TaskTensors checked_labels(const TaskSet& tasks, const std::vector<at::Tensor>& labels, const at::Tensor& labelled,
                           int64_t views, int64_t height, int64_t width, bool pinned) {
  const int64_t samples = labelled.size(0), task_count = static_cast<int64_t>(tasks.size());
  const auto options = at::TensorOptions(at::kFloat).pinned_memory(pinned);
  TaskTensors host;
  if (tasks.label_channels() > 0)
    host.planes = at::empty({views, samples, tasks.label_channels(), height, width}, options);
  if (tasks.vector_label_channels() > 0)
    host.vectors = at::empty({views, samples, tasks.vector_label_channels()}, options);
  const uint8_t* exists = labelled.data_ptr<uint8_t>();
  for (size_t t = 0; t < tasks.size(); ++t) {
    const Task& task = tasks[t];
    const bool is_pixel = task.extent() == Extent::kPixel;
    const int64_t pixels = is_pixel ? height * width : 1, count = task.label_channels() * pixels;
    const at::Tensor& all = is_pixel ? host.planes : host.vectors;
    float* out = all.data_ptr<float>() + tasks.label_offset(t) * pixels;
    const std::string field = "batch.label." + task.name();
    const at::Tensor& label = labels[t];
    const auto has_label = [&](int64_t b) { return exists[b * task_count + static_cast<int64_t>(t)] != 0; };
    bool any = false;
    for (int64_t b = 0; b < samples; ++b) any |= has_label(b);
    if (any) {
      if (is_pixel) {
        check_tensor(label, at::kFloat, {-1, samples, task.label_channels(), height, width}, 3, field);
      } else {
        check_tensor(label, at::kFloat, {-1, samples, task.label_channels()}, 1, field);
      }
      require(label.size(0) >= views, field.c_str(), "the number of views must be ", views, " or more, not ",
              label.size(0));
    }
    for (int64_t i = 0; i < views * samples; ++i) {
      float* to = out + i * all.stride(1);
      if (has_label(i % samples)) {
        const float* from = label.data_ptr<float>() + i / samples * label.stride(0) + i % samples * label.stride(1);
        task.check_label(from, pixels, field.c_str());
        std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
      } else {
        std::fill_n(to, count, task.invalid_label());
      }
    }
  }
  return host;
}

std::vector<at::Tensor> checked_inputs(const InputSet& inputs, const std::vector<at::Tensor>& given,
                                       const at::Tensor& present, int64_t views, int64_t samples, int64_t height,
                                       int64_t width, bool pinned, const std::string& prefix) {
  const int64_t count = static_cast<int64_t>(inputs.size());
  if (present.defined()) {
    const std::string field = prefix + "input_present";
    check_tensor(present, at::kByte, {samples, count}, 2, field);
    check_labelled(present, field.c_str());
  }
  const auto options = at::TensorOptions(at::kFloat).pinned_memory(pinned);
  std::vector<at::Tensor> host;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    const std::string field = prefix + "input." + input.name();
    const at::Tensor value = i < given.size() ? given[i] : at::Tensor{};
    const auto has = [&](int64_t b) {
      return !present.defined() || present.data_ptr<uint8_t>()[b * count + static_cast<int64_t>(i)] != 0;
    };
    bool any = false;
    for (int64_t b = 0; b < samples; ++b) any |= has(b);
    if (!any) {
      host.push_back(input.is_planes() ? at::zeros({views, samples, input.channels(), height, width}, options)
                                       : at::zeros({samples, input.channels()}, options));
      continue;
    }
    require(value.defined(), field.c_str(), "is missing; where samples lack it, 'input_present' has to say so");
    at::Tensor own;
    if (input.is_planes()) {
      check_tensor(value, at::kFloat, {-1, samples, input.channels(), height, width}, 3, field);
      require(value.size(0) >= views, field.c_str(), "the number of views must be ", views, " or more, not ",
              value.size(0));
      own = at::empty({views, samples, input.channels(), height, width}, options);
      own.copy_(value.narrow(0, 0, views));
    } else {
      check_tensor(value, at::kFloat, {samples, input.channels()}, 1, field);
      own = at::empty({samples, input.channels()}, options);
      own.copy_(value);
    }
    for (int64_t b = 0; b < samples; ++b) {
      if (!has(b)) own.select(input.is_planes() ? 1 : 0, b).zero_();
    }
    check_finite(input.is_planes() ? own : own.view({samples, 1, 1, input.channels()}), field.c_str());
    host.push_back(own);
  }
  return host;
}

at::Tensor upload_present(const InputSet& inputs, const at::Tensor& present, int64_t samples,
                          const at::TensorOptions& options) {
  if (inputs.empty()) return {};
  if (!present.defined()) return at::ones({samples, static_cast<int64_t>(inputs.size())}, options);
  return present.to(options, false, true);
}

at::Tensor upload_labelled(const at::Tensor& labelled, at::Device device) { return labelled.to(device).to(at::kBool); }

void check_noise(const at::Tensor& noise, at::IntArrayRef sizes, const char* field) {
  if (!noise.defined()) return;
  check_tensor(noise, at::kDouble, sizes, static_cast<int64_t>(sizes.size()), field);
  const double *begin = noise.data_ptr<double>(), *end = begin + noise.numel();
  const double* bad = std::find_if(begin, end, [](double e) { return !(e >= 0 && std::isfinite(e)); });
  require(bad == end, field, "element ", bad - begin, " is not a finite number of 0 or more");
}

at::Tensor upload_noise(const at::Tensor& noise, at::IntArrayRef sizes, uint64_t seed, int64_t step,
                        const at::TensorOptions& options, const char* field, int64_t first) {
  if (!noise.defined()) {
    at::Tensor drawn = at::empty(sizes, options);
    if (drawn.numel() == 0) return drawn;
    kernels::exponential_noise(drawn, seed, static_cast<uint32_t>(step), first * drawn[0].numel());
    return drawn;
  }
  check_noise(noise, sizes, field);
  return noise.to(options, false, true);
}

}  // namespace jtr
