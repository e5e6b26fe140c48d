#include "emulated/memory.h"

#include <c10/core/CPUAllocator.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace jtr::emulated {
namespace {

/// Addresses that are set aside; pages take memory when they are used.
constexpr size_t kBytes = size_t{256} << 20;
/// Between allocations, so that what is written past one hits no other.
constexpr size_t kGap = 4096, kAlignment = 256;

class Memory {
 public:
  static Memory& instance() {
    static Memory* one = new Memory;  // tensors may outlive everything else
    return *one;
  }

  void* allocate(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (live_.empty()) end_ = 0;
    const size_t begin = (end_ + kGap + kAlignment - 1) / kAlignment * kAlignment;
    if (begin + bytes + kGap > kBytes) throw std::bad_alloc();
    end_ = begin + bytes;
    if (open_ > 0) protect(PROT_READ | PROT_WRITE);
    live_.emplace(begin, bytes);
    poison(begin, bytes, false);
    return base_ + begin;
  }

  void release(void* address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = live_.find(static_cast<size_t>(static_cast<char*>(address) - base_));
    poison(found->first, found->second, true);
    live_.erase(found);
  }

  Where where(const void* address, size_t bytes) {
    const size_t at = static_cast<size_t>(static_cast<const char*>(address) - base_);
    if (at >= kBytes) return Where::kElsewhere;
    auto next = live_.upper_bound(at);
    if (next == live_.begin()) return Where::kNotAllocated;
    --next;
    return at + bytes <= next->first + next->second ? Where::kAllocated : Where::kNotAllocated;
  }

  void open(int by) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ += by;
    if (open_ == 0 || (open_ == 1 && by > 0)) protect(open_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
  }

 private:
  Memory() {
    void* const found = mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(found);
    poison(0, kBytes, true);
    struct sigaction action {};
    action.sa_sigaction = explain;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND;
    sigaction(SIGSEGV, &action, nullptr);
  }

  /// All that was handed out, and the gap after it.
  void protect(int how) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    mprotect(base_, (end_ + kGap + page - 1) / page * page, how);
  }

  void poison([[maybe_unused]] size_t begin, [[maybe_unused]] size_t bytes, [[maybe_unused]] bool on) {
#if defined(__SANITIZE_ADDRESS__)
    if (on) {
      __asan_poison_memory_region(base_ + begin, bytes);
    } else {
      __asan_unpoison_memory_region(base_ + begin, bytes);
    }
#endif
  }

  static void explain(int, siginfo_t* info, void*) {
    const size_t at = static_cast<size_t>(static_cast<char*>(info->si_addr) - instance().base_);
    static const char ours[] = "the host used a pointer to the emulated device's memory\n";
    static const char others[] = "segmentation fault, not in the emulated device's memory\n";
    const char* const text = at < kBytes ? ours : others;
    // The second time it is the system's: the process ends.
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) _exit(1);
  }

  std::mutex mutex_;
  char* base_ = nullptr;
  size_t end_ = 0;
  int open_ = 0;
  std::map<size_t, size_t> live_;  // begin, bytes
};

void release(void* address) {
  if (address != nullptr) Memory::instance().release(address);
}

/// `allocate` is const in some versions of libtorch and not in others: one of the two overrides.
struct Allocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return release; }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  static c10::DataPtr take(size_t bytes) {
    if (bytes == 0) return {nullptr, nullptr, release, at::kCPU};
    void* const data = Memory::instance().allocate(bytes);
    return {data, data, release, at::kCPU};
  }
};

/// As that of memory/tensor_memory.cpp.
constexpr uint8_t kPriority = 0xFF;

}  // namespace

AllocateOnDevice::AllocateOnDevice() : before_(c10::GetCPUAllocator()) {
  static Allocator own;
  c10::SetCPUAllocator(&own, kPriority);
}

AllocateOnDevice::~AllocateOnDevice() { c10::SetCPUAllocator(before_, kPriority); }

OpenMemory::OpenMemory() { Memory::instance().open(1); }
OpenMemory::~OpenMemory() { Memory::instance().open(-1); }

Where where(const void* address, size_t bytes) { return Memory::instance().where(address, bytes); }

at::Tensor to_device(const at::Tensor& host) {
  at::Tensor copy;
  {
    const AllocateOnDevice device;
    copy = at::empty_like(host);
  }
  const OpenMemory open;
  // An empty tensor may have no memory at all.
  if (host.numel() > 0) std::memcpy(copy.data_ptr(), host.data_ptr(), host.nbytes());
  return copy;
}

at::Tensor to_host(const at::Tensor& device) {
  const OpenMemory open;
  return device.clone();
}

}  // namespace jtr::emulated
