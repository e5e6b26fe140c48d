// Philox 4x32-10 (Salmon et al., SC 2011): random numbers as a pure function of key and counter, the same on CPU and
// CUDA and for any number of threads.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define JTR_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define JTR_HOST_DEVICE inline __attribute__((always_inline))
#endif

namespace jtr {

struct PhiloxBlock {
  uint32_t value[4];
};

/// What a stream of random numbers is for.
enum class RandomUse : uint32_t {
  kInitialWeights = 1,
  kGumbelNoise = 2,
  kLossWeights = 3,
  kGradientOrder = 4,
  kStrongViews = 5,
  kInputDropout = 6,
};

/// The block of four random words at `counter` of the stream (seed, use, index).
JTR_HOST_DEVICE PhiloxBlock philox(uint64_t seed, RandomUse use, uint32_t index, uint64_t counter) {
  uint32_t c0 = static_cast<uint32_t>(counter), c1 = static_cast<uint32_t>(counter >> 32);
  uint32_t c2 = index, c3 = static_cast<uint32_t>(use);
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

/// Uniform in (0, 1), never 0 or 1: 24 bits, centred in their bin.
JTR_HOST_DEVICE float open_uniform(uint32_t bits) { return (static_cast<float>(bits >> 8) + 0.5f) * 0x1p-24f; }

}  // namespace jtr
