#include "memory/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <unistd.h>

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

RangePool* pool = nullptr;  // made once and never freed: tensors may outlive everything else

c10::Allocator* other = nullptr;  // libtorch's own, for small tensors

void release(void* block) { pool->release(block); }

/// Releases what either allocator gave: oneDNN's buffers come and go without a DataPtr.
void release_any(void* place) {
  if (pool->owns(place)) return pool->release(place);
  other->raw_deallocate(place);
}

/// libtorch's allocator of host memory with large tensors from the pool. `allocate` is const in some versions of
/// libtorch and not in others: one of the two overrides, the other is never called.
class PoolAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const { return take(bytes); }
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }

  c10::DeleterFnPtr raw_deleter() const override { return &release_any; }

  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  c10::DataPtr take(size_t bytes) const {
    if (bytes >= kSmallest) {
      if (void* block = pool->allocate(bytes)) return {block, block, &release, c10::Device(c10::DeviceType::CPU)};
    }
    return other->allocate(bytes);
  }
};

std::mutex mutex;
int users = 0;

bool wanted() {
  const char* wish = std::getenv("JTR_HOST_MEMORY");
  const std::string name = wish != nullptr && wish[0] != 0 ? wish : "pool";
  if (name == "pool") return true;
  if (name == "system") return false;
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text("JTR_HOST_MEMORY: '", name, "' is neither pool nor system"))
      .with_field("JTR_HOST_MEMORY");
}

bool is_large_of_pool(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.is_contiguous() && tensor.nbytes() >= kSmallest && pool != nullptr &&
         pool->owns(tensor.data_ptr());
}

size_t physical_memory() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void install() {
  if (pool != nullptr) return;
  auto* made = new RangePool(2 * physical_memory());
  if (!made->usable()) {  // addresses are limited (ulimit -v): go on without
    delete made;
    return;
  }
  pool = made;
  other = c10::GetCPUAllocator();
  static PoolAllocator allocator;
  c10::SetCPUAllocator(&allocator, 0xFF);
}

}  // namespace

PoolUser::PoolUser() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (wanted()) install();
  ++users;
}

PoolUser::~PoolUser() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--users == 0 && pool != nullptr) pool->trim();
}

void zero_and_release(at::Tensor& tensor) {
  if (is_large_of_pool(tensor)) {
    pool->zero(tensor.data_ptr(), tensor.nbytes());
  } else {
    tensor.zero_();
  }
}

void restore(at::Tensor& tensor) {
  if (!is_large_of_pool(tensor)) return;
  pool->trim(tensor.nbytes());
  RangePool::populate(tensor.data_ptr(), tensor.nbytes());
}

size_t pool_bytes_in_use() {
  const std::lock_guard<std::mutex> lock(mutex);
  return pool == nullptr ? 0 : pool->in_use();
}

}  // namespace jtr::memory
