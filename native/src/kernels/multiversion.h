// JTR_MULTIVERSION before a function compiles it for several instruction sets; the loader picks the best the machine
// has. The body must be, or inline, plain loops that the compiler vectorises.
#pragma once

#include <cstdlib>  // defines __GLIBC__

// GCC knows these names of instruction sets from 12 on, and the pick needs a loader that glibc has. It happens before a
// sanitizer's runtime is ready. Elsewhere the baseline is all there is. (cmake/JtrKernels.cmake says which it will be.)
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define JTR_CLONES 1
#define JTR_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define JTR_CLONES 0
#define JTR_MULTIVERSION
#endif

#define JTR_INLINE inline __attribute__((always_inline))
