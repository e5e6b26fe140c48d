// What a random test draws hangs on its name alone.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace jtr::test {

/// A number that a test's full name stands for: FNV-1a of "Suite.Name". The environment variable JTR_TEST_SALT (a
/// number) gives every test other ones, to find tests that pass by luck.
inline uint64_t seed_of(const testing::TestInfo& info) {
  static const char* const salt = std::getenv("JTR_TEST_SALT");
  uint64_t hash = 0xCBF29CE484222325u + (salt == nullptr ? 0 : std::strtoull(salt, nullptr, 10));
  for (const char c : std::string(info.test_suite_name()) + "." + info.name()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return hash;
}

/// That of the running test; 0 outside of one.
inline uint64_t seed_of_test() {
  const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
  return info == nullptr ? 0 : seed_of(*info);
}

}  // namespace jtr::test
