// Before each test libtorch's own generator is seeded by the test's name too, for what draws from it.
#include "seeds.h"

#include <ATen/ATen.h>

#include "support.h"

namespace jtr {
namespace {

class SeedByName final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& info) override { at::manual_seed(test::seed_of(info)); }
};

/// GoogleTest's own main() runs the tests; a listener may be there before it.
const bool is_listening = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SeedByName);
  return true;
}();

TEST(Seeds, ATestDrawsWhatItsNameSaysInWhateverOrder) {
  EXPECT_TRUE(is_listening);
  EXPECT_EQ(at::globalContext().defaultGenerator(at::kCPU).current_seed(), test::seed_of_test());
  if (std::getenv("JTR_TEST_SALT") != nullptr) GTEST_SKIP() << "JTR_TEST_SALT asks for other numbers";
  // "Seeds.ATestDrawsWhatItsNameSaysInWhateverOrder", written out: the same on every machine.
  EXPECT_EQ(test::seed_of_test(), 0x159B7CD7334258F9u);
  EXPECT_TRUE(at::equal(test::uniform({100}, -1, 1, 5), test::uniform({100}, -1, 1, 5)));
  EXPECT_FALSE(at::equal(test::uniform({100}, -1, 1, 5), test::uniform({100}, -1, 1, 6)));
}

TEST(Seeds, AnotherTestDrawsOtherNumbers) {
  if (std::getenv("JTR_TEST_SALT") != nullptr) GTEST_SKIP() << "JTR_TEST_SALT asks for other numbers";
  at::Generator first = at::globalContext().defaultGenerator(at::kCPU).clone();
  first.set_current_seed(0x159B7CD7334258F9u + 5);
  EXPECT_FALSE(at::equal(at::empty({100}, at::kDouble).uniform_(-1, 1, first), test::uniform({100}, -1, 1, 5)));
}

}  // namespace
}  // namespace jtr
