#include "memory/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "error.h"
#include "memory/range_pool.h"

namespace jtr::memory {
namespace {

/// Smaller tensors stay with malloc, which keeps them anyway.
constexpr size_t kSmallest = size_t{256} << 10;

class PoolAllocator;

/// Made once and never freed: tensors may outlive everything else. Null as long as nobody wanted a pool.
std::atomic<PoolAllocator*> installed{nullptr};

/// PoolUsers that live. Without one, tensors come from libtorch's own memory again.
std::atomic<int> users{0};

/// libtorch's allocator of host memory with large tensors from the pool, while the pool has users. `allocate` is const
/// in some versions of libtorch and not in others: one of the two overrides, the other is never called.
class PoolAllocator final : public c10::Allocator {
 public:
  PoolAllocator(RangePool* pool, c10::Allocator* other) : pool_(pool), other_(other) {}

  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }

  c10::DeleterFnPtr raw_deleter() const override { return &release_any; }

  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

  RangePool& pool() const { return *pool_; }

 private:
  c10::DataPtr take(size_t bytes) const {
    if (bytes >= kSmallest && users.load(std::memory_order_relaxed) > 0) {
      if (void* block = pool_->allocate(bytes)) return {block, block, &release, c10::Device(c10::DeviceType::CPU)};
    }
    return other_->allocate(bytes);
  }

  static void release(void* block) { installed.load(std::memory_order_acquire)->pool_->release(block); }

  /// Releases what either allocator gave: oneDNN's buffers come and go without a DataPtr.
  static void release_any(void* place) {
    const PoolAllocator* allocator = installed.load(std::memory_order_acquire);
    if (allocator->pool_->owns(place)) return allocator->pool_->release(place);
    allocator->other_->raw_deallocate(place);
  }

  RangePool* pool_;
  c10::Allocator* other_;  // libtorch's own, for small tensors
};

std::mutex mutex;  // held while a user comes or goes

/// The pool, or null where there is none.
RangePool* pool() {
  const PoolAllocator* allocator = installed.load(std::memory_order_acquire);
  return allocator == nullptr ? nullptr : &allocator->pool();
}

bool wanted() {
  const char* wish = std::getenv("JTR_HOST_MEMORY");
  const std::string name = wish != nullptr && wish[0] != 0 ? wish : "pool";
  if (name == "pool") return true;
  if (name == "system") return false;
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text("JTR_HOST_MEMORY: '", name, "' is neither pool nor system"))
      .with_field("JTR_HOST_MEMORY");
}

bool is_large_of_pool(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.is_contiguous() && tensor.nbytes() >= kSmallest && pool() != nullptr &&
         pool()->owns(tensor.data_ptr());
}

size_t physical_memory() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Puts the allocator before libtorch's. It stays: oneDNN keeps buffers that it will give back to whoever is there
/// then. libtorch reads its pointer without a lock, so all that it leads to is written before.
void install() {
  if (pool() != nullptr) return;
  auto* made = new RangePool(2 * physical_memory());
  if (!made->usable()) {  // addresses are limited (ulimit -v): go on without
    delete made;
    return;
  }
  installed.store(new PoolAllocator(made, c10::GetCPUAllocator()), std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  c10::SetCPUAllocator(installed.load(), 0xFF);
}

}  // namespace

PoolUser::PoolUser() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (wanted()) install();
  users.fetch_add(1);
}

PoolUser::~PoolUser() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (users.fetch_sub(1) == 1 && pool() != nullptr) pool()->trim();
}

void zero_and_release(at::Tensor& tensor) {
  if (is_large_of_pool(tensor)) {
    pool()->zero(tensor.data_ptr(), tensor.nbytes());
  } else {
    tensor.zero_();
  }
}

void restore(at::Tensor& tensor) {
  if (!is_large_of_pool(tensor)) return;
  pool()->trim(tensor.nbytes());
  RangePool::populate(tensor.data_ptr(), tensor.nbytes());
}

size_t pool_bytes_in_use() { return pool() == nullptr ? 0 : pool()->in_use(); }

}  // namespace jtr::memory
