#include "emulated/accesses.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>

#include "emulated/block.h"
#include "emulated/grid.h"
#include "emulated/memory.h"

// The program's own image: __shared__ variables are statics in it.
extern "C" const char __executable_start, _end;

namespace jtr::emulated {
namespace {

/// A byte's last accesses. A block's epoch goes up at each barrier, and no epoch comes twice in a launch.
struct Byte {
  int writer = -1, reader = -1;
  uint32_t written = 0, read = 0;  // epochs
  bool by_several = false;         // more than one reader in the epoch `read`
  bool by_earlier_block = false;   // read there too
};

bool on = false;
uint32_t epoch = 0, first_of_block = 0;
const void* kernel_arguments = nullptr;
size_t kernel_argument_bytes = 0;
/// Bytes that are looked up at once.
constexpr uintptr_t kWord = 8;
std::unordered_map<uintptr_t, std::array<Byte, kWord>> seen;
std::string fault;

bool within(const void* address, const void* begin, const void* end) { return address >= begin && address < end; }

void report(const std::string& what) {
  if (!fault.empty()) return;
  fault = what + " (thread " + std::to_string(running_thread()) + " of block " + std::to_string(place.block.x) + ")";
}

/// Two accesses of one byte, one of them a write, that nothing puts in an order: of two threads between two barriers,
/// or (in memory of all blocks) of two blocks.
void look(Byte& byte, bool write, bool shared) {
  const int own = running_thread();
  const char* const memory = shared ? "shared" : "global";
  const auto race = [&](const char* first, bool other_block) {
    report(std::string("a race in ") + memory + " memory: " + (write ? "a write" : "a read") + " and " + first +
           (other_block ? " of another block" : " of another thread, with no barrier between them"));
  };
  if (byte.writer >= 0) {
    if (byte.written < first_of_block) {
      if (!shared) race("a write", true);
    } else if (byte.written == epoch && byte.writer != own) {
      race("a write", false);
    }
  }
  if (write) {
    if (byte.reader >= 0) {
      if (!shared && (byte.by_earlier_block || byte.read < first_of_block)) {
        race("a read", true);
      } else if (byte.read == epoch && (byte.by_several || byte.reader != own)) {
        race("a read", false);
      }
    }
    byte.writer = own;
    byte.written = epoch;
    return;
  }
  if (byte.reader >= 0 && byte.read < first_of_block) byte.by_earlier_block = true;
  byte.by_several = byte.reader >= 0 && byte.read == epoch && (byte.by_several || byte.reader != own);
  byte.reader = own;
  byte.read = epoch;
}

void access(const void* address, size_t bytes, bool write) {
  if (!on || running_thread() < 0 || is_own_local(address)) return;
  const char *begin = static_cast<const char*>(address), *arguments = static_cast<const char*>(kernel_arguments);
  const bool shared = within(address, &__executable_start, &_end);
  if (shared && within(address, &place, &place + 1)) return;  // threadIdx and the like
  if (!shared) {
    if (within(address, arguments, arguments + kernel_argument_bytes)) {
      if (write) report("a kernel writes to its arguments");
      return;
    }
    switch (where(address, bytes)) {
      case Where::kNotAllocated:
        report(std::string(write ? "a write" : "a read") + " of " + std::to_string(bytes) +
               " bytes outside of every allocation");
        return;
      case Where::kElsewhere:
        report(is_local(address) ? "a pointer to another thread's local variable" : "a host pointer on the device");
        return;
      case Where::kAllocated:
        break;
    }
  }
  const auto first = reinterpret_cast<uintptr_t>(begin), end = first + bytes;
  for (uintptr_t word = first / kWord; word * kWord < end; ++word) {
    std::array<Byte, kWord>& of_word = seen[word];
    for (uintptr_t i = std::max(first, word * kWord); i < std::min(end, (word + 1) * kWord); ++i) {
      look(of_word[i % kWord], write, shared);
    }
  }
}

}  // namespace

void set_checking(bool now) { on = now && sees_accesses(); }
bool checking() { return on; }

void launch_begins(const void* arguments, size_t bytes) {
  if (!on) return;
  kernel_arguments = arguments;
  kernel_argument_bytes = bytes;
  seen.clear();
  fault.clear();
  epoch = first_of_block = 0;
}

void block_begins() { first_of_block = ++epoch; }
void barrier_passed() { ++epoch; }

std::string launch_ends() {
  std::string found;
  found.swap(fault);
  return found;
}

#if defined(__SANITIZE_ADDRESS__)
bool sees_accesses() { return false; }
#else
bool sees_accesses() { return true; }
#endif

}  // namespace jtr::emulated

// What the compiler calls.
extern "C" {

#define JTR_ACCESSES(BYTES)                                                                          \
  void __tsan_read##BYTES(void* address) { jtr::emulated::access(address, BYTES, false); }           \
  void __tsan_write##BYTES(void* address) { jtr::emulated::access(address, BYTES, true); }           \
  void __tsan_unaligned_read##BYTES(void* address) { jtr::emulated::access(address, BYTES, false); } \
  void __tsan_unaligned_write##BYTES(void* address) { jtr::emulated::access(address, BYTES, true); } \
  void __tsan_volatile_read##BYTES(void* address) { jtr::emulated::access(address, BYTES, false); }  \
  void __tsan_volatile_write##BYTES(void* address) { jtr::emulated::access(address, BYTES, true); }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
JTR_ACCESSES(1)
JTR_ACCESSES(2)
JTR_ACCESSES(4)
JTR_ACCESSES(8)
JTR_ACCESSES(16)
void __tsan_read_range(void* address, size_t bytes) { jtr::emulated::access(address, bytes, false); }
void __tsan_write_range(void* address, size_t bytes) { jtr::emulated::access(address, bytes, true); }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void*, void*) {}
void __tsan_vptr_read(void*) {}
void __tsan_init() {}
#pragma GCC diagnostic pop

}  // extern "C"
