// A method: what it adds to the supervised loss. One file a method behind this interface; registry.cpp lists them.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adam_options.h"
#include "networks/parameters.h"
#include "precision.h"
#include "tasks/task.h"

namespace jtr {

/// Predictions and labels of one batch, on the device and in the training precision. Views that a method does not look
/// at may be undefined.
struct LossBatch {
  int64_t samples;
  std::vector<at::Tensor> predictions;  // of each view: [B, C, H, W], without gradient
  std::vector<at::Tensor> labels;       // of each view: [B, L, H, W], invalid_label() where the sample is not labelled
  at::Tensor labelled;                  // bool [B, K]
  std::vector<uint8_t> labelled_host;   // [B, K], the same
  at::Tensor noise;                     // [B, noise_slots, S, H, W]
  std::vector<at::Tensor> features = {};  // of each view: the network's fifth pool [B, 8 width, H/32, W/32], detached
  at::Tensor crops = {};                  // [V, B, 6] as jtr_batch.crops, on the host in double
  int64_t step = 0;                       // steps done before this one
};

struct LossTerms {
  at::Tensor loss;   // [B]: what the method adds to each sample's loss
  at::Tensor dist;   // [B]: its distance term, unweighted
  at::Tensor recon;  // [B]: its reconstruction term, unweighted
};

/// A network of a method's own.
struct OwnNetwork {
  std::string prefix;       // before its weights' names in checkpoints
  ParameterStore* store;    // owned by the method
  const AdamOptions* adam;  // null: trained like the multi-task network
};

class Regularizer {
 public:
  virtual ~Regularizer() = default;

  /// Number of views of each sample that the method reads.
  virtual int64_t views() const = 0;
  /// Number of draws of Gumbel noise per sample.
  virtual int64_t noise_slots() const { return 0; }
  /// The last view whose predictions get a gradient from the method, or -1.
  virtual int64_t last_view_with_gradient() const { return -1; }
  /// The method's own weights, or null; and what stands before their names in checkpoints.
  virtual ParameterStore* parameters() { return nullptr; }
  virtual std::string prefix() const { return ""; }
  /// All networks of the method's own; those that have one need not say more than the above.
  virtual std::vector<OwnNetwork> networks() {
    if (parameters() == nullptr) return {};
    return {{prefix(), parameters(), nullptr}};
  }
  /// Whether every task has a network to itself.
  virtual bool separate_networks() const { return false; }
  /// Whether LossBatch.features, LossBatch.crops are read.
  virtual bool needs_features() const { return false; }
  virtual bool needs_crops() const { return false; }

  /// The method's terms. Adds the gradient of mean(loss) to `prediction_grad` (one tensor a view, like the predictions)
  /// and to its own weights' gradients. `checkpoint` is called between micro-batches and may throw to give up.
  virtual LossTerms compute(const LossBatch& batch, const std::vector<at::Tensor>& prediction_grad,
                            const std::function<void()>& checkpoint) = 0;
};

struct JointTaskOptions {
  jtr_joint_task_mode mode;
  int64_t width;
  double lambda_dist;
  double lambda_recon;
  int64_t micro_batch;
};

struct ConsistencyOptions {
  double weight;
  double temperature;
};

struct PairMapOptions {
  int64_t width;
  double weight;
};

struct MtpslOptions {
  double con_weight;
  double reg_weight;
  int64_t ramp_up_steps;
  AdamOptions film;
  int64_t micro_batch;
};

/// What a method may be made from.
struct RegularizerOptions {
  const TaskSet* tasks;
  JointTaskOptions joint_task;
  uint64_t seed;
  Precision precision;
  at::Device device;
  int64_t width = 0;  // of the multi-task network
  ConsistencyOptions consistency = {};
  PairMapOptions direct_map = {};
  PairMapOptions perceptual_map = {};
  MtpslOptions mtpsl = {};
  jtr_recomputation recomputation = JTR_RECOMPUTATION_NORMS;  // in the backward passes of the method's own networks
};

struct Method {
  const char* name;
  int64_t views;
  int64_t min_tasks;
  int64_t (*noise_slots)(int64_t tasks);
  std::unique_ptr<Regularizer> (*make)(const RegularizerOptions&);
};

/// All methods.
const std::vector<Method>& methods();
/// A method by its name; throws INVALID_ARGUMENT about "method".
const Method& find_method(const std::string& name);
/// The method for these tasks; throws INVALID_ARGUMENT about "tasks" where it is not defined on them.
std::unique_ptr<Regularizer> make_method(const std::string& name, const RegularizerOptions& options);

std::unique_ptr<Regularizer> make_supervised(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_single_task(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_consistency(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_direct_map(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_perceptual_map(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_mtpsl(const RegularizerOptions& options);
std::unique_ptr<Regularizer> make_joint_task(const RegularizerOptions& options);

}  // namespace jtr
