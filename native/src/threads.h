// The OpenMP threads that libtorch computes on.
#pragma once

namespace jtr {

/// Sets on how many threads libtorch computes, for every thread that calls into this library: for the calling one now,
/// for another one that has computed before in its next call (adopt_threads()).
void set_threads(int count);

/// Takes over what set_threads() was last told, once. OpenMP keeps the number for each thread by itself, so every call
/// from outside begins with this.
void adopt_threads() noexcept;

/// Ends the idle threads that the calling thread has computed on. Every thread that calls into libtorch gets a team of
/// its own, which then waits for that thread's next call. GNU OpenMP counts the waiting ones too: once there are more
/// of them than processors it lets the threads of a running team sleep whenever they have nothing to do, and waking
/// them costs more than a small step's work. So calls that are made once (creating a network, loading one, scoring)
/// leave no team behind.
void release_threads() noexcept;

}  // namespace jtr
