// The multi-task network in training. A step computes losses and gradients, agrees with the other processes whether to
// go on, reduces what they have to one, and applies it.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "balancing/balancing.h"
#include "constraints/constraint.h"
#include "domains/domain.h"
#include "domains/domain_weights.h"
#include "graphs/task_graph.h"
#include "memory/tensor_memory.h"
#include "methods/method.h"
#include "parallel/communicator.h"
#include "tasks/task.h"
#include "training/batch_uploader.h"
#include "training/checkpoint.h"
#include "training/gradient_buckets.h"
#include "training/multi_task_network.h"
#include "training/optimizers/optimizer.h"
#include "training/schedules/schedule.h"
#include "training/step.h"
#include "training/tensor_list.h"
#include "training/trainer_options.h"
#include "training/weight_average.h"

namespace jtr {

class Trainer {
 public:
  explicit Trainer(const TrainerOptions& options);
  // The networks refer to their storage in here.
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// On failure nothing has changed.
  StepResult step(const HostBatch& batch, const StepRequest& request);

  /// Samples of the caller's, not normalised, to predictions, float [N, ...] of the tasks by their numbers, in
  /// evaluation mode. `samples`: float, and `present` as HostBatch::input_present; undefined where nothing is missing.
  /// `domain`: int64 [N], by whose norms each sample is normalised, where each domain has its own; -1, and undefined
  /// for all: by their mixture.
  void predict(const InputTensors& samples, const StepRequest::Numbered& predictions, const int32_t* cancel = nullptr,
               const at::Tensor& domain = {}) const;

  int64_t steps_done() const { return steps_done_; }
  uint64_t seed() const { return options_.seed; }
  const TrainerOptions& options() const { return options_; }
  const TaskSet& tasks() const { return tasks_; }
  const InputSet& inputs() const { return inputs_; }
  const MethodNeeds& needs() const { return needs_; }
  /// "supervised", "supervised.<task>", "<method>.<term>".
  const std::vector<std::string>& term_names() const { return term_names_; }
  /// Weights of the multi-task network, or of all networks.
  int64_t parameter_count(bool all = true) const;
  /// Replaces the learning rate from the next step on; the schedule stays, and so do rates of optimisers of a method's
  /// own.
  void set_learning_rate(double rate);
  /// Of which rows and columns of a step's images must be multiples; predictions take every size.
  int64_t stride() const { return needs_.stride; }
  Communicator& communicator() { return *communicator_; }
  const TensorList& state() const { return state_; }
  const TensorList& gradients() const { return gradients_; }

  /// What callers must know of the trainer: its whole options, views, noise slots, terms, tasks, stride.
  Json describe() const;

  void save(const std::string& path, const Metadata& metadata) const;
  void load(const std::string& path);

 private:
  /// A network in training, with its optimiser.
  struct Trained {
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> own_schedule;  // null: the trainer's
    bool own_rate;                           // whether the rate is not the trainer's
    double gradient_norm = 0;                // of the last step
  };
  /// A method, and what it asks for.
  struct Guide {
    std::string name;
    std::unique_ptr<Method> method;
    MethodNeeds needs;
    int64_t first_slot;  // of the step's noise
  };
  /// Views that have been through the network.
  struct Seen {
    MultiTaskNetwork::Forward forward;
    TaskTensors gradients;               // like forward.predictions
    int64_t tracked_views = 0;           // that get a gradient
    std::vector<at::Tensor> d_features;  // like forward.tracked_features
    at::Tensor d_affinities;             // like forward.tracked_affinities
  };
  /// Samples that are worked on together.
  struct Part {
    int64_t begin, count;  // of this process's samples
    Share share;
  };
  /// What is computed of some samples, on the host.
  struct Losses {
    TaskLosses of_tasks;
    at::Tensor all;    // [B]
    at::Tensor terms;  // [terms, B]
  };
  /// The passes of a part.
  struct Passes {
    Seen given;              // the batch's views
    std::vector<Seen> made;  // views that methods made
    std::vector<const Seen*> all() const;
  };
  /// Where a backward pass begins.
  struct Roots {
    std::vector<at::Tensor> of, gradients;
  };
  /// What a step has computed before weights change.
  struct Computed {
    StepResult result{};
    Losses losses;        // of this process's samples
    TaskSums sums;        // of all processes'
    double batch = 0;     // samples of all processes
    at::Tensor separate;  // [K + 1, shared weights]: each task's gradient, and that of all else; or undefined
    std::exception_ptr failure = nullptr;  // for all processes to hear of at the end
    std::vector<int64_t> domains;          // of this process's samples
    std::vector<double> of_domains;        // samples of all processes
  };

