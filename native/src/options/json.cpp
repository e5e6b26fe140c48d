#include "options/json.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "error.h"

namespace jtr {
namespace {

/// Number of single-character changes, or exchanges of neighbours, that turn one name into the other.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), row[j] + 1, next[j - 1] + 1});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return row.back();
}

Error bad_json(const std::string& field, const std::string& message) {
  return Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": ", message)).with_field(field);
}

/// The library's message without the number that it begins with.
std::string without_prefix(const std::string& what) {
  const size_t end = what.find("] ");
  return end == std::string::npos ? what : what.substr(end + 2);
}

}  // namespace

Json parse_json(const std::string& document, const std::string& field) {
  std::vector<std::set<std::string>> keys;  // of each object that is open
  std::string twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second && twice.empty()) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    Json parsed = Json::parse(document, watch);
    if (!twice.empty()) throw bad_json(field, text("the key '", twice, "' stands twice in one object"));
    return parsed;
  } catch (const Json::exception& e) {
    throw bad_json(field, text("is no JSON: ", without_prefix(e.what())));
  }
}

std::string suggestion(const std::string& name, const std::vector<std::string>& names) {
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const size_t distance = edit_distance(name, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = &candidate;
  }
  if (nearest != nullptr) return text("; did you mean '", *nearest, "'?");
  if (names.empty()) return " (none is known)";
  std::string all;
  for (const std::string& candidate : names) all += (all.empty() ? "" : ", ") + candidate;
  return text(" (known: ", all, ")");
}

std::string join_path(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

const char* type_in_words(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return "a number";
    default:
      return "something else";
  }
}

}  // namespace jtr
