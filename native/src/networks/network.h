// A network that predicts tasks: an encoder of images into a pyramid of features, and a decoder with a head for each
// task. One file a network; each registers itself.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "networks/fusion/fusion.h"
#include "networks/graph.h"
#include "networks/inputs/input.h"
#include "networks/layers.h"
#include "networks/level.h"
#include "networks/parameters.h"
#include "networks/recomputation.h"
#include "networks/task_prototypes.h"
#include "options/registry.h"
#include "precision.h"
#include "tasks/task.h"

namespace jtr {

/// What a network is made for.
struct NetworkSetting {
  const TaskSet* tasks;
  std::vector<size_t> predicted;  // numbers of the tasks that it predicts, in order
  const InputSet* inputs = &InputSet::photograph();
  Precision precision;
  at::Device device;
  Recomputation recomputation = Recomputation::kNorms;
  int64_t prototypes = 0;  // dimension of the tasks' prototypes; 0: there are none
};

/// Weights that are trained alike: a range of the flat storage.
struct ParameterGroup {
  std::string name;          // "backbone", "decoder", "heads"
  int64_t begin, elements;   // in the flat weights
  double rate_factor = 1;    // of the learning rate
  int64_t trained_from = 0;  // steps before which it keeps its values
};

/// ParameterGroup::trained_from of weights that always keep their values.
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// What an encoder makes of images.
struct Features {
  std::vector<at::Tensor> maps;    // of each level: [N, channels, H / stride, W / stride]
  std::vector<at::Tensor> places;  // what the network's own decoder needs besides, such as places of pools' maxima
};

/// What a network says of images.
struct Decoded {
  TaskTensors raw;        // raw outputs of the heads, before the tasks' activations
  at::Tensor affinities;  // [N, K, K]: of each task's features to each task's prototype; undefined without prototypes
};

class Network {
 public:
  virtual ~Network() = default;

  static Registry<Network, NetworkSetting>& registry();

  virtual ParameterStore& store() = 0;
  const ParameterStore& store() const { return const_cast<Network*>(this)->store(); }

  /// First stage width of the networks that methods have of their own, unless their options say another.
  virtual int64_t width() const = 0;
  /// Rows and columns of images must be multiples of this.
  virtual int64_t stride() const = 0;
  /// The pyramid, the finest level first.
  virtual std::vector<Level> levels() const = 0;
  /// All weights, in the order of their storage: those that all tasks share first, the heads' last.
  virtual std::vector<ParameterGroup> groups() const = 0;
  /// How its images and maps lie in memory.
  virtual at::MemoryFormat memory_format() const = 0;

  /// Operations from images to raw predictions in evaluation mode, for exports.
  virtual void write(GraphWriter& graph) const = 0;
  /// Whether write() can say them.
  virtual bool is_exportable() const { return true; }

  /// Called before a training step, of which `step` were done before.
  virtual void begin_step(int64_t /*step*/) {}
  /// Fresh weights from the stream (seed, stream).
  virtual void initialize(uint64_t seed, uint32_t stream) = 0;

  /// Samples, normalised as InputSet::normalized() does -> features. `trainable` false: no gradient to the weights.
  virtual Features encode(const InputTensors& x, const NormUse& norm, bool trainable) const = 0;
  /// Only the first `rows_with_gradient` images will get a gradient from the heads.
  virtual Decoded decode(const Features& features, const NormUse& norm, bool trainable,
                         int64_t rows_with_gradient) const = 0;
};

/// Heads of image tasks: the mean of the coarsest features over all pixels, then a linear map for each task.
class ImageHeads {
 public:
  /// Declares "<prefix><i>.weight" [elements, channels] and "<prefix><i>.bias" [elements] of each image task among
  /// `predicted`, counted from 1 over all tasks.
  ImageHeads(ParameterStore& store, const TaskSet& tasks, const std::vector<size_t>& predicted, int64_t channels,
             std::string prefix);

  void initialize(uint64_t seed, uint32_t stream);
  bool empty() const { return heads_.empty(); }
  /// [N, channels, h, w] -> [N, channels], what the heads read.
  static at::Tensor pooled(const at::Tensor& features);
  /// What each head reads, one for all of them or one each -> [N, elements of all tasks].
  at::Tensor apply(const std::vector<at::Tensor>& pooled, bool trainable) const;
  /// The same of values [N, channels, 1, 1].
  void write(GraphWriter& graph, const std::vector<std::string>& pooled) const;

 private:
  struct Head {
    size_t task;
    int64_t weight, bias;
  };
  std::string name_of(const Head& head) const { return prefix_ + std::to_string(head.task + 1); }

  ParameterStore& store_;
  std::string prefix_;
  std::vector<Head> heads_;
};

/// The image tasks of a network, whose heads may read what their prototypes have found: begin() before its pixel tasks,
/// end() behind them.
class ImageTasks {
 public:
  ImageTasks(const ImageHeads& heads, const TaskPrototypes& prototypes) : heads_(heads), prototypes_(prototypes) {}

  struct Begun {
    at::Tensor pooled;    // what heads read without prototypes; undefined without image tasks
    at::Tensor features;  // TaskPrototypes::read_images()
  };
  /// `top`: the coarsest features.
  Begun begin(const at::Tensor& top, bool trainable) const;
  /// `means`, `affinities`: TaskPrototypes::Pixels; undefined without pixel tasks or prototypes.
  void end(const Begun& begun, const at::Tensor& means, const at::Tensor& affinities, bool trainable,
           Decoded& result) const;

  struct Written {
    std::string pooled;
    TaskPrototypes::Written features;
  };
  Written begin(GraphWriter& graph, const std::string& top) const;
  /// What the head of the `head`-th pixel task reads instead of the map, by all of them.
  std::vector<std::string> maps(GraphWriter& graph, const std::string& map, size_t heads, Written& written) const;
  void end(GraphWriter& graph, const std::string& top, const Written& written) const;

 private:
  const ImageHeads& heads_;
  const TaskPrototypes& prototypes_;
};

}  // namespace jtr
