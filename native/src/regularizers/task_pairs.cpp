#include "regularizers/task_pairs.h"

namespace jtr {

std::vector<TaskPair> task_pairs(const LossBatch& batch, int64_t tasks) {
  std::vector<TaskPair> pairs;
  auto labelled = [&](int64_t b, int64_t t) { return batch.labelled_host[static_cast<size_t>(b * tasks + t)] != 0; };
  for (int64_t s = 0; s < tasks; ++s) {
    for (int64_t t = 0; t < tasks; ++t) {
      TaskPair pair{s, t, {}};
      for (int64_t b = 0; b < batch.samples; ++b) {
        if (!labelled(b, s) && labelled(b, t)) pair.samples.push_back(b);
      }
      if (!pair.samples.empty()) pairs.push_back(std::move(pair));
    }
  }
  return pairs;
}

int64_t pair_index(int64_t source, int64_t target, int64_t tasks) {
  return source * (tasks - 1) + (target < source ? target : target - 1);
}

at::Tensor row_indices(const std::vector<int64_t>& rows, at::Device device) {
  return at::tensor(rows, at::kLong).to(device);
}

}  // namespace jtr
