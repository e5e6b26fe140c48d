// Joint-Task Regularization (Nishi et al., CVPR 2024), METHOD section 5, batched over samples.
//
// Predictions and labels of all tasks are stacked and encoded into one latent space. The auto-encoder's norms use each
// sample's own statistics, so a batch gives what the published code's loop over samples gives. Its weights are read
// without gradient in the distance term of view 1 (no copy), and learned from view 2.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "networks/memory_format.h"
#include "networks/segnet.h"
#include "regularizers/regularizer.h"

namespace jtr {
namespace {

/// Noise slots of a sample, one for each use of the straight-through Gumbel-softmax.
enum NoiseSlot : int64_t {
  kPrediction1 = 0,        // prediction stack of view 1
  kCompletion1 = 1,        // completed label stack of view 1
  kCompletion2 = 2,        // completed label stack of view 2
  kCompletionTarget2 = 3,  // target of the completed stack's reconstruction
  kPredictionTarget2 = 4,  // target of the prediction stack's reconstruction
  kNoiseSlots = 5,
};

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
      const View view1 = view(batch, 1, begin, count);
      at::Tensor grad = prediction_grad[1].narrow(0, begin, count);
      const at::Tensor distance = prediction_distance(view1, fully_labelled(batch, begin, count), weight, grad);
      checkpoint();
      const View view2 = view(batch, 2, begin, count);
      const auto [latent_distance, reconstruction] = autoencoder_losses(view2, weight);
      terms.dist.narrow(0, begin, count).copy_(distance + options_.lambda_recon * latent_distance);
      terms.recon.narrow(0, begin, count).copy_(reconstruction);
    }
    terms.loss = options_.lambda_dist * terms.dist + options_.lambda_recon * terms.recon;
    return terms;
  }

 private:
  /// One view of a micro-batch.
  struct View {
    at::Tensor prediction;  // [b, C, H, W]
    at::Tensor label;       // [b, L, H, W]
    at::Tensor labelled;    // bool [b, K]
    at::Tensor noise;       // [b, 5, S, H, W]
    at::Tensor mask;        // [b, 1, H, W]: product of the labelled tasks' validity
  };

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

  /// Whether each sample is labelled for task t, to choose between whole maps: bool [b, 1, 1, 1].
  static at::Tensor has_label(const View& v, size_t t) {
    return v.labelled.select(1, static_cast<int64_t>(t)).view({-1, 1, 1, 1});
  }

  View view(const LossBatch& batch, int64_t index, int64_t begin, int64_t count) const {
    View v;
    v.prediction = batch.predictions[index].narrow(0, begin, count);
    v.label = batch.labels[index].narrow(0, begin, count);
    v.labelled = batch.labelled.narrow(0, begin, count);
    v.noise = batch.noise.narrow(0, begin, count);
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const at::Tensor valid = tasks_[t].valid(tasks_.label(v.label, t)).logical_or(has_label(v, t).logical_not());
      v.mask = v.mask.defined() ? v.mask.logical_and(valid) : valid;
    }
    v.mask = v.mask.to(v.prediction.scalar_type());
    return v;
  }

  at::Tensor noise(const View& v, size_t t, NoiseSlot slot) const { return tasks_.noise(v.noise.select(1, slot), t); }

  at::Tensor encoded_label(const View& v, size_t t) const {
    return tasks_[t].encode_label(tasks_.label(v.label, t), corrected() ? v.mask : at::Tensor{});
  }

  /// The stack of encoded predictions; `soft`: segmentation as plain probabilities.
  at::Tensor prediction_stack(const View& v, const at::Tensor& prediction, NoiseSlot slot, bool soft) const {
    std::vector<at::Tensor> parts;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      parts.push_back(tasks_[t].encode_prediction(tasks_.prediction(prediction, t), v.mask,
                                                  soft ? at::Tensor{} : noise(v, t, slot)));
    }
    return at::cat(parts, 1);
  }

  /// The stack of encoded labels, completed by predictions where a sample is not labelled.
  at::Tensor completion_stack(const View& v, const at::Tensor& prediction, NoiseSlot slot) const {
    std::vector<at::Tensor> parts;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const at::Tensor encoded =
          tasks_[t].encode_prediction(tasks_.prediction(prediction, t), v.mask, noise(v, t, slot));
      parts.push_back(at::where(has_label(v, t), encoded_label(v, t), encoded));
    }
    return at::cat(parts, 1);
  }

  /// 1 - mean over latent pixels of the cosine between the halves of a latent batch: [2b, ...] -> [b].
  static at::Tensor cosine_distance(const at::Tensor& latents) {
    const std::vector<at::Tensor> halves = in_full(latents).chunk(2, 0);
    return 1 - at::cosine_similarity(halves[0], halves[1], 1, kCosineEps).flatten(1).mean(1);
  }

  /// The first term of L_dist, [b]; adds its gradient to the predictions of tasks that are not labelled.
  at::Tensor prediction_distance(const View& v, bool fully_labelled, double weight, at::Tensor& grad) {
    const bool has_gradient = !fully_labelled && options_.lambda_dist > 0;
    at::AutoGradMode mode(has_gradient);
    at::Tensor prediction = v.prediction.detach();
    prediction.requires_grad_(has_gradient);
    const NoiseSlot completion_slot = corrected() ? kPrediction1 : kCompletion1;
    const at::Tensor stacks = at::cat(
        {completion_stack(v, prediction, completion_slot), prediction_stack(v, prediction, kPrediction1, false)});
    const at::Tensor distance =
        cosine_distance(autoencoder_.encode(stacks.contiguous(format_), NormMode::kPerSample, false).latent);
    if (has_gradient) {
      const at::Tensor scale = at::full_like(distance, options_.lambda_dist * weight);
      const at::Tensor g = torch::autograd::grad({distance}, {prediction}, {scale})[0];
      // Predictions of labelled tasks are detached: they get nothing.
      for (size_t t = 0; t < tasks_.size(); ++t) {
        tasks_.prediction(grad, t).add_(tasks_.prediction(g, t) * has_label(v, t).logical_not());
      }
    }
    return distance.detach();
  }

  /// The second term of L_dist and L_recon, each [b]; adds their gradients to the auto-encoder's weights.
  std::pair<at::Tensor, at::Tensor> autoencoder_losses(const View& v, double weight) {
    const int64_t count = v.prediction.size(0);
    const at::Tensor completion = completion_stack(v, v.prediction, kCompletion2);
    const at::Tensor prediction = prediction_stack(v, v.prediction, kPrediction1, true);
    at::AutoGradMode mode(true);
    const SegNet::Encoded encoded =
        autoencoder_.encode(at::cat({completion, prediction}).contiguous(format_), NormMode::kPerSample, true);
    const at::Tensor distance = cosine_distance(encoded.latent);
    const at::Tensor r = autoencoder_.decode(encoded, NormMode::kPerSample, true, 2 * count).contiguous();
    const at::Tensor reconstruction =
        reconstruction_loss(v, r.narrow(0, 0, count), completion, r.narrow(0, count, count), prediction);
    const at::Tensor total =
        (options_.lambda_dist * options_.lambda_recon * distance + options_.lambda_recon * reconstruction).sum() *
        weight;
    torch::autograd::backward({total}, {});
    return {distance.detach(), reconstruction.detach()};
  }

  /// L_recon of both reconstructions, [b].
  at::Tensor reconstruction_loss(const View& v, const at::Tensor& r_completion, const at::Tensor& completion,
                                 const at::Tensor& r_prediction, const at::Tensor& prediction) const {
    at::Tensor loss;
    for (size_t t = 0; t < tasks_.size(); ++t) {
      const Task& task = tasks_[t];
      const at::Tensor rc = tasks_.prediction(r_completion, t), rp = tasks_.prediction(r_prediction, t);
      at::Tensor term;
      if (corrected()) {
        term = task.corrected_reconstruction_loss(rc, tasks_.prediction(completion, t), v.mask) +
               task.corrected_reconstruction_loss(rp, tasks_.prediction(prediction, t), v.mask);
      } else {
        const at::Tensor p = tasks_.prediction(v.prediction, t);
        const at::Tensor target = at::where(has_label(v, t), task.label_target(tasks_.label(v.label, t)),
                                            task.completion_target(p, v.mask, noise(v, t, kCompletionTarget2)));
        term = task.reconstruction_loss(rc, target, v.mask) +
               task.reconstruction_loss(rp, task.prediction_target(p, v.mask, noise(v, t, kPredictionTarget2)), v.mask);
      }
      loss = loss.defined() ? loss + term : term;
    }
    return loss;
  }

  const TaskSet& tasks_;
  JointTaskOptions options_;
  at::MemoryFormat format_;
  ParameterStore store_;
  SegNet autoencoder_;
};

}  // namespace

std::unique_ptr<Regularizer> make_joint_task(const RegularizerOptions& options) {
  return std::make_unique<JointTask>(options);
}

}  // namespace jtr
