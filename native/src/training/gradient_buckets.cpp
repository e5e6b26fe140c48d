#include "training/gradient_buckets.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <limits>
#include <unordered_set>

namespace jtr {
namespace {

using torch::autograd::Node;
using torch::autograd::variable_list;

/// The nodes of the graphs that hang on some roots.
std::unordered_set<const Node*> reached(const std::vector<at::Tensor>& roots) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> left;
  const auto add = [&](const Node* node) {
    if (node != nullptr && seen.insert(node).second) left.push_back(node);
  };
  for (const at::Tensor& root : roots) add(root.grad_fn().get());
  while (!left.empty()) {
    const Node* const node = left.back();
    left.pop_back();
    for (const torch::autograd::Edge& edge : node->next_edges()) add(edge.function.get());
  }
  return seen;
}

}  // namespace

/// Called when a backward pass has added a weight's gradient.
class GradientBuckets::Hook final : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientBuckets& buckets, size_t weight) : buckets_(buckets), weight_(weight) {}
  variable_list operator()(const variable_list& outputs, const variable_list&) override {
    buckets_.arrived(weight_);
    return outputs;
  }

 private:
  GradientBuckets& buckets_;
  size_t weight_;
};

void GradientBuckets::add(const ParameterStore& store, bool before) {
  const std::vector<NamedTensor>& list = store.parameter_list();
  const at::Tensor& all = store.flat_gradients();
  const int64_t most = communicator_.bucket_bytes() > 0 ? communicator_.bucket_bytes() / all.element_size()
                                                        : std::numeric_limits<int64_t>::max();
  int64_t end = all.numel();
  for (size_t i = list.size(); i-- > 0;) {
    const NamedTensor& weight = list[i];
    // Its range ends where the one behind it begins.
    if (end == weight.offset + weight.elements) buckets_.emplace_back();
    Bucket& bucket = buckets_.back();
    ++bucket.weights;
    weights_.push_back({nullptr, buckets_.size() - 1});
    if (!before) {
      weights_.back().accumulator = torch::autograd::impl::grad_accumulator(store.parameter(static_cast<int64_t>(i)));
      weights_.back().accumulator->add_post_hook(std::make_unique<Hook>(*this, weights_.size() - 1));
    }
    // The next one goes with it if there is room for both.
    if (i > 0 && end - list[i - 1].offset <= most) continue;
    bucket.gradients = all.narrow(0, weight.offset, end - weight.offset);
    end = weight.offset;
  }
}

void GradientBuckets::begin(const std::vector<at::Tensor>& roots) {
  pending_.clear();
  largest_.clear();
  // Where there are no buckets, all waits for the end.
  if (communicator_.bucket_bytes() == 0) return;
  for (Bucket& bucket : buckets_) bucket.missing = bucket.weights;
  runs_ = true;
  const std::unordered_set<const Node*> nodes = reached(roots);
  for (Weight& weight : weights_) {
    weight.is_there = weight.accumulator == nullptr || nodes.count(weight.accumulator.get()) == 0;
    if (weight.is_there) --buckets_[weight.bucket].missing;
  }
  send();
}

void GradientBuckets::arrived(size_t weight) {
  if (!runs_ || weights_[weight].is_there) return;
  weights_[weight].is_there = true;
  --buckets_[weights_[weight].bucket].missing;
  send();
}

void GradientBuckets::send() {
  while (pending_.size() < buckets_.size() && buckets_[pending_.size()].missing == 0) send_next();
}

void GradientBuckets::send_next() {
  const at::Tensor& gradients = buckets_[pending_.size()].gradients;
  // Where it lies: a GPU does not wait for it.
  largest_.push_back(at::norm(gradients, std::numeric_limits<double>::infinity()));
  pending_.push_back(communicator_.begin_sum(gradients));
}

void GradientBuckets::finish() {
  if (!runs_) {
    pending_.clear();
    largest_.clear();
  }
  runs_ = false;
  while (pending_.size() < buckets_.size()) send_next();
  for (const std::unique_ptr<Pending>& sum : pending_) sum->wait();
  pending_.clear();
}

bool GradientBuckets::were_finite() const {
  for (const at::Tensor& largest : largest_) {
    if (!std::isfinite(largest.item<double>())) return false;
  }
  return true;
}

}  // namespace jtr
