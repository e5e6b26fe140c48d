// The processes that train one network together. One file a way to talk; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "options/registry.h"

namespace jtr {

enum class Reduction { kSum, kMax };

struct CommunicatorSetting {
  at::Device device;
  std::string document;  // what must be the same in all processes
};

/// A sum over all processes that is under way.
class Pending {
 public:
  virtual ~Pending() = default;
  /// Returns once the values are the sum; throws where there is none.
  virtual void wait() = 0;
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  static Registry<Communicator, CommunicatorSetting>& registry();

  virtual int64_t rank() const = 0;
  virtual int64_t size() const = 0;
  /// The sum, or the largest, of every element over all processes, in place; the same bits in all of them.
  virtual void all_reduce(at::Tensor& values, Reduction reduction) = 0;
  /// Begins a sum of gradients over all processes, in place, which goes on beside what this process does. The values
  /// lie in one piece, and are left alone until they were waited for. All processes begin the same sums in the same
  /// order, whatever they do in between. Options may say that they are rounded on the way; the sums are the same bits
  /// in all processes.
  virtual std::unique_ptr<Pending> begin_sum(const at::Tensor& gradients) = 0;
  /// Bytes of gradients that are summed at a time while a backward pass runs; 0: all together after it.
  virtual int64_t bucket_bytes() const { return 0; }
  /// Rank 0's values, in place.
  virtual void broadcast(at::Tensor& values) = 0;
  /// Returns once every process is here.
  virtual void barrier() = 0;
  /// For a process that cannot go on in step with the others: tells them why, as far as they can be told. What comes
  /// after it throws, here and there.
  virtual void leave(const std::string& /*why*/) {}
  /// Whether norms use the statistics of all processes, where one of them has `samples` samples at a time and no other
  /// has fewer.
  virtual bool shares_norms(int64_t /*samples*/) const { return false; }

  bool is_one() const { return size() == 1; }
  /// What stops one stops all, before weights change: throws where any process has a failure, null for none. A process
  /// throws its own; else that of the lowest rank, which its message names. One that may only follow from another
  /// process's gives way to that.
  void agree(const std::exception_ptr& failure, bool may_follow = false);
};

}  // namespace jtr
