// Joint-Task Regularization (Nishi et al., CVPR 2024), batched over samples.
//
// Predictions and labels of all tasks are stacked and encoded into one latent space. The auto-encoder's norms use each
// sample's own statistics, so a batch gives what the published code's loop over samples gives. Its weights are read
// without gradient in the distance term of view 1 (no copy), and learned from view 2.
//
// Tasks of the whole image (not in the paper) stand in the stacks behind the pixel tasks as planes that are constant
// over the picture; or every task has a learned encoder of its own before the auto-encoder (task_encoders.h).
//
// Where the task graph is given, each part of it that hangs together has a joint space of its own, whose loss counts as
// much as the mean of its edges' weights; a task that stands alone is in none.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "error.h"
#include "graphs/task_graph.h"
#include "methods/joint_space.h"
#include "methods/method.h"
#include "methods/micro_batch.h"
#include "methods/pair_networks.h"
#include "methods/task_encoders.h"
#include "methods/task_subset.h"
#include "networks/memory_format.h"
#include "networks/segnet.h"

namespace jtr {
namespace {

constexpr double kCosineEps = 1e-12;
constexpr int64_t kPublishedWidth = 64;

/// How the loss treats the published code's quirks.
enum class Mode { kPublished, kCorrected };

/// How tasks become the auto-encoder's planes.
enum class Encoding { kPlanes, kTaskEncoders };

/// Streams of random numbers for weights. 0.. are the multi-task network's; the same seed gives that one the same
/// weights with every method.
constexpr uint32_t kAutoEncoderStream = 1u << 16, kTaskEncodersStream = kAutoEncoderStream + (1u << 12);

struct JointTaskOptions {
  Mode mode = Mode::kPublished;
  Encoding encoding = Encoding::kPlanes;
  int64_t width = 0, micro_batch = 0, encoder_planes = 8;
  double lambda_dist = 4, lambda_recon = 2;
  void visit(OptionVisitor& v) {
    v.choice(
        "mode", mode, {{"published", Mode::kPublished}, {"corrected", Mode::kCorrected}},
        "published: as the published code computes it, quirks included. corrected: encoded labels are masked like "
        "predictions; each reconstruction is compared with the auto-encoder's own masked input, depth through the "
        "normal CDF once and normals in [-1, 1]; each reconstruction loss is divided by the number of valid pixels; "
        "one noise draw serves both stacks of view 1.");
    v.choice("image_tasks", encoding, {{"planes", Encoding::kPlanes}, {"task_encoders", Encoding::kTaskEncoders}},
             "How tasks of the whole image meet those of pixels. planes: what they say is constant over the picture, "
             "and their reconstruction is compared at every pixel. task_encoders: every task, of pixels too, has a "
             "small learned encoder to as many planes as the others, and a decoder back.");
    v.integer("encoder_planes", encoder_planes, within(1, 256), "Planes of each task (image_tasks task_encoders).");
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

/// One joint space, and its loss.
class JointLoss {
 public:
  JointLoss(const JointTaskOptions& options, const TaskSet& tasks, const MethodSetting& setting)
      : tasks_(tasks),
        options_(options),
        width_(width_of(options, setting)),
        format_(network_memory_format(setting.precision, setting.device, width_)),
        space_(make_joint_space({&tasks_, corrected(), format_}, setting.device)),
        image_space_(make_image_joint_space({&tasks_, corrected(), format_})),
        autoencoder_(store_, planes(), width_, {{"pred_layer", planes()}}, false, setting.recomputation) {
    if (options_.encoding == Encoding::kTaskEncoders) encoders_.emplace(store_, tasks_, options_.encoder_planes);
    store_.allocate(setting.precision, setting.device, format_);
    autoencoder_.initialize(setting.seed, kAutoEncoderStream);
    if (encoders_) encoders_->initialize(setting.seed, kTaskEncodersStream);
  }

  ParameterStore& store() { return store_; }

  /// The terms "dist" and "recon", and their weighted sum.
  MethodLoss compute(const MethodContext& context, double factor = 1) {
    const at::Tensor& seen = context.predictions[1].planes;
    const int64_t samples = context.samples, step = micro_batch(seen);
    at::Tensor dist = at::empty({samples}, seen.options()), recon = at::empty({samples}, seen.options());
    for (int64_t begin = 0; begin < samples; begin += step) {
      context.checkpoint();
      const int64_t count = std::min(step, samples - begin);
      const double weight = factor / context.batch();
      const View view1 = view(context, 1, begin, count);
      TaskTensors grad = context.gradients[1].narrow(begin, count);
      const at::Tensor distance = prediction_distance(view1, fully_labelled(context, begin, count), weight, grad);
      context.checkpoint();
      const View view2 = view(context, 2, begin, count);
      const auto [latent_distance, reconstruction] = autoencoder_losses(view2, weight);
      dist.narrow(0, begin, count).copy_(distance + options_.lambda_recon * latent_distance);
      recon.narrow(0, begin, count).copy_(reconstruction);
    }
    const at::Tensor loss = options_.lambda_dist * dist + options_.lambda_recon * recon;
    return {factor == 1 ? loss : factor * loss, {dist, recon}};
  }

 private:
  /// One view of the pixel tasks, and of the image tasks where there are any.
  struct View {
    JointView pixels, images;
  };

  static int64_t width_of(const JointTaskOptions& options, const MethodSetting& setting) {
    if (options.width > 0) return options.width;
    return setting.network != nullptr ? setting.network->width() : kPublishedWidth;
  }

  bool has_images() const { return !tasks_.of(Extent::kImage).empty(); }
  /// That the auto-encoder takes.
  int64_t planes() const {
    if (options_.encoding == Encoding::kPlanes) return tasks_.channels() + tasks_.vector_channels();
    return static_cast<int64_t>(tasks_.size()) * options_.encoder_planes;
  }

  bool corrected() const { return options_.mode == Mode::kCorrected; }

  int64_t micro_batch(const at::Tensor& predictions) const {
    return options_.micro_batch > 0 ? options_.micro_batch : chosen_micro_batch(predictions, width_);
  }

  bool fully_labelled(const MethodContext& context, int64_t begin, int64_t count) const {
    const int64_t tasks = static_cast<int64_t>(tasks_.size());
    const auto first = context.labelled_host.begin() + begin * tasks;
    return std::all_of(first, first + count * tasks, [](uint8_t w) { return w != 0; });
  }

  View view(const MethodContext& context, int64_t index, int64_t begin, int64_t count) const {
    const size_t v = static_cast<size_t>(index);
    const at::Tensor labelled = context.labelled.narrow(0, begin, count), noise = context.noise.narrow(0, begin, count);
    const auto part = [&](const at::Tensor& prediction, const at::Tensor& label) {
      return JointView{prediction.narrow(0, begin, count), label.narrow(0, begin, count), labelled, noise};
    };
    const TaskTensors &p = context.predictions[v], &l = context.labels[v];
    return {part(p.planes, l.planes), has_images() ? part(p.vectors, l.vectors) : JointView{}};
  }

  TaskTensors stacks(const View& v, const StackNoise& noise) const {
    return {space_->stacks(v.pixels, noise), has_images() ? image_space_->stacks(v.images, noise) : at::Tensor{}};
  }

  /// What the auto-encoder takes: [2b, planes, H, W]. `trainable` false: no gradient to the tasks' encoders.
  at::Tensor joined(const TaskTensors& stacks, bool trainable) const {
    if (encoders_) return encoders_->encode(stacks, trainable).contiguous(format_);
    if (!has_images()) return stacks.planes;
    const at::Tensor constant =
        stacks.vectors.unsqueeze(2).unsqueeze(3).expand({-1, -1, stacks.planes.size(2), stacks.planes.size(3)});
    return at::cat({stacks.planes, constant}, 1).contiguous(format_);
  }

  /// The tasks' reconstructions from the auto-encoder's output: planes [2b, C, H, W], and vectors as the image tasks'
  /// space takes them, [2b, c, H, W] or [2b, c, 1, 1].
  TaskTensors parted(const at::Tensor& r) const {
    if (encoders_) return encoders_->decode(r);
    if (!has_images()) return {r, {}};
    return {r.narrow(1, 0, tasks_.channels()), r.narrow(1, tasks_.channels(), tasks_.vector_channels())};
  }

  /// 1 - mean over latent pixels of the cosine between the halves of a latent batch: [2b, ...] -> [b].
  static at::Tensor cosine_distance(const at::Tensor& latents) {
    const std::vector<at::Tensor> halves = in_full(latents).chunk(2, 0);
    return 1 - at::cosine_similarity(halves[0], halves[1], 1, kCosineEps).flatten(1).mean(1);
  }

  /// The first term of L_dist, [b]; adds its gradient to the predictions of tasks that are not labelled.
  at::Tensor prediction_distance(const View& v, bool fully_labelled, double weight, TaskTensors& grad) {
    const bool has_gradient = !fully_labelled && options_.lambda_dist > 0;
    const StackNoise noise = {corrected() ? kPrediction1 : kCompletion1, kPrediction1, corrected()};
    const at::AutoGradMode mode(has_gradient);
    TaskTensors leaves = stacks(v, noise);
    std::vector<at::Tensor> inputs = {leaves.planes};
    if (has_images()) inputs.push_back(leaves.vectors);
    for (at::Tensor& input : inputs) input.requires_grad_(has_gradient);
    const at::Tensor distance =
        cosine_distance(autoencoder_.encode(joined(leaves, false), NormMode::kPerSample, false).latent);
    if (has_gradient) {
      const at::Tensor scale = at::full_like(distance, options_.lambda_dist * weight);
      const torch::autograd::variable_list d = torch::autograd::grad({distance}, inputs, {scale});
      space_->stacks_backward(v.pixels, noise, d[0], grad.planes);
      if (has_images()) image_space_->stacks_backward(v.images, noise, d[1], grad.vectors);
    }
    return distance.detach();
  }

  /// The second term of L_dist and L_recon, each [b]; adds their gradients to the auto-encoder's weights.
  std::pair<at::Tensor, at::Tensor> autoencoder_losses(const View& v, double weight) {
    const TaskTensors encodings = stacks(v, {kCompletion2, kernels::kNoNoise, corrected()});
    const at::AutoGradMode mode(true);
    const SegNet::Encoded encoded = autoencoder_.encode(joined(encodings, true), NormMode::kPerSample, true);
    const at::Tensor distance = cosine_distance(encoded.latent);
    const TaskTensors r = parted(autoencoder_.decode(encoded, NormMode::kPerSample, true, encodings.planes.size(0)));
    const double weight_of_r = options_.lambda_recon * weight;
    at::Tensor planes = r.planes.detach();
    if (encoders_ || has_images()) planes = planes.contiguous(format_);  // they lie like the stacks
    const Reconstruction pixels = space_->reconstruction(v.pixels, planes, encodings.planes, weight_of_r);
    std::vector<at::Tensor> roots = {distance, r.planes};
    const at::Tensor scale = at::full_like(distance, options_.lambda_dist * options_.lambda_recon * weight);
    std::vector<at::Tensor> d = {scale, pixels.grad};
    at::Tensor loss = pixels.loss;
    if (has_images()) {
      const Reconstruction images =
          image_space_->reconstruction(v.images, r.vectors.detach(), encodings.vectors, weight_of_r);
      roots.push_back(r.vectors);
      d.push_back(images.grad);
      loss = loss + images.loss;
    }
    torch::autograd::backward(roots, d);
    return {distance.detach(), loss};
  }

  const TaskSet& tasks_;
  JointTaskOptions options_;
  int64_t width_;
  at::MemoryFormat format_;
  std::unique_ptr<JointSpace> space_, image_space_;
  ParameterStore store_;
  SegNet autoencoder_;
  std::optional<TaskEncoders> encoders_;
};

class JointTask final : public Method {
 public:
  static constexpr char kName[] = "jtr";
  static constexpr char kSummary[] =
      "Predictions and labels of all tasks are encoded into one latent space and pulled together there.";
  static constexpr char kSource[] = "Nishi et al., CVPR 2024";
  static constexpr int kPlace = 7;
  static constexpr int64_t kViews = 3;
  static Json facts() {
    return MethodFacts()
        .views(kViews)
        .unlabelled("gains next to nothing from them: it compares predictions with labels of the same photograph")
        .json();
  }

  using Options = JointTaskOptions;

  JointTask(const Options& options, const MethodSetting& setting) : tasks_(*checked(setting).tasks) {
    const at::Tensor graph = setting.graph != nullptr ? setting.graph->weights(0) : at::Tensor{};
    if (!graph.defined()) {
      spaces_.push_back({"jtr/", nullptr, std::make_unique<JointLoss>(options, tasks_, setting), 1});
      return;
    }
    for (const std::vector<size_t>& connected : components(graph)) {
      if (connected.size() < 2) continue;
      Space space{"jtr.", std::make_unique<TaskSubset>(tasks_, connected), nullptr, 0};
      const TaskSet& own = space.subset->tasks();
      if (own.of(Extent::kPixel).empty()) continue;
      double edges = 0;
      for (const size_t s : connected) {
        for (const size_t t : connected) {
          const double weight = graph[static_cast<int64_t>(s)][static_cast<int64_t>(t)].item<double>();
          if (s == t || weight == 0) continue;
          space.weight += weight;
          ++edges;
        }
      }
      space.weight /= edges;
      for (size_t i = 0; i < own.size(); ++i) space.prefix += (i > 0 ? "." : "") + escaped_name(own[i].name());
      space.prefix += "/";
      space.loss = std::make_unique<JointLoss>(options, own, setting);
      spaces_.push_back(std::move(space));
    }
    require(!spaces_.empty(), "task_graph", "connects no task of pixels to another task, and the method '", kName,
            "' relates those");
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
  std::vector<OwnNetwork> networks() override {
    std::vector<OwnNetwork> all;
    for (const Space& space : spaces_) all.push_back({space.prefix, &space.loss->store()});
    return all;
  }

  MethodLoss compute(const MethodContext& context) override {
    if (spaces_[0].subset == nullptr) return spaces_[0].loss->compute(context);
    MethodLoss all;
    for (const Space& space : spaces_) {
      const MethodContext own = space.subset->of(context);
      const MethodLoss loss = space.loss->compute(own, space.weight);
      space.subset->add_gradients(own, context);
      if (!all.loss.defined()) {
        all = loss;
        continue;
      }
      all.loss = all.loss + loss.loss;
      for (size_t i = 0; i < loss.terms.size(); ++i) all.terms[i] = all.terms[i] + loss.terms[i];
    }
    return all;
  }

 private:
  /// Tasks that meet: all of them, or those that the task graph connects.
  struct Space {
    std::string prefix;                  // of its network's weights
    std::unique_ptr<TaskSubset> subset;  // null: all
    std::unique_ptr<JointLoss> loss;
    double weight;  // the mean of its edges'
  };

  static const MethodSetting& checked(const MethodSetting& setting) {
    require_joint_space(kName, setting, true);
    require(!setting.tasks->of(Extent::kPixel).empty(), "tasks", "the method '", kName,
            "' needs a task of pixels beside those of the whole image: its joint space is made of planes");
    require(setting.graph == nullptr || setting.graph->is_fixed(), "task_graph.name", "the method '", kName,
            "' has a joint space for each part of the task graph that hangs together, and one that is estimated has "
            "none before training: give the pairs");
    return setting;
  }

  /// The parts of the graph that hang together, whatever the direction.
  static std::vector<std::vector<size_t>> components(const at::Tensor& graph) {
    const size_t count = static_cast<size_t>(graph.size(0));
    const double* weights = graph.data_ptr<double>();
    std::vector<std::vector<size_t>> all;
    std::vector<bool> seen(count, false);
    for (size_t first = 0; first < count; ++first) {
      if (seen[first]) continue;
      std::vector<size_t> connected = {first};
      seen[first] = true;
      for (size_t next = 0; next < connected.size(); ++next) {
        const size_t s = connected[next];
        for (size_t t = 0; t < count; ++t) {
          if (seen[t] || s == t || (weights[s * count + t] == 0 && weights[t * count + s] == 0)) continue;
          seen[t] = true;
          connected.push_back(t);
        }
      }
      std::sort(connected.begin(), connected.end());
      all.push_back(std::move(connected));
    }
    return all;
  }

  const TaskSet& tasks_;
  std::vector<Space> spaces_;
};

const Registered<JointTask> registered;

}  // namespace
}  // namespace jtr
