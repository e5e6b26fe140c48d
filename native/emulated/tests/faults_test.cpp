// The emulation finds what a GPU would do wrong, or refuse: a fault of each kind is planted and must be found.
#include "emulated/planted.h"
#include "emulated/tests/on_device.h"
#include "kernels/cuda/launch.h"

namespace jtr {
namespace {

using emulated::to_device;
using emulated::to_host;
using test::drawn;
using test::on_cuda;
using test::on_device;

/// What running it says; "" where it finds no fault.
std::string fault_of(unsigned order, const std::function<void()>& run) {
  try {
    on_device(order, [&] {
      run();
      return 0;
    });
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

/// In each order.
void expect_fault(const std::string& part, const std::function<void()>& run) {
  for (const unsigned order : test::kOrders) {
    const std::string found = fault_of(order, run);
    EXPECT_NE(found.find(part), std::string::npos) << "order " << order << ": '" << found << "'";
  }
}

struct EmulatedFaults : testing::Test {
  at::Tensor out = to_device(at::zeros({1024}, at::kDouble));
  double* data = out.data_ptr<double>();
};

class EmulatedRaces : public EmulatedFaults {
 protected:
  void SetUp() override {
    if (!emulated::sees_accesses()) GTEST_SKIP() << "this build has the address sanitizer's instrumentation";
  }
  at::Tensor x = drawn({3, 700}, -1, 1, 1), device_x = to_device(x);

  void sums(bool first, bool second) {
    kernels::cuda::planted_sums_of_rows(1, 3, 700, device_x.data_ptr<double>(), first, second, data);
  }
};

TEST_F(EmulatedRaces, OfTwoBarriersNeitherMayBeMissing) {
  expect_fault("sums_of_rows: a race in shared memory", [&] { sums(false, true); });
  expect_fault("a race in shared memory", [&] { sums(true, false); });
  for (const unsigned order : test::kOrders) {
    EXPECT_EQ(fault_of(order, [&] { sums(true, true); }), "");
    EXPECT_LT(test::error_of(out.narrow(0, 0, 3), x.sum(1)), 1e-13);
  }
}

TEST_F(EmulatedRaces, ShowInTheResultInSomeOrdersOnly) {
  // Why the detector is there: a missing barrier may give the right sums.
  int wrong = 0;
  for (const unsigned order : test::kOrders) {
    test::unchecked_on_device(order, [&] {
      sums(false, true);
      return 0;
    });
    wrong += test::error_of(out.narrow(0, 0, 3), x.sum(1)) > 1e-6;
  }
  EXPECT_GT(wrong, 0);
  EXPECT_LT(wrong, 4);
}

TEST_F(EmulatedRaces, OfBlocksAreFound) {
  expect_fault("a race in global memory", [&] { kernels::cuda::planted_blocks_that_write_one_value(data); });
}

TEST_F(EmulatedRaces, AHostPointerOnTheDeviceIsFound) {
  const at::Tensor host = drawn({1, 2, 4, 4}, -1, 1, 2);
  expect_fault("a host pointer on the device", [&] { on_cuda().norm_statistics(host, false, 1e-5); });
}

/// The real reduction, whose scratch memory lacks its last sum.
void with_short_scratch(const at::Tensor& x, const at::Tensor& out) {
  const kernels::cuda::Shape shape{1, 2, 80, 80, false};
  const int64_t needed = 2 * 2 * 2 * 8;  // two sums for each of two channels' two blocks
  const at::Tensor scratch = at::empty({needed - 1}, at::kByte);
  double* const to = out.data_ptr<double>();
  kernels::cuda::norm_statistics(kernels::cuda::Element::kDouble, x.data_ptr(), shape, 1, 1e-5, to, to + 2, to + 4,
                                 scratch.data_ptr(), nullptr);
}

TEST_F(EmulatedFaults, ScratchThatIsTooShortIsFound) {
  const at::Tensor x = to_device(drawn({1, 2, 80, 80}, -1, 1, 3));
  if (emulated::sees_accesses()) {
    expect_fault("reduce_planes: a write of 8 bytes outside of every allocation", [&] { with_short_scratch(x, out); });
  } else {
    GTEST_FLAG_SET(death_test_style, "fast");
    EXPECT_DEATH(fault_of(0, [&] { with_short_scratch(x, out); }), "AddressSanitizer");
  }
}

TEST_F(EmulatedFaults, ABarrierThatNotAllReachIsFound) {
  expect_fault("barrier_of_some: a barrier waits for thread 100, which does not reach it",
               [&] { kernels::cuda::planted_barrier_of_some(data); });
}

TEST_F(EmulatedFaults, AShuffleWithoutALaneIsFound) {
  expect_fault("a shuffle waits for lane 31 of warp 0, which does not reach it",
               [&] { kernels::cuda::planted_shuffle_without_a_lane(data); });
}

TEST_F(EmulatedFaults, AGridThatAGpuRefusesIsRefused) {
  expect_fault("CUDA error: planted_grid: invalid configuration argument",
               [&] { kernels::cuda::planted_grid(1, 65536, data); });
  expect_fault("invalid configuration argument", [&] { kernels::cuda::planted_grid(0x80000000u, 1, data); });
  expect_fault("invalid configuration argument", [&] { kernels::cuda::planted_grid(0, 1, data); });
}

TEST_F(EmulatedFaults, ADevicePointerOnTheHostIsFound) {
  GTEST_FLAG_SET(death_test_style, "fast");
  EXPECT_DEATH(std::cerr << data[3], "the host used a pointer to the emulated device's memory");
  EXPECT_DEATH(data[3] = 1, "the host used a pointer to the emulated device's memory");
  EXPECT_DEATH(out.sum(), "the host used a pointer to the emulated device's memory");
}

TEST_F(EmulatedFaults, AreForgottenByTheNextLaunch) {
  EXPECT_NE(fault_of(0, [&] { kernels::cuda::planted_barrier_of_some(data); }), "");
  EXPECT_NE(fault_of(0, [&] { kernels::cuda::planted_grid(1, 65536, data); }), "");
  const at::Tensor x = drawn({1, 2, 4, 4}, -1, 1, 2), device_x = to_device(x);
  EXPECT_EQ(fault_of(0, [&] { on_cuda().norm_statistics(device_x, false, 1e-5); }), "");
}

TEST(EmulatedArithmetic, IsContractedAsNvccDoes) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "of the compiler's own choice here";
#else
  if (!__builtin_cpu_supports("fma")) GTEST_SKIP() << "this processor has no fma";
  // (1 + e)(1 - e) - 1 = -e e, which two roundings lose.
  const double e = 0x1p-30;
  const at::Tensor host = at::tensor({1 + e, 1 - e, -1.0, 0.0}, at::kDouble);
  const at::Tensor device = to_device(host);
  double* const v = device.data_ptr<double>();
  on_device(0, [&] {
    kernels::cuda::planted_product_and_sum(v, v + 1, v + 2, v + 3);
    return 0;
  });
  EXPECT_EQ(to_host(device)[3].item<double>(), -e * e);
#endif
}

TEST(EmulatedBFloat16, RoundsAsLibtorchDoes) {
  // By way of a kernel: the identity of norm and ReLU, for positive values.
  const at::Tensor x = drawn({1, 1, 64, 64}, 0, 300, 1, at::kBFloat16);
  const at::Tensor one = to_device(at::ones({1}, at::kFloat)), zero = to_device(at::zeros({1}, at::kFloat));
  const at::Tensor mean = to_device(at::zeros({1, 1}, at::kFloat)),
                   invstd = to_device(at::full({1, 1}, 1.0 / 3, at::kFloat));
  const at::Tensor gx = to_device(x);
  const at::Tensor y = on_device(0, [&] { return on_cuda().norm_relu(gx, one, zero, {mean, mean, invstd}); });
  EXPECT_TRUE(to_host(y).equal((x.to(at::kFloat) * static_cast<float>(1.0 / 3)).to(at::kBFloat16)));
}

}  // namespace
}  // namespace jtr
