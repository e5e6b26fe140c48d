// One SegNet for each ordered pair of tasks, which takes one task's maps and gives the other's.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "methods/method.h"
#include "networks/segnet.h"
#include "tasks/task.h"

namespace jtr {

class PairNetworks {
 public:
  /// Maps away from a task that a fixed task graph lets the other one not inform are not made.
  PairNetworks(const MethodSetting& setting, int64_t width);

  std::vector<OwnNetwork> networks();

  /// The map from task `from` to task `to`: encoded predictions or labels of the one (as in the joint space) to
  /// predictions of the other. Norms use each sample's own statistics.
  at::Tensor map(int64_t from, int64_t to, const at::Tensor& encoded, bool trainable) const;

 private:
  struct Network {
    Network(const TaskSet& tasks, int64_t from, int64_t to, const MethodSetting& setting, int64_t width);
    std::string prefix;
    ParameterStore store;
    SegNet net;
  };

  const TaskSet& tasks_;
  at::MemoryFormat format_;
  std::vector<std::unique_ptr<Network>> networks_;  // by pair_index; null: the task graph has no such pair
};

/// Options of a method that learns a map for each pair of tasks.
struct PairMapOptions {
  int64_t width = 0;
  double weight = 1;
  void visit(OptionVisitor& v) {
    v.integer("width", width, within(0, 1024), "First stage width of each pair's SegNet; 0: the network's.");
    v.number("weight", weight, a_weight(), "Weight of the term.");
  }
};

/// A task's name as a part of a weight's: '%' and '.', which separates names, as %25 and %2E.
std::string escaped_name(const std::string& name);

/// A prediction as a map's input: probabilities, the depth's CDF, (n + 1) / 2.
at::Tensor map_input_of_prediction(const Task& task, const at::Tensor& prediction);
/// A label as a map's input, in the same form.
at::Tensor map_input_of_label(const Task& task, const at::Tensor& label);

}  // namespace jtr
