// The library's own exception: what jtr_last_error reports, thrown inside.
#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "jtr/jtr.h"

namespace jtr {

class Error : public std::runtime_error {
 public:
  Error(jtr_status status, const std::string& message) : std::runtime_error(message), status_(status) {}

  /// The argument or field at fault, as in "batch.images".
  Error&& with_field(std::string field) && {
    field_ = std::move(field);
    return std::move(*this);
  }

  /// The file at fault, and where in it (-1: nowhere in particular).
  Error&& with_path(std::string path, int64_t offset = -1) && {
    path_ = std::move(path);
    offset_ = offset;
    return std::move(*this);
  }

  /// NON_FINITE: the term, and the samples of the batch that it was found in.
  Error&& with_term(std::string term, std::vector<int64_t> samples) && {
    term_ = std::move(term);
    samples_ = std::move(samples);
    return std::move(*this);
  }

  jtr_status status() const { return status_; }
  const std::string& field() const { return field_; }
  const std::string& path() const { return path_; }
  int64_t offset() const { return offset_; }
  const std::string& term() const { return term_; }
  const std::vector<int64_t>& samples() const { return samples_; }

 private:
  jtr_status status_;
  std::string field_;
  std::string path_;
  int64_t offset_ = -1;
  std::string term_;
  std::vector<int64_t> samples_;
};

/// Joins its arguments as a stream would print them.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws INVALID_ARGUMENT about `field` unless `condition` holds.
template <typename... Parts>
void require(bool condition, const char* field, const Parts&... message) {
  if (!condition) throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": ", message...)).with_field(field);
}

}  // namespace jtr
