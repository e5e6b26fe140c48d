// Weights by which terms count for the samples of a domain: supervised losses of tasks, and what methods add.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/parameters.h"
#include "tasks/task.h"

namespace jtr {

class DomainWeights {
 public:
  /// `given`: "DOMAIN:TERM=WEIGHT" each, TERM a task or a method; what is not named counts 1. None where there are
  /// fewer than two domains. Throws about "domain_weights[i]".
  DomainWeights(const std::vector<std::string>& given, const std::vector<std::string>& domains, const TaskSet& tasks,
                const std::vector<std::string>& methods);

  bool empty() const { return store_.buffer_list().empty(); }
  /// The buffer "weights" [domains, tasks and methods], which callers may change between steps.
  ParameterStore& store() { return store_; }

  /// [B, K] of samples of these domains.
  at::Tensor of_tasks(const std::vector<int64_t>& domains) const;
  /// [B], of a method by its number; undefined where all are 1.
  at::Tensor of_method(size_t method, const std::vector<int64_t>& domains) const;

 private:
  at::Tensor of_samples(const std::vector<int64_t>& domains) const;

  ParameterStore store_;
  int64_t tasks_;
};

}  // namespace jtr
