#include "threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <atomic>

namespace jtr {
namespace {

std::atomic<int> chosen{0};    // 0: libtorch's own choice
thread_local int adopted = 0;  // by this thread

}  // namespace

void set_threads(int count) {
  at::set_num_threads(count);  // of this thread, and of those to come
  chosen.store(count);
  adopted = count;
}

void adopt_threads() noexcept {
  const int count = chosen.load(std::memory_order_relaxed);
  if (count == adopted) return;
  adopted = count;
#ifdef _OPENMP
  omp_set_num_threads(count);
#endif
}

void release_threads() noexcept {
  // OpenMP 5.0; libtorch brings whichever runtime it was built with, under this name or none at all.
  using Pause = int (*)(int);
  static const auto pause = reinterpret_cast<Pause>(dlsym(RTLD_DEFAULT, "omp_pause_resource_all"));
  constexpr int kSoft = 1;
  if (pause != nullptr) pause(kSoft);
}

}  // namespace jtr
