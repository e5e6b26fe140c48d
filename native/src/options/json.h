// JSON text in and out, with errors that name a place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace jtr {

/// Keeps the order of keys as they were written.
using Json = nlohmann::ordered_json;

/// Parses a document; throws INVALID_ARGUMENT about `field` with the byte at fault. A key that stands twice is refused.
Json parse_json(const std::string& document, const std::string& field);

/// "; did you mean 'x'?" with the nearest of the names where one is near, else " (known: a, b, c)".
std::string suggestion(const std::string& name, const std::vector<std::string>& names);

/// "path.key", or "key" where the path is empty.
std::string join_path(const std::string& path, const std::string& key);

/// "an object", "a string", ...: what a value is, in words.
const char* type_in_words(const Json& value);

}  // namespace jtr
