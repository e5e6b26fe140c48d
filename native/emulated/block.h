// The threads of the block that runs.
#pragma once

namespace jtr::emulated {

/// Index of the thread that runs; -1 outside of kernels.
int running_thread();
/// Whether an address is in that thread's own stack, or in another's.
bool is_own_local(const void* address);
bool is_local(const void* address);

}  // namespace jtr::emulated
