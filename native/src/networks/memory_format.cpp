#include "networks/memory_format.h"

#include <cstdlib>
#include <string>

#include "error.h"
#include "processor.h"

namespace jtr {
namespace {

constexpr int64_t kVectorLanes = 16;        // float32 in an AVX-512 register
constexpr int64_t kTensorCoreChannels = 8;  // multiples of it keep tensor cores busy

}  // namespace

at::MemoryFormat network_memory_format(const Precision& precision, at::Device device, int64_t width) {
  const char* wish = std::getenv("JTR_MEMORY_FORMAT");
  if (wish != nullptr && wish[0] != 0) {
    const std::string name = wish;
    if (name == "channels_first") return at::MemoryFormat::Contiguous;
    if (name == "channels_last") return at::MemoryFormat::ChannelsLast;
    throw Error(JTR_STATUS_INVALID_ARGUMENT,
                text("JTR_MEMORY_FORMAT: '", name, "' is neither channels_first nor channels_last"))
        .with_field("JTR_MEMORY_FORMAT");
  }
  // In double, convolutions are matrix products over channels-first images; narrower networks do not fill a vector.
  if (precision.convolved == at::kDouble) return at::MemoryFormat::Contiguous;
  // Tensor cores read channels last; cuDNN would reorder every map otherwise. oneDNN's AVX-512 convolutions run 1.2
  // to 1.6 times faster channels last, its AVX2 ones slower (bench/LADDER.md).
  const bool last = device.is_cuda() ? width % kTensorCoreChannels == 0 : width >= kVectorLanes && has_avx512();
  return last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

}  // namespace jtr
