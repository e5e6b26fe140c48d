// What kernels read and write: the compiler calls __tsan_read*() and __tsan_write*() before each access of theirs
// (-fsanitize=thread, without its runtime), and this looks at the address.
#pragma once

#include <cstddef>
#include <string>

namespace jtr::emulated {

/// Whether the kernels were compiled so (not with the address sanitizer, which is another instrumentation).
bool sees_accesses();

/// At first off: it makes kernels some ten times slower.
void set_checking(bool on);
bool checking();

/// While one lives, accesses are looked at.
class Checking {
 public:
  Checking() : before_(checking()) { set_checking(true); }
  ~Checking() { set_checking(before_); }
  Checking(const Checking&) = delete;
  Checking& operator=(const Checking&) = delete;

 private:
  bool before_;
};

/// The grid says what runs.
void launch_begins(const void* arguments, size_t bytes);
void block_begins();
void barrier_passed();
/// The first fault of the launch; empty where there is none.
std::string launch_ends();

}  // namespace jtr::emulated
