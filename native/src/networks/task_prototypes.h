// Task prototypes: a learned vector for each task, by which each task's features find what related tasks know (after
// "Task prototype-based knowledge retrieval", arXiv 2601.07474; what that paper leaves open is decided here). With M
// the map that heads of pixel tasks read, T the pooled coarsest features that heads of image tasks read, d the
// dimension:
//
//   e_t = ReLU(R_t M)                      the task's features, [d, h, w], or of T, [d]
//   l_ts = <e_t, p_s> / sqrt(d)            affinity of its features to the prototype of each task s, at each place
//   r_t = sum_s softmax_s(l_ts) e_s        what it retrieves
//   M_t = M + W_t r_t                      what its head reads instead of M, or of T
//
// R_t and W_t are convolutions of 1x1; W_t begins at 0, so that a fresh network predicts what it would without. An
// image task is asked for one value at every place, and gives others the mean of e_s over all places. For K tasks and c
// channels each place costs K (2 c d + 2 K d) products, where a head's 3x3 convolution costs 9 c c.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "networks/graph.h"
#include "networks/parameters.h"
#include "tasks/task.h"

namespace jtr {

class TaskPrototypes {
 public:
  struct Shape {
    int64_t dimension;       // 0: there are none
    int64_t pixel_channels;  // of what heads of pixel tasks read
    int64_t image_channels;  // of what heads of image tasks read
  };
  /// Declares "prototypes.vectors" [K, d, 1, 1], and of the i-th task, counted from 1, "prototypes.read<i>" and
  /// "prototypes.write<i>".
  TaskPrototypes(ParameterStore& store, const TaskSet& tasks, const std::vector<size_t>& predicted, const Shape& shape);

  bool empty() const { return shape_.dimension == 0; }
  void initialize(uint64_t seed, uint32_t stream);
  /// Adds the weights that refine() reads, which get a gradient.
  void add_pixel_weights(std::vector<at::Tensor>& weights) const;

  /// e_t of the image tasks, [N, image tasks, d, 1, 1], from what their heads read, [N, c]; undefined without any.
  at::Tensor read_images(const at::Tensor& pooled, bool trainable) const;

  struct Pixels {
    std::vector<at::Tensor> maps;  // of each pixel task: what its head reads, like the map
    at::Tensor means;              // [N, pixel tasks, d]: e_t over all places
    at::Tensor affinities;         // [N, pixel tasks, K]: l_ts over all places
  };
  /// `images`: what read_images() gave.
  Pixels refine(const at::Tensor& map, const at::Tensor& images, bool trainable) const;

  struct Images {
    std::vector<at::Tensor> pooled;  // of each image task: what its head reads, [N, c]
    at::Tensor affinities;           // [N, image tasks, K]
  };
  /// `means`: Pixels::means, undefined without pixel tasks.
  Images refine_images(const at::Tensor& pooled, const at::Tensor& images, const at::Tensor& means,
                       bool trainable) const;

  /// [N, K, K]: l_ts over all places, row t.
  at::Tensor joined(const at::Tensor& of_pixels, const at::Tensor& of_images) const;

  /// The same as operations.
  struct Written {
    std::vector<std::string> features;  // e_t of each task, by its place among all; of pixel tasks after write_pixels()
  };
  Written write_images(GraphWriter& graph, const std::string& pooled) const;
  /// What the heads of the pixel tasks read, in their order.
  std::vector<std::string> write_pixels(GraphWriter& graph, const std::string& map, Written& written) const;
  /// What the heads of the image tasks read, in their order.
  std::vector<std::string> refine_images(GraphWriter& graph, const std::string& pooled, const Written& written) const;

 private:
  struct Part {
    Extent extent;
    std::string number;  // in names
    int64_t read_weight, read_bias, write_weight, write_bias;
  };
  const at::Tensor& weight(int64_t i, bool trainable) const {
    return trainable ? store_.parameter(i) : store_.frozen(i);
  }
  at::Tensor features(const Part& part, const at::Tensor& x, bool trainable) const;
  at::Tensor affinities(const at::Tensor& features, bool trainable) const;
  /// sum_s softmax_s(l_ts) e_s
  static at::Tensor retrieved(const at::Tensor& affinities, const std::vector<at::Tensor>& features);
  std::string retrieve(GraphWriter& graph, size_t task, const std::vector<std::string>& features) const;

  ParameterStore& store_;
  Shape shape_;
  std::vector<Part> parts_;              // of all tasks
  std::vector<size_t> pixels_, images_;  // places among them
  int64_t vectors_ = -1;
};

}  // namespace jtr
