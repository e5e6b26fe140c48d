// MTPSL (Li, Liu, Bilen, CVPR 2022): for each unlabelled task s and labelled task t of a sample, the
// prediction of s and the label of t, both in view 1, are encoded into the joint space of the pair (s, t), where they
// must agree with each other and with the backbone's feature f, which gets no gradient:
//
// (in the task graph t informs s)
//
//   1 - cos(e_s, e_t) + reg_weight * (1 - cos(e_s, f) + 1 - cos(e_t, f))      cos over channels, mean over pixels
//
// The mapping network is learned along. As in the published code its convolutions and norms are trained like the
// multi-task network, its FiLM scales and shifts by an Adam of their own. Pairs go through it many at once; its norms
// use each row's own statistics, so that this gives what the published loop over samples and pairs gives.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "methods/micro_batch.h"
#include "methods/task_pairs.h"
#include "networks/film_encoder.h"
#include "networks/segnet.h"
#include "training/optimizers/optimizer.h"
#include "training/schedules/schedule.h"

namespace jtr {
namespace {

constexpr double kCosineEps = 1e-12;
constexpr uint32_t kFirstStream = 2u << 16;

/// Channels of the mapping network's features, for one of its first stage.
constexpr int64_t kTopOfWidth = SegNet::kTimesWidth.back();

class Mtpsl final : public Method {
 public:
  static constexpr char kName[] = "mtpsl";
  static constexpr char kSummary[] =
      "Predictions of unlabelled tasks and labels of others must agree, pair by pair, in a learned joint space.";
  static constexpr char kSource[] = "Li, Liu, Bilen, CVPR 2022";
  static constexpr int kPlace = 6;
  static constexpr int64_t kViews = 2, kMinTasks = 2;
  static Json facts() { return MethodFacts().views(kViews).min_tasks(kMinTasks).json(); }

  struct Options {
    double con_weight = 2, reg_weight = 0.5;
    int64_t ramp_up_steps = 0, micro_batch = 0;
    Variant film_optimizer = Variant::of("adam", {{"learning_rate", 1e-3}});
    Variant film_schedule = Variant::of("step");
    void visit(OptionVisitor& v) {
      v.number("con_weight", con_weight, a_weight(),
               "Weight of the consistency. Published: 2 (NYU-v2), 1 (Cityscapes).");
      v.number("reg_weight", reg_weight, a_weight(),
               "Weight of the term that ties the joint space to the backbone's features. Published: 0.5.");
      v.integer("ramp_up_steps", ramp_up_steps, at_least(0),
                "Steps over which con_weight rises linearly from 0; 0: it is constant.");
      v.variant("film_optimizer", film_optimizer, Optimizer::registry(),
                "Optimiser of the FiLM scales and shifts. Published: Adam, rate 1e-3 (NYU-v2), 1e-5 (Cityscapes).");
      v.variant("film_schedule", film_schedule, Schedule::registry(),
                "Schedule of that optimiser's rate. Published: halved every 30 epochs.");
      v.integer(
          "micro_batch", micro_batch, at_least(0),
          "Pairs of tasks that go through the mapping network at once; 0 chooses. The result depends on it by rounding "
          "only.");
    }
  };

  Mtpsl(const Options& options, const MethodSetting& setting)
      : tasks_(*checked(setting).tasks),
        options_(options),
        // The features are compared with the mapping network's, whose coarsest level is SegNet's.
        width_(setting.network->levels().back().channels / kTopOfWidth),
        mapping_(weights_, film_, input_channels(*setting.tasks), width_, setting.recomputation) {
    // Rows are channels of one image to its norms, so the layout is channels first.
    weights_.allocate(setting.precision, setting.device, at::MemoryFormat::Contiguous);
    film_.allocate(setting.precision, setting.device, at::MemoryFormat::Contiguous);
    mapping_.initialize(setting.seed, kFirstStream);
  }

  MethodNeeds needs() const override {
    MethodNeeds needs;
    needs.views = kViews;
    needs.stride = SegNet::kStride;
    needs.last_view_with_gradient = 1;
    // A sample with an unlabelled source has at most all other tasks labelled.
    needs.noise_slots = task_count() - 1;
    needs.features = true;
    return needs;
  }
  std::vector<std::string> terms() const override { return {"consistency"}; }
  std::vector<OwnNetwork> networks() override {
    return {{"mapping/", &weights_}, {"mapping/", &film_, options_.film_optimizer, options_.film_schedule}};
  }

