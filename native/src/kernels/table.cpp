#include "kernels/table.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "kernels/available.h"

namespace jtr::kernels {
namespace {

bool wished() {
  const char* wish = std::getenv("JTR_KERNELS");
  return wish == nullptr || std::string(wish) != "off";
}

std::atomic<bool> enabled{wished()};

constexpr size_t kTypes = static_cast<size_t>(at::COMPILE_TIME_MAX_DEVICE_TYPES);

std::array<KernelTable, kTypes>& tables() {
  static std::array<KernelTable, kTypes> all{};
  return all;
}

}  // namespace

KernelsOf::KernelsOf(at::DeviceType type, const KernelTable& kernels) { tables()[static_cast<size_t>(type)] = kernels; }

const KernelTable& table(at::Device device) {
  static const KernelTable none{};
  return enabled.load(std::memory_order_relaxed) ? tables()[static_cast<size_t>(device.type())] : none;
}

bool available(at::Device device) { return table(device).norm_relu != nullptr; }

void enable(bool on) { enabled = on; }

}  // namespace jtr::kernels
