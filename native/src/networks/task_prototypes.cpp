#include "networks/task_prototypes.h"

#include <cmath>

#include "error.h"
#include "precision.h"

namespace jtr {
namespace {

constexpr char kVectors[] = "prototypes.vectors", kRead[] = "prototypes.read", kWrite[] = "prototypes.write";

}  // namespace

TaskPrototypes::TaskPrototypes(ParameterStore& store, const TaskSet& tasks, const std::vector<size_t>& predicted,
                               const Shape& shape)
    : store_(store), shape_(shape) {
  if (empty()) return;
  const int64_t d = shape.dimension;
  // The other weights' first values are what they are without prototypes.
  store.count_apart(true);
  vectors_ = store.add_parameter(kVectors, {static_cast<int64_t>(predicted.size()), d, 1, 1});
  for (const size_t t : predicted) {
    const Extent extent = tasks[t].extent();
    const int64_t c = extent == Extent::kPixel ? shape.pixel_channels : shape.image_channels;
    Part part{extent, std::to_string(t + 1), -1, -1, -1, -1};
    part.read_weight = store.add_parameter(kRead + part.number + ".weight", {d, c, 1, 1});
    part.read_bias = store.add_parameter(kRead + part.number + ".bias", {d});
    part.write_weight = store.add_parameter(kWrite + part.number + ".weight", {c, d, 1, 1});
    part.write_bias = store.add_parameter(kWrite + part.number + ".bias", {c});
    (extent == Extent::kPixel ? pixels_ : images_).push_back(parts_.size());
    parts_.push_back(part);
  }
  store.count_apart(false);
}

void TaskPrototypes::initialize(uint64_t seed, uint32_t stream) {
  if (empty()) return;
  store_.xavier_normal(vectors_, seed, stream);
  for (const Part& part : parts_) {
    store_.he_normal(part.read_weight, seed, stream);
    for (const int64_t i : {part.read_bias, part.write_weight, part.write_bias}) store_.frozen(i).zero_();
  }
}

void TaskPrototypes::add_pixel_weights(std::vector<at::Tensor>& weights) const {
  if (empty()) return;
  weights.push_back(store_.parameter(vectors_));
  for (const size_t t : pixels_) {
    const Part& part = parts_[t];
    for (const int64_t i : {part.read_weight, part.read_bias, part.write_weight, part.write_bias})
      weights.push_back(store_.parameter(i));
  }
}

at::Tensor TaskPrototypes::features(const Part& part, const at::Tensor& x, bool trainable) const {
  return at::conv2d(x, weight(part.read_weight, trainable), weight(part.read_bias, trainable)).relu();
}

at::Tensor TaskPrototypes::affinities(const at::Tensor& features, bool trainable) const {
  return at::conv2d(features, weight(vectors_, trainable)) / std::sqrt(static_cast<double>(shape_.dimension));
}

at::Tensor TaskPrototypes::retrieved(const at::Tensor& affinities, const std::vector<at::Tensor>& features) {
  const at::Tensor shares = at::softmax(affinities, 1);
  at::Tensor sum;
  for (size_t s = 0; s < features.size(); ++s) {
    const at::Tensor part = shares.narrow(1, static_cast<int64_t>(s), 1) * features[s];
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

at::Tensor TaskPrototypes::read_images(const at::Tensor& pooled, bool trainable) const {
  std::vector<at::Tensor> all;
  const at::Tensor map = pooled.unsqueeze(2).unsqueeze(3);
  for (const size_t t : images_) all.push_back(features(parts_[t], map, trainable));
  return all.empty() ? at::Tensor{} : at::stack(all, 1);
}

TaskPrototypes::Pixels TaskPrototypes::refine(const at::Tensor& map, const at::Tensor& images, bool trainable) const {
  const at::Tensor x = in_full(map);
  std::vector<at::Tensor> all(parts_.size()), means, affinities_of;
  for (size_t i = 0; i < images_.size(); ++i) all[images_[i]] = images.select(1, static_cast<int64_t>(i));
  for (const size_t t : pixels_) {
    all[t] = features(parts_[t], x, trainable);
    means.push_back(all[t].mean({2, 3}));
  }
  Pixels result;
  for (const size_t t : pixels_) {
    const at::Tensor own = affinities(all[t], trainable);
    affinities_of.push_back(own.mean({2, 3}));
    const Part& part = parts_[t];
    const at::Tensor more =
        at::conv2d(retrieved(own, all), weight(part.write_weight, trainable), weight(part.write_bias, trainable));
    result.maps.push_back((x + more).to(map.scalar_type()).contiguous(map.suggest_memory_format()));
  }
  result.means = at::stack(means, 1);
  result.affinities = at::stack(affinities_of, 1);
  return result;
}

TaskPrototypes::Images TaskPrototypes::refine_images(const at::Tensor& pooled, const at::Tensor& images,
                                                     const at::Tensor& means, bool trainable) const {
  const auto as_map = [](const at::Tensor& x) { return x.unsqueeze(2).unsqueeze(3); };
  std::vector<at::Tensor> all(parts_.size()), affinities_of;
  for (size_t i = 0; i < pixels_.size(); ++i) all[pixels_[i]] = as_map(means.select(1, static_cast<int64_t>(i)));
  for (size_t i = 0; i < images_.size(); ++i) all[images_[i]] = images.select(1, static_cast<int64_t>(i));
  Images result;
  for (const size_t t : images_) {
    const at::Tensor own = affinities(all[t], trainable);
    affinities_of.push_back(own.flatten(1));
    const Part& part = parts_[t];
    const at::Tensor more =
        at::conv2d(retrieved(own, all), weight(part.write_weight, trainable), weight(part.write_bias, trainable));
    result.pooled.push_back(pooled + more.flatten(1));
  }
  if (!affinities_of.empty()) result.affinities = at::stack(affinities_of, 1);
  return result;
}

at::Tensor TaskPrototypes::joined(const at::Tensor& of_pixels, const at::Tensor& of_images) const {
  std::vector<at::Tensor> rows(parts_.size());
  for (size_t i = 0; i < pixels_.size(); ++i) rows[pixels_[i]] = of_pixels.select(1, static_cast<int64_t>(i));
  for (size_t i = 0; i < images_.size(); ++i) rows[images_[i]] = of_images.select(1, static_cast<int64_t>(i));
  return at::stack(rows, 1);
}

TaskPrototypes::Written TaskPrototypes::write_images(GraphWriter& graph, const std::string& pooled) const {
  Written written{std::vector<std::string>(parts_.size())};
  for (const size_t t : images_) {
    const std::string name = kRead + parts_[t].number;
    written.features[t] = graph.relu(graph.convolve(pooled, name + ".weight", name + ".bias", {1, 1, 1}));
  }
  return written;
}

std::string TaskPrototypes::retrieve(GraphWriter& graph, size_t task, const std::vector<std::string>& features) const {
  const size_t count = parts_.size();
  std::vector<int64_t> order;
  for (size_t s = 0; s < count; ++s) order.push_back(static_cast<int64_t>(s));
  const std::vector<double> scale(count, 1 / std::sqrt(static_cast<double>(shape_.dimension)));
  const std::string affinities = graph.channel_affine(graph.convolve(features[task], kVectors, "", {1, 1, 1}), order,
                                                      scale, std::vector<double>(count, 0));
  const std::string shares = graph.softmax(affinities);
  std::string sum;
  for (size_t s = 0; s < count; ++s) {
    const std::string part = graph.multiply(graph.channel_affine(shares, {order[s]}, {1}, {0}), features[s]);
    sum = sum.empty() ? part : graph.add(sum, part);
  }
  const std::string name = kWrite + parts_[task].number;
  return graph.convolve(sum, name + ".weight", name + ".bias", {1, 1, 1});
}

std::vector<std::string> TaskPrototypes::write_pixels(GraphWriter& graph, const std::string& map,
                                                      Written& written) const {
  for (const size_t t : pixels_) {
    const std::string name = kRead + parts_[t].number;
    written.features[t] = graph.relu(graph.convolve(map, name + ".weight", name + ".bias", {1, 1, 1}));
  }
  std::vector<std::string> maps;
  for (const size_t t : pixels_) maps.push_back(graph.add(map, retrieve(graph, t, written.features)));
  return maps;
}

std::vector<std::string> TaskPrototypes::refine_images(GraphWriter& graph, const std::string& pooled,
                                                       const Written& written) const {
  std::vector<std::string> features = written.features, all;
  if (!images_.empty()) {
    for (const size_t t : pixels_) features[t] = graph.mean(features[t]);
  }
  for (const size_t t : images_) all.push_back(graph.add(pooled, retrieve(graph, t, features)));
  return all;
}

}  // namespace jtr
