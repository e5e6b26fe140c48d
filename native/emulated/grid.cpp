#include "emulated/grid.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulated/accesses.h"
#include "emulated/block.h"
#include "emulated/fiber.h"
#include "emulated/memory.h"

namespace jtr::emulated {

Place place;

namespace {

constexpr unsigned kWarp = 32, kMostThreads = 1024;
// Of every GPU since 2012.
constexpr unsigned kMostBlocksInX = 0x7FFFFFFF, kMostBlocksInY = 65535;

Counts counted;
bool refused = false;

unsigned wished_order() {
  const char* const wish = std::getenv("JTR_EMULATED_ORDER");
  return wish == nullptr ? 0 : static_cast<unsigned>(std::strtoul(wish, nullptr, 10));
}
unsigned chosen_order = wished_order();
std::mt19937 random_order(chosen_order);

class Block {
 public:
  void run(const char* kernel, unsigned threads, void (*body)(const void*), const void* arguments) {
    body_ = body;
    arguments_ = arguments;
    error_ = nullptr;
    ended_ = at_barrier_ = 0;
    threads_.resize(std::max<size_t>(threads_.size(), threads));
    count_ = threads;
    sequence_.resize(threads);
    std::iota(sequence_.begin(), sequence_.end(), 0u);
    if (chosen_order == 1) std::reverse(sequence_.begin(), sequence_.end());
    if (chosen_order > 1) std::shuffle(sequence_.begin(), sequence_.end(), random_order);
    warps_.assign((threads + kWarp - 1) / kWarp, Warp{});
    for (unsigned i = 0; i < threads; ++i) {
      threads_[i].state = State::kReady;
      threads_[i].fiber.start(&Block::enter);
    }
    while (ended_ < threads && error_ == nullptr) {
      bool moved = false;
      for (const unsigned i : sequence_) {
        if (threads_[i].state != State::kReady) continue;
        moved = true;
        running_ = static_cast<int>(i);
        place.thread = {i, 0, 0};
        threads_[i].fiber.resume();
        running_ = -1;
        if (error_ != nullptr) break;
      }
      if (!moved && error_ == nullptr) fail(kernel, what_is_missing());
    }
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

  void barrier() {
    ++counted.barriers;
    if (++at_barrier_ == count_) {
      at_barrier_ = 0;
      barrier_passed();
      for (unsigned i = 0; i < count_; ++i) threads_[i].state = State::kReady;
    } else {
      threads_[index()].state = State::kAtBarrier;
    }
    threads_[index()].fiber.give_way();
  }

  uint64_t shuffle_down(unsigned mask, uint64_t value, unsigned distance) {
    if (mask != 0xFFFFFFFFu) throw std::logic_error("only shuffles of whole warps are emulated");
    ++counted.shuffles;
    const unsigned i = index(), lane = i % kWarp;
    Warp& warp = warps_[i / kWarp];
    const unsigned round = warp.round % 2;  // a lane may hand its next value before another took this one
    warp.handed[round][lane] = value;
    if (++warp.at_shuffle == kWarp) {
      warp.at_shuffle = 0;
      ++warp.round;
      for (unsigned other = i - lane; other < i - lane + kWarp; ++other) threads_[other].state = State::kReady;
    } else {
      threads_[i].state = State::kAtShuffle;
    }
    threads_[i].fiber.give_way();
    return warp.handed[round][lane + distance < kWarp ? lane + distance : lane];
  }

  int running() const { return running_; }
  bool is_own_local(const void* address) const { return threads_[index()].fiber.holds(address); }
  bool is_local(const void* address) const {
    return std::any_of(threads_.begin(), threads_.end(), [&](const Thread& t) { return t.fiber.holds(address); });
  }

 private:
  enum class State { kReady, kAtBarrier, kAtShuffle, kEnded };
  struct Thread {
    Fiber fiber;
    State state = State::kEnded;
  };
  struct Warp {
    uint64_t handed[2][kWarp];
    unsigned at_shuffle = 0, round = 0;
  };

  unsigned index() const { return static_cast<unsigned>(running_); }

  static void enter(Fiber& self);

  void fail(const char* kernel, const std::string& what) {
    error_ = std::make_exception_ptr(std::logic_error(std::string(kernel) + ": " + what));
  }

  /// Why all threads wait.
  std::string what_is_missing() const {
    const auto first = [&](State state) {
      for (unsigned i = 0; i < count_; ++i) {
        if (threads_[i].state == state) return static_cast<int>(i);
      }
      return -1;
    };
    const int waiting = first(State::kAtShuffle);
    if (waiting >= 0) {
      const unsigned begin = static_cast<unsigned>(waiting) / kWarp * kWarp;
      for (unsigned i = begin; i < begin + kWarp; ++i) {
        if (i >= count_ || threads_[i].state != State::kAtShuffle) {
          return "a shuffle waits for lane " + std::to_string(i - begin) + " of warp " + std::to_string(begin / kWarp) +
                 ", which does not reach it";
        }
      }
    }
    return "a barrier waits for thread " + std::to_string(first(State::kEnded)) + ", which does not reach it";
  }

  void (*body_)(const void*) = nullptr;
  const void* arguments_ = nullptr;
  std::deque<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<unsigned> sequence_;
  unsigned count_ = 0, ended_ = 0, at_barrier_ = 0;
  int running_ = -1;
  std::exception_ptr error_;
};

Block& the_block() {
  static Block block;
  return block;
}

void Block::enter(Fiber& self) {
  Block& block = the_block();
  try {
    block.body_(block.arguments_);
  } catch (...) {
    block.error_ = std::current_exception();
  }
  block.threads_[block.index()].state = State::kEnded;
  ++block.ended_;
  self.give_way(true);
}

}  // namespace

void launch(const char* kernel, dim3 grid, dim3 block, void (*body)(const void*), const void* arguments, size_t bytes) {
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > kMostBlocksInX || grid.y > kMostBlocksInY ||
      grid.z > kMostBlocksInY || threads == 0 || threads > kMostThreads) {
    refused = true;
    return;
  }
  if (block.y != 1 || block.z != 1) throw std::logic_error("only blocks of one dimension are emulated");
  // The device runs one kernel at a time.
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  const OpenMemory open;
  ++counted.launches;
  place.block_size = block;
  place.grid_size = grid;
  launch_begins(arguments, bytes);
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        place.block = {x, y, z};
        ++counted.blocks;
        counted.threads += threads;
        block_begins();
        the_block().run(kernel, static_cast<unsigned>(threads), body, arguments);
      }
    }
  }
  const std::string fault = launch_ends();
  if (!fault.empty()) throw std::logic_error(std::string(kernel) + ": " + fault);
}

bool take_refusal() {
  const bool was = refused;
  refused = false;
  return was;
}

void barrier() { the_block().barrier(); }

uint64_t shuffle_down(unsigned mask, uint64_t value, unsigned distance) {
  return the_block().shuffle_down(mask, value, distance);
}

void set_order(unsigned order) {
  chosen_order = order;
  random_order.seed(order);
}
unsigned order() { return chosen_order; }

const Counts& counts() { return counted; }

int running_thread() { return the_block().running(); }
bool is_own_local(const void* address) { return the_block().is_own_local(address); }
bool is_local(const void* address) { return the_block().is_local(address); }

}  // namespace jtr::emulated
