// The processes that train one network together. One file a way to talk; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "options/registry.h"

namespace jtr {

enum class Reduction { kSum, kMax };

struct CommunicatorSetting {
  at::Device device;
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  static Registry<Communicator, CommunicatorSetting>& registry();

  virtual int64_t rank() const = 0;
  virtual int64_t size() const = 0;
  /// The sum, or the largest, of every element over all processes, in place.
  virtual void all_reduce(at::Tensor& values, Reduction reduction) = 0;
  /// Rank 0's values, in place.
  virtual void broadcast(at::Tensor& values) = 0;
  /// Returns once every process is here.
  virtual void barrier() = 0;
  /// The largest of all processes' codes: what stops one stops all, before weights change.
  virtual int64_t agree(int64_t code) = 0;
};

}  // namespace jtr
