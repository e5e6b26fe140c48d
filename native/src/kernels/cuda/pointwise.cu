// CUDA kernels that work on each element or pixel by itself: exponential_noise.h, one_hot.h, adam.h.
#include "kernels/cuda/grid.cuh"
#include "kernels/device/noise.h"

namespace jtr::kernels::cuda {

namespace typed {

template <typename T, typename A>
void exponential_noise(void* out, int64_t count, uint64_t seed, uint32_t index, int64_t first, Stream stream) {
  T* to = static_cast<T*>(out);
  const int64_t first_block = first / 4, blocks = (first + count + 3) / 4 - first_block;
  for_each("exponential_noise", blocks, stream, [=] __device__(int64_t block) {
    float values[4];
    exponential_block(seed, index, static_cast<uint64_t>(first_block + block), values);
    for (int i = 0; i < 4; ++i) {
      const int64_t place = 4 * (first_block + block) + i - first;
      if (place >= 0 && place < count) to[place] = static_cast<T>(values[i]);
    }
  });
}

template <typename T, typename A>
void one_hot(const void* x, const Shape& shape, void* out, Stream stream) {
  const T* in = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  const Shape s = shape;
  for_each("one_hot", s.samples * s.plane(), stream,
           [=] __device__(int64_t i) { device::one_hot_at<T, A>(i, in, s, to); });
}

template <typename A>
void adam(void* p, const void* g, void* m, void* v, int64_t count, const AdamArguments& arguments, Stream stream) {
  A *to = static_cast<A*>(p), *first = static_cast<A*>(m), *second = static_cast<A*>(v);
  const A* gradient = static_cast<const A*>(g);
  const A beta1 = static_cast<A>(arguments.beta1), beta2 = static_cast<A>(arguments.beta2);
  const A rest1 = static_cast<A>(1 - arguments.beta1), rest2 = static_cast<A>(1 - arguments.beta2);
  const A epsilon = static_cast<A>(arguments.epsilon), step_size = static_cast<A>(arguments.step_size);
  const A correction = static_cast<A>(arguments.sqrt_correction2);
  for_each("adam", count, stream, [=] __device__(int64_t i) {
    device::adam_at(i, to, gradient, first, second, beta1, beta2, rest1, rest2, epsilon, step_size, correction);
  });
}

}  // namespace typed

void exponential_noise(Element element, void* out, int64_t count, uint64_t seed, uint32_t index, int64_t first,
                       Stream stream) {
  JTR_DISPATCH(element, typed::exponential_noise, out, count, seed, index, first, stream)
}

void one_hot(Element element, const void* x, const Shape& shape, void* out, Stream stream) {
  JTR_DISPATCH(element, typed::one_hot, x, shape, out, stream)
}

void adam(Element element, void* p, const void* g, void* m, void* v, int64_t count, const AdamArguments& arguments,
          Stream stream) {
  // Weights and moments are never stored in less than float.
  if (element == Element::kDouble) return typed::adam<double>(p, g, m, v, count, arguments, stream);
  typed::adam<float>(p, g, m, v, count, arguments, stream);
}

}  // namespace jtr::kernels::cuda
