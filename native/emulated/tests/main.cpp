// Tests whose suite has "Emulated" in its name compare the two tables of kernels themselves. In all others the CUDA
// kernels take the place of the CPU's.
#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include "emulated/grid.h"
#include "kernels/table.h"

namespace {

using jtr::kernels::KernelsOf;
using jtr::kernels::KernelTable;

class Tables : public testing::EmptyTestEventListener {
 public:
  Tables() : cpu_(jtr::kernels::table(at::kCPU)), cuda_(jtr::kernels::table(at::Device(at::kCUDA))) {}

 private:
  void OnTestStart(const testing::TestInfo& info) override {
    const bool compares = std::string(info.test_suite_name()).find("Emulated") != std::string::npos;
    KernelsOf(at::kCPU, compares ? cpu_ : cuda_);
  }

  KernelTable cpu_, cuda_;
};

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  testing::UnitTest::GetInstance()->listeners().Append(new Tables);
  const int status = RUN_ALL_TESTS();
  const jtr::emulated::Counts& done = jtr::emulated::counts();
  std::cout << "emulated: " << done.launches << " launches of CUDA kernels, " << done.threads << " threads, order "
            << jtr::emulated::order() << "\n";
  return status;
}
