#include "training/host_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "error.h"
#include "kernels/exponential_noise.h"
#include "networks/segnet.h"

namespace jtr {

void check_size(int64_t samples, int64_t height, int64_t width, const char* prefix) {
  auto check = [&](bool good, const char* name, const char* expected, int64_t value) {
    const std::string field = text(prefix, ".", name);
    if (!good) {
      throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": must be ", expected, ", not ", value)).with_field(field);
    }
  };
  constexpr int64_t kStride = SegNet::kStride;
  check(samples >= 1, "samples", "1 or more", samples);
  check(height >= kStride && height % kStride == 0, "height", "a multiple of 32", height);
  check(width >= kStride && width % kStride == 0, "width", "a multiple of 32", width);
}

void check_finite(const float* values, int64_t count, const char* field) {
  constexpr int64_t kChunk = 1 << 14;
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
    require(false, field, "element ", first - values, " is ", *first, ", not a finite number");
  }
}

void check_labelled(const uint8_t* labelled, int64_t count, const char* field) {
  for (int64_t i = 0; i < count; ++i) {
    require(labelled[i] <= 1, field, "element ", i, " is ", static_cast<int>(labelled[i]), ", not 0 or 1");
  }
}

void check_crops(const double* crops, int64_t views, int64_t samples, int64_t height, int64_t width,
                 const char* field) {
  for (int64_t i = samples; i < views * samples; ++i) {
    const double* c = crops + i * kCropFields;
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

at::Tensor checked_labels(const TaskSet& tasks, const float* labels, const uint8_t* labelled, int64_t views,
                          int64_t samples, int64_t height, int64_t width, bool pinned, const char* field) {
  const int64_t plane = height * width, stack = tasks.label_channels() * plane;
  const at::Tensor host = at::empty({views, samples, tasks.label_channels(), height, width},
                                    at::TensorOptions(at::kFloat).pinned_memory(pinned));
  float* out = host.data_ptr<float>();
  for (int64_t i = 0; i < views * samples; ++i) {
    const uint8_t* exists = labelled + (i % samples) * static_cast<int64_t>(tasks.size());
    for (size_t t = 0; t < tasks.size(); ++t) {
      const int64_t offset = i * stack + tasks.label_offset(t) * plane, count = tasks[t].label_channels() * plane;
      if (exists[t]) {
        tasks[t].check_label(labels + offset, plane, field);
        std::memcpy(out + offset, labels + offset, static_cast<size_t>(count) * sizeof(float));
      } else {
        std::fill_n(out + offset, count, tasks[t].invalid_label());
      }
    }
  }
  return host;
}

at::Tensor upload_labels(const TaskSet& tasks, const float* labels, const uint8_t* labelled, int64_t views,
                         int64_t samples, int64_t height, int64_t width, const at::TensorOptions& options,
                         const char* field) {
  return checked_labels(tasks, labels, labelled, views, samples, height, width, false, field).to(options);
}

at::Tensor upload_labelled(const uint8_t* labelled, int64_t samples, int64_t tasks, at::Device device) {
  const at::Tensor host = at::empty({samples, tasks}, at::kByte);
  std::memcpy(host.data_ptr<uint8_t>(), labelled, static_cast<size_t>(samples * tasks));
  return host.to(device).to(at::kBool);
}

at::Tensor upload_noise(const double* noise, int64_t samples, int64_t slots, int64_t channels, int64_t height,
                        int64_t width, uint64_t seed, int64_t step, const at::TensorOptions& options,
                        const char* field) {
  const std::vector<int64_t> sizes = {samples, slots, channels, height, width};
  if (noise == nullptr || channels == 0) {
    at::Tensor drawn = at::empty(sizes, options);
    if (drawn.numel() > 0) kernels::exponential_noise(drawn, seed, static_cast<uint32_t>(step));
    return drawn;
  }
  const at::Tensor host = at::from_blob(const_cast<double*>(noise), sizes, at::kDouble);
  const double* end = noise + host.numel();
  const double* bad = std::find_if(noise, end, [](double e) { return !(e >= 0 && std::isfinite(e)); });
  require(bad == end, field, "element ", bad - noise, " is not a finite number of 0 or more");
  return host.to(options, false, true);
}

}  // namespace jtr
