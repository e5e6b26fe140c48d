// What the tests of a trainer share: a folder, tasks of every kind of pixels, and samples that have some of the labels.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support.h"
#include "training/trainer.h"

namespace jtr::test {

/// A folder that goes with the test.
class TrainerTest : public testing::Test {
 protected:
  TrainerTest() : folder_(std::filesystem::temp_directory_path() / ("jtr_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TrainerTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

inline const std::vector<Variant> kTasks = {segmentation(), depth(), normals(), map()};
inline const std::vector<uint8_t> kLabelled = {1, 0, 0, 1, 0, 1, 1, 0};
/// Maps and products in bfloat16.
inline const Precision kShort = {at::kFloat, at::kBFloat16};

}  // namespace jtr::test
