// A method: what it adds to the supervised loss. One file a method; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "networks/network.h"
#include "networks/parameters.h"
#include "options/registry.h"
#include "parallel/share.h"
#include "precision.h"
#include "tasks/task.h"

namespace jtr {

class TaskGraph;

/// What a method asks of a step.
struct MethodNeeds {
  int64_t views = 1;                     // of each sample
  int64_t made_views = 0;                // more of them, which Method::make_views() makes of those
  int64_t last_view_with_gradient = -1;  // whose predictions get a gradient from the method; -1: none but made ones
  int64_t noise_slots = 0;               // draws of Gumbel noise for each sample
  bool features = false;                 // MethodContext::features()
  bool crops = false;                    // MethodContext::crops()
  bool images = false;                   // MethodContext::inputs() and images()
  bool teacher = false;                  // MethodContext::teacher()
  bool affinities = false;               // MethodContext::affinities
  bool separate_networks = false;        // a network for each task
  int64_t stride = 1;                    // of which rows and columns of views must be multiples

  /// What looks at the supervised view alone; 0: its predictions get a gradient, -1: they do not.
  static MethodNeeds of_one_view(int64_t last_view_with_gradient = -1) {
    MethodNeeds needs;
    needs.last_view_with_gradient = last_view_with_gradient;
    return needs;
  }
};

/// What callers must know of a method before they make one.
class MethodFacts {
 public:
  /// How many views of each sample it reads; else 1.
  MethodFacts&& views(int64_t count) && { return set("views", count); }
  /// With how many tasks it can work; else 1 or more.
  MethodFacts&& min_tasks(int64_t count) && { return set("min_tasks", count); }
  MethodFacts&& separate_networks() && { return set("separate_networks", true); }
  MethodFacts&& teacher() && { return set("teacher", true); }
  /// Tasks have prototypes in the network; the method's option "dimension" says of how many numbers.
  MethodFacts&& prototypes() && { return set("prototypes", true); }
  /// Images without any label teach it something, or next to nothing: why, as it goes on behind "The method ... ".
  MethodFacts&& uses_unlabelled(const char* why) && {
    return std::move(*this).unlabelled(why).set("uses_unlabelled", true);
  }
  MethodFacts&& unlabelled(const char* why) && { return set("unlabelled", why); }

  Json json() && { return std::move(facts_); }

 private:
  template <typename Value>
  MethodFacts&& set(const char* key, Value value) {
    facts_[key] = value;
    return std::move(*this);
  }

  Json facts_ = {{"views", 1}, {"min_tasks", 1}, {"separate_networks", false}};
};

/// A step's batch as a method sees it: on the device and in the training precision. View 0 is the one that is compared
/// with labels. Views that a method makes by itself come after the others; they have predictions and gradients alone.
class MethodContext {
 public:
  const TaskSet* tasks = nullptr;
  int64_t samples = 0;                   // that are worked on here and now
  Share share;                           // which of the step's samples they are; whole 0: all
  int64_t step = 0;                      // steps done before this one
  uint64_t seed = 0;                     // of the run's random numbers
  std::vector<TaskTensors> predictions;  // of each view, without gradient; views that are not read may be undefined
  std::vector<TaskTensors> labels;       // of each view, invalid_label() where the sample is not labelled
  std::vector<TaskTensors> gradients;    // of each view, like the predictions: receives the gradient of the mean loss
  at::Tensor labelled;                   // bool [B, K]
  std::vector<uint8_t> labelled_host;    // [B, K], the same
  at::Tensor label_weight;               // [B, K]: how much a label counts; undefined: all 1
  at::Tensor noise;                      // [B, noise_slots, S, H, W]
  std::vector<at::Tensor> features;      // of each view: the network's coarsest features [B, c, h, w], detached
  at::Tensor crops;                      // [V, B, 6], on the host in double: how each view was cut out of view 0
  at::Tensor affinities;                 // [B, K, K]: Decoded::affinities of view 0, without gradient
  at::Tensor affinities_gradient;        // like these: receives the gradient of the mean loss
  at::Tensor graph;                      // double [K, K], on the host: TaskGraph::weights(); undefined: all 1
  /// Of the samples, with every input that they have; empty where MethodNeeds::images was not asked for.
  std::function<InputTensors(int64_t view)> inputs_of;
  /// Predictions of the average of the network's weights for such inputs, in evaluation mode; empty where
  /// MethodNeeds::teacher was not asked for.
  std::function<TaskTensors(const InputTensors& inputs)> teacher_of;
  /// A target of view 0 as the constraints and the labels that are known allow it.
  std::function<at::Tensor(size_t task, const at::Tensor& target)> allowed = [](size_t, const at::Tensor& target) {
    return target;
  };
  at::Tensor task_weights;                // double [K], on the host: of the tasks' supervised losses
  std::function<void()> between = [] {};  // throws where the step is to be given up

  /// Samples of the whole batch, over which the loss is a mean.
  double batch() const { return static_cast<double>(share.whole > 0 ? share.whole : samples); }
  /// How many of them are labelled for a task.
  double labels_in_batch(size_t task) const {
    if (!share.labelled.empty()) return share.labelled[task];
    return labelled.select(1, static_cast<int64_t>(task)).sum().item<double>();
  }

