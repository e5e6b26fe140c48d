#include "processor.h"

#include <ATen/Context.h>

#include <cstdlib>
#include <string>

namespace jtr {

namespace {

/// Whether libtorch was told to do without AVX-512.
bool is_limited() {
  const char* wish = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string name = wish != nullptr ? wish : "";
  return name == "default" || name == "avx2";
}

}  // namespace

bool has_avx512() {
  static const bool limited = is_limited();
  if (limited) return false;
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

bool has_bfloat16_convolutions() { return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn() && has_avx512(); }

}  // namespace jtr
