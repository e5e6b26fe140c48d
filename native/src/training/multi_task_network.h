// The network that is trained: one for all tasks, or one for each task. Images of every size go through it: their last
// rows and columns are repeated up to a multiple of its stride, and what is made of these is cut off.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "networks/network.h"
#include "tasks/task.h"

namespace jtr {

class MultiTaskNetwork {
 public:
  struct Setting {
    Variant network;
    Precision precision;
    at::Device device;
    uint64_t seed;
    bool separate = false;  // a network for each task
    Recomputation recomputation = Recomputation::kNorms;
    const InputSet* inputs = &InputSet::photograph();
    int64_t prototypes = 0;  // dimension of the tasks' prototypes; 0: there are none
  };
  /// The same seed gives separate networks of the tasks the same encoder and decoder.
  MultiTaskNetwork(const TaskSet& tasks, const Setting& setting);

  /// One network and the tasks that it predicts.
  struct Part {
    std::string prefix;  // of its weights' names
    std::unique_ptr<Network> net;
    at::Tensor norm_backup, domain_norm_backup;
    at::Tensor mean_places, variance_places, counter_places;      // in the flat buffers, where norms are separate
    std::vector<std::unique_ptr<ParameterStore>> domain_weights;  // of each domain's norms, where these are separate
    at::Tensor weight_places;                                     // of such weights in the flat weights
    std::vector<at::Tensor> domain_weight_backup;
    ParameterStore& store() const { return net->store(); }
  };
  const std::vector<Part>& parts() const { return parts_; }
  const Network& first() const { return *parts_[0].net; }
  /// Weights of the first part that all its tasks share, which lie before those of the heads.
  int64_t shared_elements() const { return first().groups().back().begin; }

  /// What is asked of a pass in training mode.
  struct Request {
    int64_t views = 1;
    int64_t tracked_views = 1;                      // whose predictions get a gradient
    bool features = false;                          // Forward::features
    bool tracked_features = false;                  // Forward::tracked_features
    NormMode norm = NormMode::kBatch;               // or kBatchApart: the running statistics stay
    const std::vector<int64_t>* domains = nullptr;  // of the B samples; null: norms are the same for all
    // With how many samples each domain is in the batch of all processes, where norms share statistics with them: each
    // of these domains then passes, though with no samples. Null: those of the B samples pass.
    const std::vector<double>* of_all = nullptr;
  };
  /// Predictions of all views: [V, B, ...]. The graph hangs on `tracked`, the predictions [tracked views * B, ...] of
  /// the views that get a gradient.
  struct Forward {
    TaskTensors predictions;
    TaskTensors tracked;
    at::Tensor features;  // [V, B, c, h, w]: the first part's coarsest, of the enlarged images, without gradient
    std::vector<at::Tensor> tracked_features;  // of each part, view 0's: [B, c, h, w], on which the graph hangs too
    at::Tensor tracked_affinities;  // Decoded::affinities of view 0: [B, K, K], likewise; undefined without prototypes
  };
  /// In training mode: batch norm over all V * B samples, or over those of each domain by themselves.
  Forward forward(const InputTensors& inputs, const Request& request);
  /// Before a training step, of which `step` were done before.
  void begin_step(int64_t step) {
    for (Part& part : parts_) part.net->begin_step(step);
  }
  /// In evaluation mode: N samples -> [N, ...]. `domains`: whose statistics their norms have, N / k numbers that hold
  /// for k rounds of samples; -1, null and a domain that was never seen: the mixture.
  TaskTensors predict(const InputTensors& inputs, const std::vector<int64_t>* domains = nullptr) const;

  /// From now on each of so many domains has running statistics of its own, and the network's own ones are their
  /// mixture; with `weights`, so it is with the norms' weights. See domains/norms.cpp.
  void separate_norms(int64_t domains, bool weights = false);
  /// A part's groups, of the weights that each domain has of its own.
  static std::vector<ParameterGroup> domain_groups(const Part& part);
  bool has_separate_norms() const { return !domain_counts_.buffer_list().empty(); }
  /// How many samples of each domain were seen.
  const ParameterStore& domain_counts() const { return domain_counts_; }
  ParameterStore& domain_counts() { return domain_counts_; }
  /// Before a step's passes, which so many samples of each domain are in: domains that are seen for the first time
  /// begin with the network's own statistics.
  void begin_domains(const std::vector<double>& samples);
  /// After a step: counts its samples.
  void count_domains(const std::vector<double>& samples);
  /// The network's own statistics become the mixture of the domains', by how many samples were seen.
  void mix_domains();

  /// Moves weights and norm statistics towards those of a network of the same make: x = decay x + (1 - decay) other's.
  /// Counters are copied.
  void average_with(const MultiTaskNetwork& other, double decay);

  /// Norm statistics are what a forward pass changes: remembered, and put back when a step is given up.
  void remember_norms();
  void restore_norms();

 private:
  /// Rows that go through a network together, and the set of running statistics that their norms have.
  struct Rows {
    int64_t set = 0;
    at::Tensor numbers;  // in the batch; undefined: all
    int64_t tracked;     // how many of them, the first ones, get a gradient
  };
  struct Passed {
    Decoded decoded;
    at::Tensor features;  // the coarsest
  };
  /// Samples that come in several rounds, apart by their sets; the first rounds are tracked. `besides`: sets that have
  /// rows, if none, all the same.
  static std::vector<Rows> rows_by_set(const std::vector<int64_t>& sets, int64_t rounds, int64_t tracked_rounds,
                                       at::Device device, const std::vector<int64_t>& besides = {});
  /// All rows through a part, in their order.
  static Passed pass(const Part& part, const InputTensors& whole, const std::vector<Rows>& all, NormMode norm,
                     bool trainable);
  double samples_seen(int64_t domain) const;
  static void separate_weights(Part& part, int64_t domains);

  const TaskSet& tasks_;
  std::vector<Part> parts_;
  ParameterStore domain_counts_;  // empty where norms are not separate
};

}  // namespace jtr
