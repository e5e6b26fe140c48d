#include "methods/joint_space.h"

#include "kernels/joint_reconstruction.h"
#include "kernels/table.h"

namespace jtr {
namespace {

class KernelJointSpace final : public JointSpace {
 public:
  KernelJointSpace(const JointSpaceOptions& options, const kernels::ChannelGroups& groups)
      : options_(options), groups_(groups) {}

  at::Tensor stacks(const JointView& view, const StackNoise& noise) const override {
    return kernels::joint_stacks(groups_, of_pixels(view), noise, options_.format);
  }

  void stacks_backward(const JointView& view, const StackNoise& noise, const at::Tensor& d,
                       at::Tensor& grad) const override {
    kernels::joint_stacks_backward(groups_, of_pixels(view), noise, d, grad);
  }

  Reconstruction reconstruction(const JointView& view, const at::Tensor& r, const at::Tensor& stacks,
                                double scale) const override {
    Reconstruction result;
    result.loss = kernels::joint_reconstruction(groups_, of_pixels(view), r,
                                                {options_.corrected, kCompletionTarget2, kPredictionTarget2}, stacks,
                                                scale, result.grad);
    return result;
  }

 private:
  /// The view as kernels take it: labelled [b, groups].
  JointView of_pixels(const JointView& view) const {
    const std::vector<size_t>& own = options_.tasks->of(Extent::kPixel);
    if (own.size() == options_.tasks->size()) return view;
    const std::vector<int64_t> columns(own.begin(), own.end());
    JointView only = view;
    only.labelled = view.labelled.index_select(1, at::tensor(columns, at::kLong).to(view.labelled.device()));
    return only;
  }

  JointSpaceOptions options_;
  kernels::ChannelGroups groups_;
};

}  // namespace

std::unique_ptr<JointSpace> make_joint_space(const JointSpaceOptions& options, at::Device device) {
  const std::optional<kernels::ChannelGroups>& groups = options.tasks->channel_groups();
  if (!groups || !kernels::table(device).has_joint_space()) return make_plain_joint_space(options);
  return std::make_unique<KernelJointSpace>(options, *groups);
}

}  // namespace jtr
