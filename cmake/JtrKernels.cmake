# Finds out for which instruction sets the CPU kernels are compiled (native/src/kernels/multiversion.h decides) and says so.
include(CheckCXXSourceCompiles)

set(CMAKE_REQUIRED_INCLUDES "${CMAKE_CURRENT_SOURCE_DIR}/native/src")
check_cxx_source_compiles("
#include \"kernels/multiversion.h\"
#if !JTR_CLONES
#error \"the baseline alone\"
#endif
JTR_MULTIVERSION int twice(int x) { return 2 * x; }
int main(int count, char**) { return twice(count) - 2 * count; }
" JTR_HAS_CLONES)
unset(CMAKE_REQUIRED_INCLUDES)

if(JTR_HAS_CLONES)
  message(STATUS "kernels: for x86-64-v4 (AVX-512), x86-64-v3 (AVX2) and the baseline, chosen at run time")
else()
  message(STATUS "kernels: for the baseline alone (others ask for GCC 12 or newer on x86-64 with glibc, and no sanitizer; this is "
      "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} on ${CMAKE_SYSTEM_PROCESSOR})")
endif()
