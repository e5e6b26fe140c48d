// A network in evaluation mode as a list of operations, for exports to other runtimes: what encode() and decode()
// compute, said once more. Tests compare the exported networks with them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "options/json.h"

namespace jtr {

/// Writes operations one by one; a value is a name.
///
/// An operation is an object with "op", "inputs", "outputs" and what else it needs: names of tensors of the network's
/// state and numbers. Maps are [N, C, H, W].
class GraphWriter {
 public:
  /// The images, RGB in [0, 1].
  std::string input() const { return "image"; }
  /// A further input by its name: [N, C, H, W], or [N, C] of a vector, 0 where it is missing.
  std::string further_input(const std::string& name) const { return "input." + name; }
  /// [N, 1, 1, 1]: 1 where a sample has the further input of this number, else 0.
  std::string present(size_t input);
  /// [N, C] as [N, C, 1, 1].
  std::string as_map(const std::string& x);

  /// Channels in another order, then each times scale[c] plus shift[c].
  std::string channel_affine(const std::string& x, const std::vector<int64_t>& order, const std::vector<double>& scale,
                             const std::vector<double>& shift);
  struct Window {
    int64_t kernel = 3, stride = 1, dilation = 1;
  };
  /// Padded by dilation * (kernel / 2) on each side. `bias` empty: none.
  std::string convolve(const std::string& x, const std::string& weight, const std::string& bias, const Window& window);
  /// Batch norm with running statistics (eps 1e-5): NAME.weight, .bias, .running_mean, .running_var.
  std::string norm(const std::string& x, const std::string& name);
  std::string relu(const std::string& x);
  /// A dimension of size 1 is repeated as often as the other one's.
  std::string add(const std::string& a, const std::string& b);
  std::string multiply(const std::string& a, const std::string& b);
  std::string sigmoid(const std::string& x);
  /// Over channels.
  std::string softmax(const std::string& x);
  /// Max pool, padded by kernel / 2 where the kernel is odd.
  std::string max_pool(const std::string& x, int64_t kernel, int64_t stride);
  /// 2x2 max pool, and what unpool() needs to undo it.
  std::pair<std::string, std::string> max_pool_with_places(const std::string& x);
  std::string unpool(const std::string& x, const std::string& places);
  /// Bilinear, by a whole factor; pixels are squares whose centres lie at half (align_corners false).
  std::string upsample(const std::string& x, int64_t factor);
  std::string concatenate(const std::vector<std::string>& maps);
  /// Mean over all pixels: [N, C, 1, 1].
  std::string mean(const std::string& x);
  /// A map of one pixel as large as another map.
  std::string expand(const std::string& x, const std::string& like);
  /// [N, C, 1, 1] to [N, elements].
  std::string linear(const std::string& x, const std::string& weight, const std::string& bias);
  /// Makes a value the raw prediction of the task of this number.
  void output(size_t task, const std::string& x);

  Json take() { return std::move(nodes_); }

 private:
  std::string add_node(const char* op, std::vector<std::string> inputs, Json more = Json::object());

  Json nodes_ = Json::array();
  int64_t values_ = 0;
};

}  // namespace jtr
