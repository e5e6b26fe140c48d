// Joint-Task Regularization (Nishi et al., CVPR 2024), batched over samples.
//
// Predictions and labels of all tasks are stacked and encoded into one latent space. The auto-encoder's norms use each
// sample's own statistics, so a batch gives what the published code's loop over samples gives. Its weights are read
// without gradient in the distance term of view 1 (no copy), and learned from view 2.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "methods/joint_space.h"
#include "methods/method.h"
#include "networks/memory_format.h"
#include "networks/segnet.h"

namespace jtr {
namespace {

constexpr double kCosineEps = 1e-12;
constexpr int64_t kPublishedWidth = 64;

/// Keeps the auto-encoder's first-stage activations of a micro-batch below this many bytes, so that they stay near the
/// cores; small images go through together, large ones alone.
constexpr int64_t kMicroBatchBytes = int64_t{16} << 20;

/// How the loss treats the published code's quirks.
enum class Mode { kPublished, kCorrected };

class JointTask final : public Method {
 public:
  static constexpr char kName[] = "jtr";
  static constexpr char kSummary[] =
      "Predictions and labels of all tasks are encoded into one latent space and pulled together there.";
  static constexpr char kSource[] = "Nishi et al., CVPR 2024";
  static constexpr int kPlace = 7;
  static constexpr int64_t kViews = 3;
  static Json facts() {
    Json all = Method::facts(kViews, 1);
    all["unlabelled"] = "gains next to nothing from them: it compares predictions with labels of the same photograph";
    return all;
  }

  struct Options {
    Mode mode = Mode::kPublished;
    int64_t width = 0, micro_batch = 0;
    double lambda_dist = 4, lambda_recon = 2;
    void visit(OptionVisitor& v) {
      v.choice(
          "mode", mode, {{"published", Mode::kPublished}, {"corrected", Mode::kCorrected}},
          "published: as the published code computes it, quirks included. corrected: encoded labels are masked like "
          "predictions; each reconstruction is compared with the auto-encoder's own masked input, depth through the "
          "normal CDF once and normals in [-1, 1]; each reconstruction loss is divided by the number of valid pixels; "
          "one noise draw serves both stacks of view 1.");
      v.integer("width", width, within(0, 1024),
                "First stage width of the auto-encoder; the five stages have 1, 2, 4, 8, 8 times it. 0: the network's. "
                "Published: 64.");
      v.number("lambda_dist", lambda_dist, a_weight(), "Weight of the distance term. Published: 4.");
      v.number("lambda_recon", lambda_recon, a_weight(), "Weight of the reconstruction term. Published: 2.");
      v.integer(
          "micro_batch", micro_batch, at_least(0),
          "Samples that go through the auto-encoder at once; 0 chooses. The result depends on it by rounding only.");
    }
  };

  JointTask(const Options& options, const MethodSetting& setting)
      : tasks_(*checked(setting).tasks),
        options_(options),
        width_(width_of(options, setting)),
        format_(network_memory_format(setting.precision, setting.device, width_)),
        space_(make_joint_space({&tasks_, corrected(), format_}, setting.device)),
        autoencoder_(store_, tasks_.channels(), width_, {{"pred_layer", tasks_.channels()}}, false,
                     setting.recomputation) {
    store_.allocate(setting.precision, setting.device, format_);
    // Streams 0.. are the multi-task network's; the same seed gives that one the same weights with every method.
    autoencoder_.initialize(setting.seed, 1u << 16);
  }

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = kViews;
    needs.stride = SegNet::kStride;
    needs.last_view_with_gradient = 1;
    needs.noise_slots = kNoiseSlots;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"dist", "recon"}; }
  std::vector<OwnNetwork> networks() override { return {{"jtr/", &store_}}; }

  MethodLoss compute(const MethodContext& context) override {
    const at::Tensor& seen = context.predictions[1].planes;
    const int64_t samples = context.samples, step = micro_batch(seen);
    at::Tensor dist = at::empty({samples}, seen.options()), recon = at::empty({samples}, seen.options());
    for (int64_t begin = 0; begin < samples; begin += step) {
      context.checkpoint();
      const int64_t count = std::min(step, samples - begin);
      const double weight = 1.0 / static_cast<double>(samples);
      const JointView view1 = view(context, 1, begin, count);
      at::Tensor grad = context.gradients[1].planes.narrow(0, begin, count);
      const at::Tensor distance = prediction_distance(view1, fully_labelled(context, begin, count), weight, grad);
      context.checkpoint();
      const JointView view2 = view(context, 2, begin, count);
      const auto [latent_distance, reconstruction] = autoencoder_losses(view2, weight);
      dist.narrow(0, begin, count).copy_(distance + options_.lambda_recon * latent_distance);
      recon.narrow(0, begin, count).copy_(reconstruction);
    }
    return {options_.lambda_dist * dist + options_.lambda_recon * recon, {dist, recon}};
  }

 private:
  static const MethodSetting& checked(const MethodSetting& setting) {
    require_joint_space(kName, setting);
    return setting;
  }

  static int64_t width_of(const Options& options, const MethodSetting& setting) {
    if (options.width > 0) return options.width;
    return setting.network != nullptr ? setting.network->width() : kPublishedWidth;
  }

  bool corrected() const { return options_.mode == Mode::kCorrected; }

  int64_t micro_batch(const at::Tensor& predictions) const {
    if (options_.micro_batch > 0) return options_.micro_batch;
    const int64_t sample_bytes = 2 * width_ * predictions.size(2) * predictions.size(3) * predictions.element_size();
    return std::max<int64_t>(1, kMicroBatchBytes / sample_bytes);
  }

  bool fully_labelled(const MethodContext& context, int64_t begin, int64_t count) const {
    const int64_t tasks = static_cast<int64_t>(tasks_.size());
    const auto first = context.labelled_host.begin() + begin * tasks;
    return std::all_of(first, first + count * tasks, [](uint8_t w) { return w != 0; });
  }

  static JointView view(const MethodContext& context, int64_t index, int64_t begin, int64_t count) {
    const size_t v = static_cast<size_t>(index);
    return {context.predictions[v].planes.narrow(0, begin, count), context.labels[v].planes.narrow(0, begin, count),
            context.labelled.narrow(0, begin, count), context.noise.narrow(0, begin, count)};
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
  Options options_;
  int64_t width_;
  at::MemoryFormat format_;
  std::unique_ptr<JointSpace> space_;
  ParameterStore store_;
  SegNet autoencoder_;
};

const Registered<JointTask> registered;

}  // namespace
}  // namespace jtr