  void add_network(const std::string& prefix, ParameterStore& store, std::vector<ParameterGroup> groups,
                   const std::optional<Variant>& optimizer, const std::optional<Variant>& schedule);
  /// What each domain's norms keep.
  void add_domain_state(const std::string& prefix, MultiTaskNetwork& network);
  /// What stands before the names of what a domain has of its own.
  std::string domain_prefix(size_t domain) const;
  void use_rate(double rate);
  static std::vector<std::string> names_of(const std::vector<Guide>& guides);
  static std::vector<Guide> made_guides(const TrainerOptions& options, const MethodSetting& setting);
  /// How many domains a batch's samples can be of.
  int64_t domain_count() const { return std::max<int64_t>(1, static_cast<int64_t>(options_.domains.size())); }
  static MethodNeeds needs_of(const std::vector<Guide>& guides, const Constraints& constraints);
  /// Of `views` views of the batch's samples, some of whose further inputs are dropped.
  Seen seen(const InputTensors& inputs, const MultiTaskNetwork::Request& request, const Share& share);
  /// [V B, further inputs]: which are left to the samples of this step, the same in all views of a sample.
  at::Tensor kept(const InputTensors& inputs, int64_t views, int64_t first) const;
  /// The step's context as one of the methods sees it; `made`: its own views, or none.
  static MethodContext context_of(const Guide& guide, const MethodContext& all, const Seen* made);
  MethodContext context_of(const HostBatch& host, const DeviceBatch& uploaded, const std::vector<int64_t>& domains,
                           const Share& share) const;
  std::vector<int64_t> noise_sizes(const HostBatch& host) const;
  /// Learns from the other processes what samples they have; throws where any has a failure. The parts of the step.
  std::vector<Part> meet(const HostBatch& host, const std::exception_ptr& failure);
  /// Rank 0's weights and state for all.
  void share_state();
  void compute(const HostBatch& host, const DeviceBatch& uploaded, const std::vector<Part>& parts,
               const StepRequest& request, Computed& computed);
  /// The losses of one part; adds its gradients to the step's.
  Losses compute(const HostBatch& host, const DeviceBatch& uploaded, const Part& part, bool is_last,
                 const StepRequest& request, Computed& computed);
  /// One sum over all processes instead of each one's own.
  void reduce(Computed& computed);
  void reduce_domain_norms(const Computed& computed);
  /// Whether norms have the statistics of all processes, in this step.
  bool norms_are_shared() const { return network_.parts()[0].store().norms_shared_with() != nullptr; }
  void deliver(const Computed& computed, const StepRequest& request) const;
  /// What is wanted of predictions, of a part's samples.
  void deliver(const Seen& given, const Part& part, const StepRequest& request) const;
  void apply(const Computed& computed);
  /// The tasks' supervised losses [B, K]; their weighted gradients into `grad`, like predictions of a view.
  at::Tensor supervised(const MethodContext& context, const at::Tensor& weights, const TaskTensors& grad) const;
  /// What a method adds, as much as it counts for each sample's domain; its gradients into the context's.
  MethodLoss added_by(size_t guide, const MethodContext& context, const std::vector<int64_t>& domains) const;
  /// The predictions of the tracked views, and what else has a gradient.
  static Roots roots_of(const std::vector<const Seen*>& seen);
  static void backward(const Roots& roots, bool retain);
  /// PCGrad: one backward pass for each task, then one for the method's own term, into Computed::separate.
  void separate_backward(const Passes& passes, const TaskTensors& supervised_grad, at::Tensor& separate);
  /// Throws NON_FINITE unless the loss of every sample of a part is a finite number.
  void check_losses(const Losses& losses, int64_t begin) const;
  /// Runs what the other processes do at the same time; where it fails, they cannot go on.
  template <typename Work>
  void in_step(const Work& work);
  /// Whether the multi-task network's gradients take memory only once the method's own networks have theirs.
  bool gradients_wait() const { return trained_.size() > network_.parts().size() && options_.accumulate == 1; }
  /// Runs a check whose failure stops the step: now, or for all processes at its end.
  template <typename Check>
  void stops(Computed& computed, const Check& check) const;
  /// Throws NON_FINITE unless all gradients are finite; the norm of the multi-task network's.
  double check_gradients();
  /// Throws NON_FINITE with the name of the first gradient that is not finite, if there is one.
  void name_gradient_that_is_not_finite() const;
  /// Scales down what is longer than max_gradient_norm.
  void clip_gradients();

  memory::PoolUser pool_;  // first: what follows is taken from it
  TrainerOptions options_;
  at::TensorOptions tensor_options_;
  TaskSet tasks_;
  InputSet inputs_;
  std::unique_ptr<Communicator> communicator_;
  MultiTaskNetwork network_;
  std::unique_ptr<TaskGraph> graph_;
  std::vector<Guide> guides_;  // the method and those beside it
  Constraints constraints_;
  DomainTechniques domain_techniques_;
  DomainWeights domain_weights_;
  MethodNeeds needs_;  // of all together
  std::unique_ptr<Balancing> balancing_;
  std::unique_ptr<Schedule> schedule_;
  BatchUploader uploader_;
  std::unique_ptr<WeightAverage> average_;    // null without
  std::vector<Trained> trained_;              // network_'s parts come first
  std::unique_ptr<GradientBuckets> buckets_;  // null for one process
  std::vector<std::string> term_names_;
  TensorList state_, gradients_, saved_;  // saved_: state and what the optimisers keep
  int64_t steps_done_ = 0;
  bool fresh_ = true;  // whether weights and state may be others than rank 0's
};

}  // namespace jtr
