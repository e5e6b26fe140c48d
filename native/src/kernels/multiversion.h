// JTR_MULTIVERSION before a function compiles it for several instruction sets; the loader picks the best the machine
// has. The body must be, or inline, plain loops that the compiler vectorises.
#pragma once

// The pick happens before a sanitizer's runtime is ready, so there the baseline is all there is.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define JTR_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define JTR_MULTIVERSION
#endif

#define JTR_INLINE inline __attribute__((always_inline))
