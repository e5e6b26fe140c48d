// The safetensors format: an 8-byte little-endian length, a JSON header, then the data.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace jtr::io {

struct NamedData {
  std::string name;
  at::Tensor tensor;  // contiguous, on the host
};

/// Writes to a temporary file beside `path`, flushes it to the disk and renames it, so that `path` is never half a
/// file.
void write_safetensors(const std::string& path, const std::vector<NamedData>& tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata);

/// Where a tensor lies in a file.
struct TensorPlace {
  at::ScalarType dtype;
  std::vector<int64_t> sizes;
  int64_t begin;  // in the file, in bytes
  int64_t bytes;
};

/// A file whose header has been read and checked in full: names, shapes, types and places agree with its length.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// A metadata value, "" where there is none.
  const std::string& metadata_value(const std::string& key) const;
  const std::map<std::string, TensorPlace>& tensors() const { return tensors_; }
  /// A tensor by its name, or null.
  const TensorPlace* find(const std::string& name) const;
  at::Tensor read(const TensorPlace& place) const;

 private:
  std::string path_;
  mutable std::ifstream stream_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, TensorPlace> tensors_;
};

}  // namespace jtr::io
