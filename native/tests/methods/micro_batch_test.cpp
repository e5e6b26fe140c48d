#include "methods/micro_batch.h"

#include <gtest/gtest.h>

namespace jtr {
namespace {

int64_t chosen(at::DeviceType device, int64_t height, int64_t width, int64_t first_stage) {
  return chosen_micro_batch(at::empty({4, 17, height, width}, at::TensorOptions(at::kFloat).device(device)),
                            first_stage);
}

TEST(MicroBatch, StaysInTheCachesOfACpu) {
  // One sample of 288 x 384 at width 64 has 54 MiB there, one of 64 x 64 half a MiB at width 16.
  EXPECT_EQ(chosen(at::kCPU, 288, 384, 64), 1);
  EXPECT_EQ(chosen(at::kCPU, 64, 64, 16), 32);
}

// The "meta" device stands for a GPU: its tensors are not on the CPU.
TEST(MicroBatch, IsTheBatchOnAGpu) {
  EXPECT_GE(chosen(at::kMeta, 288, 384, 64), 16);
  EXPECT_GE(chosen(at::kMeta, 64, 64, 16), 2048);
}

TEST(MicroBatch, IsBoundedOnAGpuAndNeverNothing) {
  EXPECT_LT(chosen(at::kMeta, 1024, 2048, 64), 4);
  EXPECT_EQ(chosen(at::kMeta, 8192, 8192, 64), 1);
}

}  // namespace
}  // namespace jtr
