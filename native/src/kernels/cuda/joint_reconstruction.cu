// The CUDA kernels of joint_reconstruction.h: each pixel's loss and slope with the blocks' sums, each sample's total
// and factors, and then the slopes times those factors.
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/joint.cuh"
#include "kernels/device/joint_reconstruction.h"

namespace jtr::kernels::cuda {
namespace {

/// A sample's terms: each task in each half.
int64_t terms_of(const device::ChannelGroups& groups) { return 2 * groups.count; }

}  // namespace

int64_t joint_reconstruction_scratch(const device::ChannelGroups& groups, const JointData& view) {
  // The blocks' sums, then the factors.
  return view.samples * terms_of(groups) *
         (pixel_blocks(view.pixels) * static_cast<int64_t>(sizeof(device::Sums)) +
          static_cast<int64_t>(sizeof(double)));
}

namespace typed {

template <typename T>
void joint_reconstruction(const device::ChannelGroups& groups, const JointData& view, const void* r,
                          const device::ReconstructionTargets& targets, const void* stacks, const Shape& shape,
                          double scale, void* loss, void* dr, void* scratch, Stream stream) {
  const auto in = inputs<T>(view);
  const auto g = groups;
  const auto compared = targets;
  const Shape s = shape;
  const T *from = static_cast<const T*>(r), *encoded = static_cast<const T*>(stacks);
  T *to = static_cast<T*>(dr), *losses = static_cast<T*>(loss);
  const int64_t terms = terms_of(groups), blocks = pixel_blocks(in.pixels);
  auto* partial = static_cast<device::Sums*>(scratch);
  auto* factors = reinterpret_cast<double*>(partial + in.samples * terms * blocks);
  // One plane of sums for each sample and term.
  const Shape planes{in.samples, terms, shape.height, shape.width, false};
  reduce("joint_reconstruction", planes, in.pixels, partial, stream,
         [=] __device__(int64_t n, int64_t term, int64_t pixel) {
           return device::reconstruction_at<T>(n, term / g.count, static_cast<int32_t>(term % g.count), pixel, g, in,
                                               compared, s, from, encoded, to);
         });
  for_each("joint_reconstruction_totals", in.samples, stream, [=] __device__(int64_t n) {
    double sum = 0;
    for (int64_t term = 0; term < terms; ++term) {
      const device::Sums sums = total(partial, in.samples, terms, blocks, in.samples, n, term);
      sum += device::reconstruction_loss(g.group[term % g.count], sums);
      factors[n * terms + term] = device::reconstruction_factor(sums, scale);
    }
    losses[n] = static_cast<T>(sum);
  });
  for_each("joint_reconstruction_scale", s.elements(), stream, [=] __device__(int64_t i) {
    const device::Place p = device::place_of(s, i);
    const int64_t term = p.n / in.samples * g.count + device::group_of(g, p.c);
    to[i] *= static_cast<T>(factors[p.n % in.samples * terms + term]);
  });
}

}  // namespace typed

void joint_reconstruction(Element element, const device::ChannelGroups& groups, const JointData& view, const void* r,
                          const device::ReconstructionTargets& targets, const void* stacks, const Shape& shape,
                          double scale, void* loss, void* dr, void* scratch, Stream stream) {
  if (element == Element::kDouble) {
    return typed::joint_reconstruction<double>(groups, view, r, targets, stacks, shape, scale, loss, dr, scratch,
                                               stream);
  }
  typed::joint_reconstruction<float>(groups, view, r, targets, stacks, shape, scale, loss, dr, scratch, stream);
}

}  // namespace jtr::kernels::cuda
