// Where the memory of large host tensors comes from.
//
// By default malloc maps fresh pages for each large tensor and returns them to the kernel at once: a tenth to a seventh
// of a training step on the CPU went into that (bench/LADDER.md). Here they come from a pool that keeps them, while
// somebody wants it. The allocator is libtorch's for the whole process: other users of the same libtorch get memory of
// the pool too in that time, and may keep it.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>

namespace jtr::memory {

/// Takes part in the pool as long as it lives: the first makes libtorch take large host tensors from the pool, the last
/// makes it take new ones from its own memory again, and gives the pool's free pages back to the kernel. What is hooked
/// into libtorch for that stays hooked in, for what was taken must be given back. The environment variable
/// JTR_HOST_MEMORY=system leaves libtorch's own allocator in place.
class PoolUser {
 public:
  PoolUser();
  ~PoolUser();
  PoolUser(const PoolUser&) = delete;
  PoolUser& operator=(const PoolUser&) = delete;
};

/// Zeroes a tensor without gaps. A large one of the pool gives its pages back until restore() or until it is written:
/// the gradients of one network need take no memory while another works.
void zero_and_release(at::Tensor& tensor);

/// The pages of a tensor come back, zeroed; as many bytes of the pool's free memory go in exchange.
void restore(at::Tensor& tensor);

/// Bytes of tensors that the pool holds now; 0 when there is no pool.
size_t pool_bytes_in_use();

}  // namespace jtr::memory
