// Between C++ and C: every exported function runs inside guard(), which turns exceptions into a status and the thread's
// last error.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "abi/warnings.h"
#include "error.h"
#include "threads.h"

namespace jtr::abi {

/// Version of jtr.h; changes when a struct or function does.
constexpr int32_t kAbiVersion = 6;

/// Remembers what went wrong on this thread; the status to return.
jtr_status remember_current_exception() noexcept;

template <typename Body>
jtr_status guard(Body&& body) noexcept {
  adopt_threads();
  try {
    const WarningsToLog warnings;
    body();
    return JTR_STATUS_OK;
  } catch (...) {
    return remember_current_exception();
  }
}

/// For functions that return something else than a status: `failure` when the body throws.
template <typename T, typename Body>
T guard_value(T failure, Body&& body) noexcept {
  adopt_threads();
  try {
    const WarningsToLog warnings;
    return body();
  } catch (...) {
    remember_current_exception();
    return failure;
  }
}

/// A pointer argument that must be there.
template <typename T>
T& deref(T* pointer, const char* name) {
  require(pointer != nullptr, name, "is null");
  return *pointer;
}

/// A path that must be there.
inline std::string checked_path(const char* path) {
  require(path != nullptr && path[0] != 0, "path", "is empty");
  return path;
}

/// An enum that crosses as an int32_t.
template <typename Enum>
Enum checked_enum(int32_t value, std::initializer_list<Enum> values, const char* field) {
  for (const Enum known : values) {
    if (static_cast<int32_t>(known) == value) return known;
  }
  require(false, field, value, " is none of its values");
  return {};
}

/// The bytes of a caller's struct that this version of jtr.h knows. Throws about "<name>.struct_size" where it cannot
/// be one, and where a newer caller's has something in it that this version does not know.
template <typename T>
size_t known_bytes(const T* pointer, const std::string& name) {
  require(pointer != nullptr, name.c_str(), "is null");
  uint64_t size;
  std::memcpy(&size, pointer, sizeof size);
  const std::string field = name + ".struct_size";
  constexpr uint64_t kLargest = uint64_t{1} << 16;
  require(size >= sizeof size && size <= kLargest, field.c_str(), "is ", size, ", expected ", sizeof(T),
          "; set it to sizeof of the struct");
  const auto* bytes = reinterpret_cast<const unsigned char*>(pointer);
  const bool rest_is_zero =
      size <= sizeof(T) || std::all_of(bytes + sizeof(T), bytes + size, [](unsigned char b) { return b == 0; });
  require(rest_is_zero, field.c_str(), "is ", size, ", more than ", sizeof(T),
          ", and what follows is not 0: the caller was "
          "built for a newer jtr.h than this library's, whose interface version is ",
          kAbiVersion);
  return std::min<size_t>(size, sizeof(T));
}

/// A copy of a struct of the caller's, whatever its version; what an older one does not have is zero.
template <typename T>
T read_struct(const T* pointer, const std::string& name) {
  const size_t bytes = known_bytes(pointer, name);
  T copy;
  std::memset(&copy, 0, sizeof copy);
  std::memcpy(&copy, pointer, bytes);
  copy.struct_size = sizeof(T);
  return copy;
}

/// Copies of an array of structs, which lie as far apart as the first one's struct_size says.
template <typename T>
std::vector<T> read_structs(const T* array, int32_t count, const std::string& name) {
  require(count >= 0, (name + "_count").c_str(), "must be 0 or more, not ", count);
  require(count == 0 || array != nullptr, name.c_str(), "is null");
  std::vector<T> copies;
  const auto* at = reinterpret_cast<const unsigned char*>(array);
  for (int32_t i = 0; i < count; ++i) {
    const auto* pointer = reinterpret_cast<const T*>(at);
    copies.push_back(read_struct(pointer, text(name, "[", i, "]")));
    uint64_t size;
    std::memcpy(&size, array, sizeof size);
    at += size;
  }
  return copies;
}

/// A struct of the caller's that receives something: as much of it as the caller's version has is written when store()
/// is called.
template <typename T>
class OutStruct {
 public:
  OutStruct(T* pointer, const std::string& name) : pointer_(pointer), bytes_(known_bytes(pointer, name)) {
    std::memset(&value_, 0, sizeof value_);
  }
  T* operator->() { return &value_; }
  void store() {
    constexpr size_t kHead = sizeof(uint64_t);
    std::memcpy(reinterpret_cast<unsigned char*>(pointer_) + kHead,
                reinterpret_cast<const unsigned char*>(&value_) + kHead, bytes_ - kHead);
  }

 private:
  T* pointer_;
  size_t bytes_;
  T value_;
};

/// Sends a message to the log callback, if there is one.
void log(jtr_log_level level, const std::string& message);

}  // namespace jtr::abi
