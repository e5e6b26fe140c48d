// Joint-Task Regularization (Nishi et al., CVPR 2024), METHOD section 5, batched over samples.
//
// Predictions and labels of all tasks are stacked and encoded into one latent space. The auto-encoder's norms use each
// sample's own statistics, so a batch gives what the published code's loop over samples gives. Its weights are read
// without gradient in the distance term of view 1 (no copy), and learned from view 2.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "networks/memory_format.h"
#include "networks/segnet.h"
#include "regularizers/joint_space.h"
#include "regularizers/regularizer.h"

namespace jtr {
namespace {

constexpr double kCosineEps = 1e-12;

/// Keeps the auto-encoder's first-stage activations of a micro-batch below this many bytes, so that they stay near the
/// cores; small images go through together, large ones alone.
constexpr int64_t kMicroBatchBytes = int64_t{16} << 20;

class JointTask final : public Regularizer {
 public:
  explicit JointTask(const RegularizerOptions& options)
      : tasks_(*options.tasks),
        options_(options.joint_task),
        format_(network_memory_format(options.precision, options.device, options.joint_task.width)),
        space_(make_joint_space({&tasks_, corrected(), format_}, options.device)),
        autoencoder_(store_, tasks_.channels(), options_.width, {{"pred_layer", tasks_.channels()}}, false,
                     options.recomputation) {
    store_.allocate(options.precision, options.device, format_);
    // Streams 0.. are the multi-task network's; the same seed gives that one the same weights with every method.
    autoencoder_.initialize(options.seed, 1u << 16);
  }

  int64_t views() const override { return 3; }
  int64_t noise_slots() const override { return kNoiseSlots; }
  int64_t last_view_with_gradient() const override { return 1; }
  ParameterStore* parameters() override { return &store_; }
  std::string prefix() const override { return "jtr/"; }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                    const std::function<void()>& checkpoint) override {
    const int64_t samples = batch.samples, step = micro_batch(batch.predictions[1]);
    LossTerms terms;
    terms.dist = at::empty({samples}, batch.predictions[1].options());
    terms.recon = at::empty({samples}, batch.predictions[1].options());
    for (int64_t begin = 0; begin < samples; begin += step) {
      checkpoint();
      const int64_t count = std::min(step, samples - begin);
      const double weight = 1.0 / static_cast<double>(samples);
      const JointView view1 = view(batch, 1, begin, count);
      at::Tensor grad = prediction_grad[1].narrow(0, begin, count);
      const at::Tensor distance = prediction_distance(view1, fully_labelled(batch, begin, count), weight, grad);
      checkpoint();
      const JointView view2 = view(batch, 2, begin, count);
      const auto [latent_distance, reconstruction] = autoencoder_losses(view2, weight);
      terms.dist.narrow(0, begin, count).copy_(distance + options_.lambda_recon * latent_distance);
      terms.recon.narrow(0, begin, count).copy_(reconstruction);
    }
    terms.loss = options_.lambda_dist * terms.dist + options_.lambda_recon * terms.recon;
    return terms;
  }

 private:
  bool corrected() const { return options_.mode == JTR_JOINT_TASK_MODE_CORRECTED; }

  int64_t micro_batch(const at::Tensor& predictions) const {
    if (options_.micro_batch > 0) return options_.micro_batch;
    const int64_t sample_bytes =
        2 * options_.width * predictions.size(2) * predictions.size(3) * predictions.element_size();
    return std::max<int64_t>(1, kMicroBatchBytes / sample_bytes);
  }

  bool fully_labelled(const LossBatch& batch, int64_t begin, int64_t count) const {
    const int64_t tasks = static_cast<int64_t>(tasks_.size());
    const auto first = batch.labelled_host.begin() + begin * tasks;
    return std::all_of(first, first + count * tasks, [](uint8_t w) { return w != 0; });
  }

  static JointView view(const LossBatch& batch, int64_t index, int64_t begin, int64_t count) {
    return {batch.predictions[index].narrow(0, begin, count), batch.labels[index].narrow(0, begin, count),
            batch.labelled.narrow(0, begin, count), batch.noise.narrow(0, begin, count)};
  }

  /// 1 - mean over latent pixels of the cosine between the halves of a latent batch: [2b, ...] -> [b].
  static at::Tensor cosine_distance(const at::Tensor& latents) {
    const std::vector<at::Tensor> halves = in_full(latents).chunk(2, 0);
    return 1 - at::cosine_similarity(halves[0], halves[1], 1, kCosineEps).flatten(1).mean(1);
  }

  /// The first term of L_dist, [b]; adds its gradient to the predictions of tasks that are not labelled.
  at::Tensor prediction_distance(const JointView& v, bool fully_labelled, double weight, at::Tensor& grad) {
    const bool has_gradient = !fully_labelled && options_.lambda_dist > 0;
    const StackNoise noise = {corrected() ? kPrediction1 : kCompletion1, kPrediction1, corrected()};
    const at::AutoGradMode mode(has_gradient);
    at::Tensor stacks = space_->stacks(v, noise);
    stacks.requires_grad_(has_gradient);
    const at::Tensor distance = cosine_distance(autoencoder_.encode(stacks, NormMode::kPerSample, false).latent);
    if (has_gradient) {
      const at::Tensor scale = at::full_like(distance, options_.lambda_dist * weight);
      space_->stacks_backward(v, noise, torch::autograd::grad({distance}, {stacks}, {scale})[0], grad);
    }
    return distance.detach();
  }

  /// The second term of L_dist and L_recon, each [b]; adds their gradients to the auto-encoder's weights.
  std::pair<at::Tensor, at::Tensor> autoencoder_losses(const JointView& v, double weight) {
    const at::Tensor stacks = space_->stacks(v, {kCompletion2, kernels::kNoNoise, corrected()});
    const at::AutoGradMode mode(true);
    const SegNet::Encoded encoded = autoencoder_.encode(stacks, NormMode::kPerSample, true);
    const at::Tensor distance = cosine_distance(encoded.latent);
    const at::Tensor r = autoencoder_.decode(encoded, NormMode::kPerSample, true, stacks.size(0));
    const Reconstruction reconstruction = space_->reconstruction(v, r.detach(), stacks, options_.lambda_recon * weight);
    const at::Tensor scale = at::full_like(distance, options_.lambda_dist * options_.lambda_recon * weight);
    torch::autograd::backward({distance, r}, {scale, reconstruction.grad});
    return {distance.detach(), reconstruction.loss};
  }

  const TaskSet& tasks_;
  JointTaskOptions options_;
  at::MemoryFormat format_;
  std::unique_ptr<JointSpace> space_;
  ParameterStore store_;
  SegNet autoencoder_;
};

}  // namespace

std::unique_ptr<Regularizer> make_joint_task(const RegularizerOptions& options) {
  return std::make_unique<JointTask>(options);
}

}  // namespace jtr
