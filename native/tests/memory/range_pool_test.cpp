#include "memory/range_pool.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "memory/tensor_memory.h"
#include "seeds.h"

namespace jtr::memory {
namespace {

constexpr size_t kGranule = RangePool::kGranule;

TEST(RangePool, GivesABlockOutAgainThatItTookBack) {
  RangePool pool(64 * kGranule);
  void* first = pool.allocate(3 * kGranule);
  void* second = pool.allocate(kGranule);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  pool.release(first);
  EXPECT_EQ(pool.allocate(3 * kGranule), first);
  EXPECT_EQ(pool.high_water(), 4 * kGranule);
}

TEST(RangePool, TakesTheSmallestFreeBlockThatFits) {
  RangePool pool(64 * kGranule);
  void* large = pool.allocate(8 * kGranule);
  void* wall1 = pool.allocate(kGranule);
  void* small = pool.allocate(2 * kGranule);
  void* wall2 = pool.allocate(kGranule);
  pool.release(large);
  pool.release(small);
  EXPECT_EQ(pool.allocate(2 * kGranule - 5), small);
  EXPECT_EQ(pool.allocate(kGranule), large);
  EXPECT_NE(wall1, wall2);
}

TEST(RangePool, JoinsNeighboursThatAreFree) {
  RangePool pool(64 * kGranule);
  void* a = pool.allocate(2 * kGranule);
  void* b = pool.allocate(2 * kGranule);
  void* c = pool.allocate(2 * kGranule);
  void* wall = pool.allocate(kGranule);
  pool.release(a);
  pool.release(c);
  pool.release(b);
  EXPECT_EQ(pool.allocate(6 * kGranule), a);
  EXPECT_EQ(pool.in_use(), 7 * kGranule);
  EXPECT_NE(wall, nullptr);
}

TEST(RangePool, GrowsFromAFreeBlockAtItsEnd) {
  RangePool pool(16 * kGranule);
  void* a = pool.allocate(2 * kGranule);
  void* b = pool.allocate(4 * kGranule);
  pool.release(b);
  EXPECT_EQ(pool.allocate(10 * kGranule), b);
  EXPECT_EQ(pool.high_water(), 12 * kGranule);
  EXPECT_NE(a, nullptr);
}

TEST(RangePool, GivesNullWhereItIsFull) {
  RangePool pool(4 * kGranule);
  EXPECT_EQ(pool.allocate(5 * kGranule), nullptr);
  void* a = pool.allocate(3 * kGranule);
  EXPECT_EQ(pool.allocate(2 * kGranule), nullptr);
  pool.release(a);
  EXPECT_EQ(pool.allocate(4 * kGranule), a);
}

TEST(RangePool, HandsFreePagesBackToTheKernel) {
  RangePool pool(64 * kGranule);
  auto* a = static_cast<char*>(pool.allocate(8 * kGranule));
  void* wall = pool.allocate(kGranule);
  std::memset(a, 7, 8 * kGranule);
  pool.release(a);
  EXPECT_EQ(pool.trim(), 8 * kGranule);
  EXPECT_EQ(pool.allocate(8 * kGranule), a);
  EXPECT_EQ(a[5], 0);  // a fresh page
  EXPECT_NE(wall, nullptr);
}

TEST(RangePool, KeepsWhatIsInItsBlocksThroughRandomUse) {
  RangePool pool(512 * kGranule);
  std::mt19937 random(static_cast<uint32_t>(test::seed_of_test()));
  struct Held {
    unsigned char* place;
    size_t bytes;
    unsigned char value;
  };
  std::vector<Held> held;
  size_t total = 0;
  for (int round = 0; round < 3000; ++round) {
    if (held.size() > 20 || (!held.empty() && random() % 2 == 0)) {
      const size_t which = random() % held.size();
      const Held h = held[which];
      for (size_t i = 0; i < h.bytes; i += 4093) ASSERT_EQ(h.place[i], h.value) << "round " << round;
      pool.release(h.place);
      total -= (h.bytes + kGranule - 1) / kGranule * kGranule;
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      const size_t bytes = 1 + random() % (9 * kGranule);
      auto* place = static_cast<unsigned char*>(pool.allocate(bytes));
      ASSERT_NE(place, nullptr);
      const auto value = static_cast<unsigned char>(random());
      std::memset(place, value, bytes);
      held.push_back({place, bytes, value});
      total += (bytes + kGranule - 1) / kGranule * kGranule;
    }
    ASSERT_EQ(pool.in_use(), total);
  }
}

TEST(TensorMemory, LargeTensorsComeFromThePoolWhileItHasUsers) {
  const PoolUser user;
  const size_t before = pool_bytes_in_use();
  {
    const at::Tensor large = at::ones({1 << 20});
    EXPECT_EQ(pool_bytes_in_use() - before, size_t{4} << 20);
    EXPECT_EQ(large.sum().item<float>(), static_cast<float>(1 << 20));
  }
  EXPECT_EQ(pool_bytes_in_use(), before);
}

TEST(RangePool, ZeroesAnyPartOfABlockAndNothingElse) {
  RangePool pool(64 * kGranule);
  auto* block = static_cast<unsigned char*>(pool.allocate(4 * kGranule));
  for (const auto& [begin, bytes] :
       {std::pair<size_t, size_t>{0, 4 * kGranule}, {100, 50}, {4095, 8194}, {4096, 4096}}) {
    std::memset(block, 9, 4 * kGranule);
    pool.zero(block + begin, bytes);
    for (size_t i = 0; i < 4 * kGranule; ++i) ASSERT_EQ(block[i], i >= begin && i < begin + bytes ? 0 : 9) << i;
  }
}

TEST(TensorMemory, ZeroesTensorsOfThePoolAndOthersAndRestoresThem) {
  const PoolUser user;
  for (const int64_t elements : {int64_t{100}, int64_t{1} << 18, (int64_t{1} << 18) + 77}) {
    at::Tensor tensor = at::ones({elements});
    zero_and_release(tensor);
    EXPECT_EQ(tensor.abs().sum().item<float>(), 0);
    tensor.fill_(2);
    zero_and_release(tensor);
    const at::Tensor freed = at::ones({elements});
    restore(tensor);
    EXPECT_EQ(tensor.abs().sum().item<float>(), 0);
    EXPECT_EQ(freed.sum().item<float>(), static_cast<float>(elements));
  }
}

TEST(TensorMemory, GivesAndTakesBackMemoryWithoutATensor) {
  const PoolUser user;
  c10::Allocator* allocator = c10::GetCPUAllocator();
  const size_t before = pool_bytes_in_use();
  void* large = allocator->raw_allocate(size_t{1} << 20);
  void* small = allocator->raw_allocate(64);
  EXPECT_EQ(pool_bytes_in_use() - before, size_t{1} << 20);
  std::memset(small, 1, 64);
  allocator->raw_deallocate(large);
  allocator->raw_deallocate(small);
  EXPECT_EQ(pool_bytes_in_use(), before);
}

TEST(TensorMemory, WithoutUsersTensorsComeFromLibtorchsOwnMemory) {
  at::Tensor kept;
  {
    const PoolUser user;
    kept = at::full({1 << 20}, 2.0f);
    EXPECT_EQ(pool_bytes_in_use(), size_t{4} << 20);
  }
  const at::Tensor later = at::full({1 << 20}, 3.0f);
  EXPECT_EQ(pool_bytes_in_use(), size_t{4} << 20);  // the one that was kept
  // What was taken without a DataPtr in that time is given back to whoever it came from.
  c10::Allocator* allocator = c10::GetCPUAllocator();
  void* raw = allocator->raw_allocate(size_t{1} << 20);
  EXPECT_EQ(pool_bytes_in_use(), size_t{4} << 20);
  allocator->raw_deallocate(raw);
  EXPECT_EQ(kept.sum().item<float>(), 2.0f * (1 << 20));
  kept.reset();
  EXPECT_EQ(pool_bytes_in_use(), 0u);
  EXPECT_EQ(later.sum().item<float>(), 3.0f * (1 << 20));
}

TEST(TensorMemory, UsersMayComeAndGoWhileOthersAllocate) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([t] {
      const at::AutoGradMode off(false);
      for (int i = 0; i < 60; ++i) {
        std::optional<PoolUser> user;
        if ((i + t) % 3 != 0) user.emplace();
        const auto value = static_cast<float>(100 * t + i);
        const at::Tensor tensor = at::full({100000 + 1000 * i}, value);
        user.reset();
        ASSERT_EQ(tensor[0].item<float>(), value);
        ASSERT_EQ(tensor[-1].item<float>(), value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool_bytes_in_use(), 0u);
}

TEST(TensorMemory, ATensorOutlivesThePoolsUsers) {
  at::Tensor tensor;
  {
    const PoolUser user;
    tensor = at::full({1 << 18}, 3.0f);
  }
  EXPECT_EQ(tensor.sum().item<float>(), 3.0f * (1 << 18));
}

}  // namespace
}  // namespace jtr::memory
