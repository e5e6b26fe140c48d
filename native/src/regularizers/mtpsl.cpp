// MTPSL (Li, Liu, Bilen, CVPR 2022; METHOD section 9): for each unlabelled task s and labelled task t of a sample, the
// prediction of s and the label of t, both in view 1, are encoded into the joint space of the pair (s, t), where they
// must agree with each other and with the backbone's feature f, which gets no gradient:
//
//   1 - cos(e_s, e_t) + reg_weight * (1 - cos(e_s, f) + 1 - cos(e_t, f))      cos over channels, mean over pixels
//
// The mapping network is learned along. As in the published code its convolutions and norms are trained like the
// multi-task network, its FiLM scales and shifts by an Adam of their own. Pairs go through it many at once; its norms
// use each row's own statistics, so that this gives what the published loop over samples and pairs gives.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "networks/film_encoder.h"
#include "regularizers/task_pairs.h"

namespace jtr {
namespace {

constexpr double kCosineEps = 1e-12;
constexpr uint32_t kFirstStream = 2u << 16;

/// Keeps the mapping network's first activations of a micro-batch below this many bytes.
constexpr int64_t kMicroBatchBytes = int64_t{16} << 20;

class Mtpsl final : public Regularizer {
 public:
  explicit Mtpsl(const RegularizerOptions& options)
      : tasks_(*options.tasks),
        options_(options.mtpsl),
        width_(options.width),
        mapping_(weights_, film_, input_channels(*options.tasks), options.width, options.recomputation) {
    // Rows are channels of one image to its norms, so the layout is channels first.
    weights_.allocate(options.precision, options.device, at::MemoryFormat::Contiguous);
    film_.allocate(options.precision, options.device, at::MemoryFormat::Contiguous);
    mapping_.initialize(options.seed, kFirstStream);
  }

  int64_t views() const override { return 2; }
  int64_t noise_slots() const override { return static_cast<int64_t>(tasks_.size()) - 1; }
  int64_t last_view_with_gradient() const override { return 1; }
  bool needs_features() const override { return true; }
  std::vector<OwnNetwork> networks() override {
    return {{"mapping/", &weights_, nullptr}, {"mapping/", &film_, &options_.film}};
  }

  LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                    const std::function<void()>& checkpoint) override {
    const at::Tensor& seen = batch.predictions[1];
    at::Tensor consistency = at::zeros({batch.samples}, seen.options());
    const std::vector<Instance> all = instances(batch);
    const size_t step = static_cast<size_t>(micro_batch(seen));
    const double con_weight = options_.con_weight * ramp(batch.step);
    for (size_t begin = 0; begin < all.size(); begin += step) {
      checkpoint();
      const std::vector<Instance> chunk(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + step)));
      add(batch, chunk, con_weight / static_cast<double>(batch.samples), prediction_grad[1], consistency);
    }
    return {con_weight * consistency, consistency, at::zeros_like(consistency)};
  }

 private:
  /// A pair of tasks of a sample.
  struct Instance {
    int64_t source, target, sample;
    int64_t slot;  // of the noise: how many labelled tasks come before the target
  };

  static std::vector<int64_t> input_channels(const TaskSet& tasks) {
    std::vector<int64_t> channels;
    for (size_t t = 0; t < tasks.size(); ++t) channels.push_back(tasks[t].channels());
    return channels;
  }

  int64_t task_count() const { return static_cast<int64_t>(tasks_.size()); }

  double ramp(int64_t step) const {
    if (options_.ramp_up_steps <= 0) return 1;
    return std::min(1.0, static_cast<double>(step) / static_cast<double>(options_.ramp_up_steps));
  }

  int64_t micro_batch(const at::Tensor& predictions) const {
    if (options_.micro_batch > 0) return options_.micro_batch;
    const int64_t pair_bytes = 2 * width_ * predictions.size(2) * predictions.size(3) * predictions.element_size();
    return std::max<int64_t>(1, kMicroBatchBytes / pair_bytes);
  }

  /// The source outer, then the target, then the sample.
  std::vector<Instance> instances(const LossBatch& batch) const {
    std::vector<Instance> all;
    for (const TaskPair& pair : task_pairs(batch, task_count())) {
      for (const int64_t b : pair.samples) {
        const auto row = batch.labelled_host.begin() + b * task_count();
        all.push_back(
            {pair.source, pair.target, b, std::count_if(row, row + pair.target, [](uint8_t w) { return w; })});
      }
    }
    return all;
  }

  /// Adds the gradients of some pairs, and their terms to the samples'.
  void add(const LossBatch& batch, const std::vector<Instance>& chunk, double weight, const at::Tensor& grad,
           at::Tensor& consistency) {
    const at::AutoGradMode mode(true);
    const at::Device device = grad.device();
    std::vector<FilmEncoder::Input> inputs;
    std::vector<at::Tensor> leaves, leaf_rows;  // predictions, and the samples that they belong to
    std::vector<int64_t> samples, target_rows;  // of each instance; the place of its target's row behind all sources
    // Instances come sorted by source, so the rows of all sources are in the instances' order.
    for (int64_t s = 0; s < task_count(); ++s) {
      std::vector<int64_t> rows, slots, pairs;
      for (const Instance& i : chunk) {
        if (i.source != s) continue;
        rows.push_back(i.sample);
        slots.push_back(i.slot);
        pairs.push_back(pair_index(s, i.target, task_count()));
      }
      if (rows.empty()) continue;
      samples.insert(samples.end(), rows.begin(), rows.end());
      const at::Tensor index = row_indices(rows, device);
      at::Tensor prediction = tasks_.prediction(batch.predictions[1], static_cast<size_t>(s)).index_select(0, index);
      prediction = prediction.detach();
      prediction.requires_grad_(true);
      at::Tensor noise;
      if (tasks_[static_cast<size_t>(s)].noise_channels() > 0) {
        noise = tasks_.noise(batch.noise.index({index, row_indices(slots, device)}), static_cast<size_t>(s));
      }
      inputs.push_back({s, tasks_[static_cast<size_t>(s)].mapping_prediction(prediction, noise), pairs});
      leaves.push_back(prediction);
      leaf_rows.push_back(index);
    }
    target_rows.resize(chunk.size());
    int64_t place = 0;
    for (int64_t t = 0; t < task_count(); ++t) {
      std::vector<int64_t> rows, pairs;
      for (size_t k = 0; k < chunk.size(); ++k) {
        if (chunk[k].target != t) continue;
        rows.push_back(chunk[k].sample);
        pairs.push_back(pair_index(chunk[k].source, t, task_count()));
        target_rows[k] = place++;
      }
      if (rows.empty()) continue;
      const at::Tensor label =
          tasks_.label(batch.labels[1], static_cast<size_t>(t)).index_select(0, row_indices(rows, device));
      inputs.push_back({t, tasks_[static_cast<size_t>(t)].mapping_label(label), pairs});
    }

    const at::Tensor encoded = mapping_.encode(inputs);
    const int64_t count = static_cast<int64_t>(chunk.size());
    const at::Tensor sample_rows = row_indices(samples, device);
    const at::Tensor e_s = encoded.narrow(0, 0, count);
    const at::Tensor e_t = encoded.narrow(0, count, count).index_select(0, row_indices(target_rows, device));
    const at::Tensor f = batch.features[1].index_select(0, sample_rows);
    const at::Tensor term = distance(e_s, e_t) + options_.reg_weight * (distance(e_s, f) + distance(e_t, f));
    torch::autograd::backward({term.sum() * weight}, {});
    consistency.index_add_(0, sample_rows, term.detach());
    for (size_t k = 0; k < leaves.size(); ++k) {
      const size_t s = static_cast<size_t>(inputs[k].task);
      tasks_.prediction(grad, s).index_add_(0, leaf_rows[k], leaves[k].grad());
    }
  }

  /// 1 - mean over pixels of the cosine over channels: [n].
  static at::Tensor distance(const at::Tensor& a, const at::Tensor& b) {
    return 1 - at::cosine_similarity(a, b, 1, kCosineEps).flatten(1).mean(1);
  }

  const TaskSet& tasks_;
  MtpslOptions options_;
  int64_t width_;
  ParameterStore weights_, film_;
  FilmEncoder mapping_;
};

}  // namespace

std::unique_ptr<Regularizer> make_mtpsl(const RegularizerOptions& options) { return std::make_unique<Mtpsl>(options); }

}  // namespace jtr
