// Runs CUDA kernels on the CPU: block after block, and a block's threads in turn, for tests where there is no GPU.
//
// A thread is a fiber with a stack of its own. It runs until it waits (for a barrier or a shuffle) or ends. The order
// in which a block's threads run can be chosen, so that what a missing barrier lets through in one order shows in
// another. A launch that a GPU refuses is refused here. A barrier that not all threads of a block reach, and a shuffle
// that a named lane does not reach, throw.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jtr::emulated {

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

/// Of the thread that runs.
struct Place {
  dim3 thread, block, block_size, grid_size;
};
extern Place place;

/// Runs a kernel to its end. `body(arguments)` is one thread's work. Throws std::logic_error for what the kernel does
/// wrong, with its name.
void launch(const char* kernel, dim3 grid, dim3 block, void (*body)(const void*), const void* arguments, size_t bytes);

/// `body` is a copy of the arguments, as a GPU has them. All streams are one.
template <typename Body>
void launch(const char* kernel, dim3 grid, dim3 block, void* /*stream*/, const Body& body) {
  launch(
      kernel, grid, block, [](const void* own) { (*static_cast<const Body*>(own))(); }, &body, sizeof body);
}

/// Whether a launch since the last call was refused for its limits.
bool take_refusal();

/// Waits for the block's other threads.
void barrier();

/// What the lane `distance` further on hands; its own value where that is past the warp.
uint64_t shuffle_down(unsigned mask, uint64_t value, unsigned distance);

/// 0: ascending, 1: descending, else shuffled with that number as the seed. At first that of the environment variable
/// JTR_EMULATED_ORDER, else 0.
void set_order(unsigned order);
unsigned order();

/// What ran since the program's start.
struct Counts {
  uint64_t launches = 0, blocks = 0, threads = 0, barriers = 0, shuffles = 0;
};
const Counts& counts();

}  // namespace jtr::emulated
