// Where the memory of large host tensors comes from.
//
// By default malloc maps fresh pages for each large tensor and returns them to the kernel at once: a tenth to a seventh
// of a training step on the CPU went into that (bench/LADDER.md). Here they come from a pool that keeps them.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>

namespace jtr::memory {

/// Takes part in the pool as long as it lives: the first makes libtorch take large host tensors from the pool, the
/// last gives the pool's free pages back to the kernel. The environment variable JTR_HOST_MEMORY=system leaves libtorch's
/// own allocator in place.
class PoolUser {
 public:
  PoolUser();
  ~PoolUser();
  PoolUser(const PoolUser&) = delete;
  PoolUser& operator=(const PoolUser&) = delete;
};

/// Zeroes a tensor without gaps. Large ones of the pool give their pages back until they are written: a network's
/// gradients take no memory while another network works.
void zero(at::Tensor& tensor);

/// The pool's free memory goes back to the kernel, up to so many bytes: what is to be written next takes no more memory
/// than what was freed before.
void make_room(size_t bytes);

/// Bytes of tensors that the pool holds now; 0 when there is no pool.
size_t pool_bytes_in_use();

}  // namespace jtr::memory
