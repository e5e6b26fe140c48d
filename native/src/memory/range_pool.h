// Memory that is given out, taken back and kept: one reserved range of addresses, cut into blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace jtr::memory {

/// Gives out blocks of one range of addresses that grows as far as it must. What is given back stays with the process
/// and is given out again, so that a loop which allocates the same sizes over and over touches no fresh page after its
/// first round. The smallest free block that fits is taken, the lowest of equals; neighbours that are free are one
/// block. May be used by several threads at once.
class RangePool {
 public:
  /// Sizes are rounded up to this many bytes, and blocks begin at multiples of it.
  static constexpr size_t kGranule = size_t{64} << 10;

  /// Reserves addresses, not memory.
  explicit RangePool(size_t capacity);
  ~RangePool();
  RangePool(const RangePool&) = delete;
  RangePool& operator=(const RangePool&) = delete;

  /// Whether addresses could be reserved; otherwise allocate() always gives null.
  bool usable() const { return base_ != nullptr; }

  /// A block of at least `bytes`, or null when the range has no room for it.
  void* allocate(size_t bytes);

  /// Takes a block back.
  void release(void* block);

  /// Whether an address lies in the range.
  bool owns(const void* place) const {
    const auto* p = static_cast<const char*>(place);
    return base_ != nullptr && p >= base_ && p < base_ + capacity_;
  }

  /// Makes memory inside a block read as zeros; whole pages go back to the kernel until they are written again.
  void zero(void* begin, size_t bytes);

  /// Gives memory inside a block its pages at once, where the kernel can (Linux 5.14), instead of one by one as they
  /// are written, and twice each where they are read before.
  static void populate(void* begin, size_t bytes);

  /// Hands the pages of free blocks back to the kernel, the largest first, until they are `most` bytes. Returns how
  /// many bytes they were.
  size_t trim(size_t most = SIZE_MAX);

  /// Bytes in blocks that are given out, rounded.
  size_t in_use() const;

  /// Bytes from the range's begin to the end of its highest block ever: what the process keeps at most.
  size_t high_water() const;

 private:
  using Free = std::pair<size_t, char*>;  // size, begin

  void insert_free(char* begin, size_t size);
  void erase_free(char* begin, size_t size);

  mutable std::mutex mutex_;
  char* base_ = nullptr;
  size_t capacity_;
  size_t top_ = 0;  // end of the highest block, free or not
  size_t in_use_ = 0;
  std::set<Free> free_by_size_;
  std::map<char*, size_t> free_by_place_;
  std::map<char*, size_t> used_;
};

}  // namespace jtr::memory
