#include "memory/range_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace jtr::memory {

RangePool::RangePool(size_t capacity) : capacity_(capacity / kGranule * kGranule) {
  void* range = mmap(nullptr, capacity_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range != MAP_FAILED) base_ = static_cast<char*>(range);
}

RangePool::~RangePool() {
  if (base_ != nullptr) munmap(base_, capacity_);
}

void RangePool::insert_free(char* begin, size_t size) {
  free_by_size_.emplace(size, begin);
  free_by_place_.emplace(begin, size);
}

void RangePool::erase_free(char* begin, size_t size) {
  free_by_size_.erase({size, begin});
  free_by_place_.erase(begin);
}

void* RangePool::allocate(size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (base_ == nullptr || bytes == 0 || bytes > capacity_) return nullptr;
  const size_t size = (bytes + kGranule - 1) / kGranule * kGranule;
  char* begin = nullptr;
  const auto fit = free_by_size_.lower_bound({size, nullptr});
  if (fit != free_by_size_.end()) {
    const auto [found, place] = *fit;
    erase_free(place, found);
    if (found > size) insert_free(place + size, found - size);
    begin = place;
  } else {
    // The range grows; a free block at its end is the beginning of what is needed.
    begin = base_ + top_;
    const auto last = free_by_place_.empty() ? free_by_place_.end() : std::prev(free_by_place_.end());
    const bool at_end = last != free_by_place_.end() && last->first + last->second == base_ + top_;
    if (at_end) begin = last->first;
    if (static_cast<size_t>(begin - base_) + size > capacity_) return nullptr;
    if (at_end) erase_free(last->first, last->second);
    top_ = static_cast<size_t>(begin - base_) + size;
  }
  used_.emplace(begin, size);
  in_use_ += size;
  return begin;
}

void RangePool::release(void* block) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto used = used_.find(static_cast<char*>(block));
  if (used == used_.end()) return;
  char* begin = used->first;
  size_t size = used->second;
  used_.erase(used);
  in_use_ -= size;
  const auto next = free_by_place_.find(begin + size);
  if (next != free_by_place_.end()) {
    const size_t more = next->second;
    erase_free(next->first, more);
    size += more;
  }
  const auto after = free_by_place_.lower_bound(begin);
  if (after != free_by_place_.begin()) {
    const auto [place, before] = *std::prev(after);
    if (place + before == begin) {
      erase_free(place, before);
      begin = place;
      size += before;
    }
  }
  insert_free(begin, size);
}

void RangePool::zero(void* begin, size_t bytes) {
  constexpr uintptr_t kPage = 4096;
  auto* const first = static_cast<char*>(begin);
  char* const end = first + bytes;
  auto* const page = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(first) + kPage - 1) / kPage * kPage);
  auto* const past = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(end) / kPage * kPage);
  if (page >= past || madvise(page, static_cast<size_t>(past - page), MADV_DONTNEED) != 0) {
    std::memset(first, 0, bytes);
    return;
  }
  std::memset(first, 0, static_cast<size_t>(page - first));
  std::memset(past, 0, static_cast<size_t>(end - past));
}

void RangePool::populate(void* begin, size_t bytes) {
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
  constexpr uintptr_t kPage = 4096;
  const auto first = reinterpret_cast<uintptr_t>(begin) / kPage * kPage;
  const auto end = (reinterpret_cast<uintptr_t>(begin) + bytes + kPage - 1) / kPage * kPage;
  // Without it, pages come when they are touched.
  static_cast<void>(madvise(reinterpret_cast<void*>(first), end - first, MADV_POPULATE_WRITE));
}

size_t RangePool::trim(size_t most) {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  for (auto block = free_by_size_.rbegin(); block != free_by_size_.rend() && bytes < most; ++block) {
    const size_t size = std::min(block->first, most - bytes);
    if (madvise(block->second, size, MADV_DONTNEED) == 0) bytes += size;
  }
  return bytes;
}

size_t RangePool::in_use() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return in_use_;
}

size_t RangePool::high_water() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return top_;
}

}  // namespace jtr::memory
