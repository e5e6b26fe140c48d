// Reads the .npz files of the golden tests: a zip of .npy, version 1, little-endian, row-major.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace jtr::test {

/// All arrays of a file by their names (without ".npy"), in double: exact for the formats of the golden files. Throws
/// std::runtime_error where the file is not that.
std::map<std::string, at::Tensor> read_npz(const std::string& path);

}  // namespace jtr::test
