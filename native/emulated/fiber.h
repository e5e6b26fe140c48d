// A stack of its own for a function, which gives way and goes on where it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace jtr::emulated {

class Fiber {
 public:
  static constexpr size_t kStackBytes = size_t{64} << 10;

  /// Lets `entry(self)` begin at the next resume(). It must end in give_way(true), and never be resumed after that.
  void start(void (*entry)(Fiber& self));

  /// Called from outside: runs until it gives way.
  void resume();

  /// Called from within: goes back to where resume() was called.
  void give_way(bool for_good = false);

  bool holds(const void* address) const {
    const auto from = reinterpret_cast<uintptr_t>(stack_.get()), at = reinterpret_cast<uintptr_t>(address);
    return at - from < kStackBytes;
  }

 private:
  struct Context;
  static void enter();

  std::unique_ptr<char[]> stack_;
  void (*entry_)(Fiber&) = nullptr;
  void *own_ = nullptr, *caller_ = nullptr;  // where each goes on
  // For the address sanitizer, which must know which stack is in use.
  void *own_fake_ = nullptr, *caller_fake_ = nullptr;
  const void* caller_bottom_ = nullptr;
  size_t caller_bytes_ = 0;
};

}  // namespace jtr::emulated
