// Starts each of planted.cu's kernels; pointers are the device's.
#pragma once

#include <cstdint>

namespace jtr::kernels::cuda {

/// Correct with both barriers.
void planted_sums_of_rows(int blocks, int64_t rows, int64_t pixels, const double* x, bool first, bool second,
                          double* out);
void planted_barrier_of_some(double* out);
void planted_shuffle_without_a_lane(double* out);
void planted_blocks_that_write_one_value(double* out);
void planted_grid(unsigned x, unsigned y, double* out);
/// a b + c as the compiler makes it.
void planted_product_and_sum(const double* a, const double* b, const double* c, double* out);

}  // namespace jtr::kernels::cuda
