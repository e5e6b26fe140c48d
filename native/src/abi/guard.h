// Between C++ and C: every exported function runs inside guard(), which turns exceptions into a status and the thread's
// last error.
#pragma once

#include <cstdint>
#include <string>

#include "error.h"
#include "threads.h"

namespace jtr::abi {

/// Remembers what went wrong on this thread; the status to return.
jtr_status remember_current_exception() noexcept;

template <typename Body>
jtr_status guard(Body&& body) noexcept {
  adopt_threads();
  try {
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

/// A struct argument that must be there and have this version's size.
template <typename T>
T& checked_struct(T* pointer, const char* name) {
  require(pointer != nullptr, name, "is null");
  require(pointer->struct_size == sizeof(T), text(name, ".struct_size").c_str(), "is ", pointer->struct_size,
          ", expected ", sizeof(T), ": the caller was built for another version of jtr.h");
  return *pointer;
}

/// Sends a message to the log callback, if there is one.
void log(jtr_log_level level, const std::string& message);

}  // namespace jtr::abi