  MethodLoss compute(const MethodContext& context) override {
    const at::Tensor& seen = context.predictions[1].planes;
    at::Tensor consistency = at::zeros({context.samples}, seen.options());
    const std::vector<Instance> all = instances(context);
    const size_t step = static_cast<size_t>(micro_batch(seen));
    const double con_weight = options_.con_weight * ramp(context.step);
    for (size_t begin = 0; begin < all.size(); begin += step) {
      context.checkpoint();
      const std::vector<Instance> chunk(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + step)));
      add(context, chunk, con_weight / context.batch(), consistency);
    }
    return {con_weight * consistency, {consistency}};
  }

 private:
  static const MethodSetting& checked(const MethodSetting& setting) {
    require_tasks(kName, setting, kMinTasks);
    require_joint_space(kName, setting);
    const Level top = setting.network->levels().back();
    require(top.channels % kTopOfWidth == 0 && top.stride == SegNet::kStride, "network.name", "the method '", kName,
            "' compares features with those of a SegNet; this network's have ", top.channels, " channels at stride ",
            top.stride);
    return setting;
  }

  /// A pair of tasks of a sample.
  struct Instance {
    int64_t source, target, sample;
    int64_t slot;   // of the noise: how many labelled tasks come before the target
    double weight;  // how much the target informs the source
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
    return options_.micro_batch > 0 ? options_.micro_batch : chosen_micro_batch(predictions, width_);
  }

  /// The source outer, then the target, then the sample.
  std::vector<Instance> instances(const MethodContext& context) const {
    std::vector<Instance> all;
    for (const TaskPair& pair : task_pairs(context, Informs::kTarget)) {
      for (const int64_t b : pair.samples) {
        const auto row = context.labelled_host.begin() + b * task_count();
        all.push_back({pair.source, pair.target, b, std::count_if(row, row + pair.target, [](uint8_t w) { return w; }),
                       pair.weight});
      }
    }
    return all;
  }

  /// Adds the gradients of some pairs, and their terms to the samples'.
  void add(const MethodContext& context, const std::vector<Instance>& chunk, double weight, at::Tensor& consistency) {
    const at::AutoGradMode mode(true);
    const at::Device device = context.labelled.device();
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
      at::Tensor prediction = context.prediction(1, static_cast<size_t>(s)).index_select(0, index);
      prediction = prediction.detach();
      prediction.requires_grad_(true);
      at::Tensor noise;
      if (tasks_[static_cast<size_t>(s)].noise_channels() > 0) {
        noise = tasks_.noise(context.noise.index({index, row_indices(slots, device)}), static_cast<size_t>(s));
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
      const at::Tensor label = context.label(1, static_cast<size_t>(t)).index_select(0, row_indices(rows, device));
      inputs.push_back({t, tasks_[static_cast<size_t>(t)].mapping_label(label), pairs});
    }

    const at::Tensor encoded = mapping_.encode(inputs);
    const int64_t count = static_cast<int64_t>(chunk.size());
    const at::Tensor sample_rows = row_indices(samples, device);
    const at::Tensor e_s = encoded.narrow(0, 0, count);
    const at::Tensor e_t = encoded.narrow(0, count, count).index_select(0, row_indices(target_rows, device));
    const at::Tensor f = context.features[1].index_select(0, sample_rows);
    at::Tensor term = distance(e_s, e_t) + options_.reg_weight * (distance(e_s, f) + distance(e_t, f));
    if (context.graph.defined()) {
      std::vector<double> weights;  // instances come in the order of their sources' rows
      for (const Instance& i : chunk) weights.push_back(i.weight);
      term = term * at::tensor(weights, at::kDouble).to(term.options().requires_grad(false));
    }
    torch::autograd::backward({term.sum() * weight}, {});
    consistency.index_add_(0, sample_rows, term.detach());
    for (size_t k = 0; k < leaves.size(); ++k) {
      context.gradient(1, static_cast<size_t>(inputs[k].task)).index_add_(0, leaf_rows[k], leaves[k].grad());
    }
  }

  /// 1 - mean over pixels of the cosine over channels: [n].
  static at::Tensor distance(const at::Tensor& a, const at::Tensor& b) {
    return 1 - at::cosine_similarity(a, b, 1, kCosineEps).flatten(1).mean(1);
  }

  const TaskSet& tasks_;
  Options options_;
  int64_t width_;
  ParameterStore weights_, film_;
  FilmEncoder mapping_;
};

const Registered<Mtpsl> registered;

}  // namespace
}  // namespace jtr