  /// How much one task may inform another: 0 or more, 0 not at all.
  double informs(size_t from, size_t to) const {
    return graph.defined() ? graph.data_ptr<double>()[from * tasks->size() + to] : 1;
  }

  at::Tensor prediction(int64_t view, size_t task) const {
    return tasks->prediction(predictions[static_cast<size_t>(view)], task);
  }
  at::Tensor label(int64_t view, size_t task) const { return tasks->label(labels[static_cast<size_t>(view)], task); }
  /// A prediction as the leaf of a graph, whose gradient is for add_gradient().
  at::Tensor tracked(int64_t view, size_t task) const {
    at::Tensor leaf = prediction(view, task).detach();
    leaf.requires_grad_(true);
    return leaf;
  }
  /// Where the gradient of a prediction goes; a view of the stack's.
  at::Tensor gradient(int64_t view, size_t task) const {
    return tasks->prediction(gradients[static_cast<size_t>(view)], task);
  }
  void add_gradient(int64_t view, size_t task, const at::Tensor& gradient_of_it) const {
    gradient(view, task).add_(gradient_of_it);
  }
  /// Which samples are not labelled for a task: bool [B].
  at::Tensor unlabelled(size_t task) const { return labelled.select(1, static_cast<int64_t>(task)).logical_not(); }
  /// A supervised loss [B] of a task, as much as each sample's label counts.
  at::Tensor weighted(const at::Tensor& loss, size_t task) const {
    return label_weight.defined() ? loss * label_weight.select(1, static_cast<int64_t>(task)) : loss;
  }
  /// Whether a sample is labelled for a task.
  bool is_labelled(int64_t sample, size_t task) const {
    return labelled_host[static_cast<size_t>(sample) * tasks->size() + task] != 0;
  }
  InputTensors inputs(int64_t view) const {
    TORCH_CHECK(inputs_of, "the method reads images, which its needs() do not ask for");
    return inputs_of(view);
  }
  at::Tensor images(int64_t view) const { return inputs(view).image; }
  TaskTensors teacher(const InputTensors& inputs) const {
    TORCH_CHECK(teacher_of, "the method reads a teacher's predictions, which its needs() do not ask for");
    return teacher_of(inputs);
  }
  /// To be called between parts of the work.
  void checkpoint() const { between(); }
};

/// What a method computed of a batch.
struct MethodLoss {
  at::Tensor loss;                // [B]: what it adds to each sample's loss; undefined for nothing
  std::vector<at::Tensor> terms;  // each [B], unweighted, as Method::terms() names them
};

/// A network of a method's own.
struct OwnNetwork {
  std::string prefix;                     // before its weights' names in checkpoints
  ParameterStore* store;                  // owned by the method
  std::optional<Variant> optimizer = {};  // of its own; else it is trained like the multi-task network
  std::optional<Variant> schedule = {};   // of its own optimiser
};

/// What a method is made for.
struct MethodSetting {
  const TaskSet* tasks;
  const Network* network;  // one of those that are trained
  uint64_t seed;
  Precision precision;
  at::Device device;
  Recomputation recomputation = Recomputation::kNorms;  // in the backward passes of the method's own networks
  const TaskGraph* graph = nullptr;                     // null: every task informs every other
};

class Method {
 public:
  virtual ~Method() = default;

  static Registry<Method, MethodSetting>& registry();
  /// Of a method that says no others.
  static Json facts() { return MethodFacts().json(); }

  virtual MethodNeeds needs() const = 0;
  /// Names of its terms, without the method's.
  virtual std::vector<std::string> terms() const { return {}; }
  /// All networks of the method's own.
  virtual std::vector<OwnNetwork> networks() { return {}; }

  /// What the method keeps from step to step besides networks: buffers alone, saved under "<method>/"; null for
  /// nothing.
  virtual ParameterStore* state() { return nullptr; }

  /// Inputs of made_views * B samples: of the views that it makes by itself. Nothing is predicted yet.
  virtual InputTensors make_views(const MethodContext& /*context*/) { return {}; }
  /// The method's loss. Adds the gradient of its mean to the context's gradients and to its own weights' gradients.
  virtual MethodLoss compute(const MethodContext& context) = 0;
  /// Called after the weights have changed by what compute() gave: what the method keeps may follow. A step that fails
  /// never comes here.
  virtual void follow() {}

 protected:
  /// Throws about "tasks" unless there are `least` or more.
  static void require_tasks(const char* method, const MethodSetting& setting, int64_t least);
  /// Throws about "tasks[i].kind" unless all of them have a place in the joint space; image tasks only where the method
  /// takes them.
  static void require_joint_space(const char* method, const MethodSetting& setting, bool takes_image_tasks = false);
};

/// Weight 0 or more of a term.
inline Range a_weight() { return at_least(0); }

/// The first width of a method's own network: what was asked for, else the multi-task network's.
inline int64_t width_or(int64_t width, const Network& network) { return width > 0 ? width : network.width(); }

}  // namespace jtr
