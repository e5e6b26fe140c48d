// Bringing the next batch ahead of its step. (On the CPU the copies are made at once, by the same code.)
#include "training/batch_uploader.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "support.h"

namespace jtr {
namespace {

const std::vector<Variant> kTasks = {test::segmentation(), test::depth(), test::normals(), test::map()};
const std::vector<uint8_t> kLabelled = {1, 0, 0, 1, 0, 1, 1, 0};

class BatchUploaderTest : public testing::Test {
 protected:
  static BatchUploader::Setting setting() { return {"jtr", at::TensorOptions(at::kDouble), 3, false, 32}; }
  TaskSet tasks{kTasks};
  BatchUploader uploader{tasks, setting()};
  test::OwnedBatch first = test::random_batch(kTasks, kLabelled, 32, 64, 1);
  test::OwnedBatch second = test::random_batch(kTasks, kLabelled, 32, 64, 2);

  static void expect_equal(const DeviceBatch& a, const DeviceBatch& b) {
    EXPECT_TRUE(a.inputs.image.equal(b.inputs.image));
    // NaN is a map's invalid label.
    EXPECT_TRUE(a.labels.planes.nan_to_num(-7).equal(b.labels.planes.nan_to_num(-7)));
    EXPECT_TRUE(a.labelled.equal(b.labelled));
  }
};

TEST_F(BatchUploaderTest, GivesWhatItBroughtAhead) {
  BatchUploader fresh(tasks, setting());
  const DeviceBatch expected = fresh.take(second.host);
  uploader.begin(second.host);
  EXPECT_TRUE(uploader.holds(second.host));
  // Shows that take() does not copy again.
  second.images.zero_();
  const DeviceBatch taken = uploader.take(second.host);
  expect_equal(taken, expected);
  EXPECT_EQ(taken.inputs.image.sizes(), at::IntArrayRef({6, 3, 32, 64}));
  EXPECT_EQ(taken.inputs.image.scalar_type(), at::kDouble);
}

TEST_F(BatchUploaderTest, BringsDomainsWhereTheyAreWanted) {
  std::vector<int64_t> numbers = {1, 0};
  first.host.domain = at::from_blob(numbers.data(), {2}, at::kLong);
  EXPECT_FALSE(BatchUploader(tasks, setting()).take(second.host).domain.defined());
  BatchUploader::Setting wanted = setting();
  wanted.domains = 2;
  wanted.domain_tensor = true;
  BatchUploader own(tasks, wanted);
  EXPECT_TRUE(own.take(first.host).domain.equal(at::tensor(numbers, at::kLong)));
  EXPECT_TRUE(own.take(second.host).domain.equal(at::zeros({2}, at::kLong)));
  own.begin(first.host);
  HostBatch unsaid = first.host;
  unsaid.domain = at::Tensor();
  EXPECT_FALSE(own.holds(unsaid));
  numbers[1] = 2;
  EXPECT_EQ(test::caught([&] { own.take(unsaid), own.take(first.host); }).field(), "batch.domain");
}

TEST_F(BatchUploaderTest, GivesABatchOnceOnly) {
  uploader.begin(second.host);
  uploader.take(second.host);
  second.images.fill_(0.25);
  EXPECT_FALSE(uploader.holds(second.host));
  EXPECT_EQ(uploader.take(second.host).inputs.image.max().item<double>(), 0.25);
}

TEST_F(BatchUploaderTest, CopiesAnotherBatchThanTheOneItBrought) {
  BatchUploader fresh(tasks, setting());
  uploader.begin(second.host);
  EXPECT_FALSE(uploader.holds(first.host));
  expect_equal(uploader.take(first.host), fresh.take(first.host));
}

TEST_F(BatchUploaderTest, ABatchOfAnotherSizeInTheSameMemoryIsAnother) {
  uploader.begin(second.host);
  HostBatch turned = second.host;
  turned.images = turned.images.view({3, 2, 3, 64, 32});
  turned.labels = test::split_labels(tasks, second.labels.view({3, 2, tasks.label_channels(), 64, 32}));
  EXPECT_FALSE(uploader.holds(turned));
  EXPECT_EQ(uploader.take(turned).inputs.image.sizes(), at::IntArrayRef({6, 3, 64, 32}));
}

TEST_F(BatchUploaderTest, WhatIsWrongWithTheNextBatchIsToldInItsOwnStep) {
  second.images[1][0][0][3][4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(uploader.begin(second.host));
  EXPECT_FALSE(uploader.holds(second.host));
  uploader.take(first.host);
  EXPECT_EQ(test::caught([&] { uploader.take(second.host); }).field(), "batch.image");

  second = test::random_batch(kTasks, kLabelled, 32, 64, 2);
  second.labels.select(2, 0).fill_(99);  // no such class
  EXPECT_NO_THROW(uploader.begin(second.host));
  EXPECT_EQ(test::caught([&] { uploader.take(second.host); }).field(), "batch.label.segmentation");
}

/// Memory that runs out as std::vector's does, while it is told to. `allocate` is const in some versions of libtorch
/// and not in others.
class Exhausted final : public c10::Allocator {
 public:
  Exhausted() : before_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 0xFF); }
  ~Exhausted() override { c10::SetCPUAllocator(before_, 0xFF); }
  c10::DataPtr allocate(size_t) const { throw std::bad_alloc(); }
  c10::DataPtr allocate(size_t) { throw std::bad_alloc(); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  c10::Allocator* before_;
};

TEST_F(BatchUploaderTest, AMemoryThatIsTooShortForTheNextBatchDoesNotFailThisStep) {
  {
    const Exhausted exhausted;
    EXPECT_THROW(at::empty({100}), std::bad_alloc);
    EXPECT_NO_THROW(uploader.begin(second.host));
  }
  EXPECT_FALSE(uploader.holds(second.host));
  BatchUploader fresh(tasks, setting());
  expect_equal(uploader.take(second.host), fresh.take(second.host));
}

TEST_F(BatchUploaderTest, AWrongBatchIsNotTakenForTheOneBefore) {
  uploader.begin(first.host);
  second.images[0][0][0][0][0] = std::numeric_limits<float>::infinity();
  uploader.begin(second.host);
  EXPECT_FALSE(uploader.holds(first.host));
  EXPECT_FALSE(uploader.holds(second.host));
}

}  // namespace
}  // namespace jtr
