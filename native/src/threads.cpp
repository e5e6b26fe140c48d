#include "threads.h"

#include <dlfcn.h>

namespace jtr {

void release_threads() noexcept {
  // OpenMP 5.0; libtorch brings whichever runtime it was built with, under this name or none at all.
  using Pause = int (*)(int);
  static const auto pause = reinterpret_cast<Pause>(dlsym(RTLD_DEFAULT, "omp_pause_resource_all"));
  constexpr int kSoft = 1;
  if (pause != nullptr) pause(kSoft);
}

}  // namespace jtr
