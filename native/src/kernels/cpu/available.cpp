#include "kernels/available.h"

#include <atomic>
#include <cstdlib>
#include <string>

namespace jtr::kernels {
namespace {

bool wished() {
  const char* wish = std::getenv("JTR_KERNELS");
  return wish == nullptr || std::string(wish) != "off";
}

std::atomic<bool> enabled{wished()};

}  // namespace

bool available(at::Device device) {
  return enabled.load(std::memory_order_relaxed) && (device.is_cpu() || (JTR_WITH_CUDA && device.is_cuda()));
}

void enable(bool on) { enabled = on; }

}  // namespace jtr::kernels
