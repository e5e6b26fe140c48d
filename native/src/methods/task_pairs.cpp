#include "methods/task_pairs.h"

namespace jtr {

std::vector<TaskPair> task_pairs(const MethodContext& context, Informs informs) {
  const int64_t tasks = static_cast<int64_t>(context.tasks->size());
  std::vector<TaskPair> pairs;
  const auto labelled = [&](int64_t b, int64_t t) { return context.is_labelled(b, static_cast<size_t>(t)); };
  for (int64_t s = 0; s < tasks; ++s) {
    for (int64_t t = 0; t < tasks; ++t) {
      if (s == t) continue;
      const size_t a = static_cast<size_t>(s), b = static_cast<size_t>(t);
      TaskPair pair{s, t, informs == Informs::kSource ? context.informs(a, b) : context.informs(b, a), {}};
      if (pair.weight == 0) continue;
      for (int64_t b = 0; b < context.samples; ++b) {
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
