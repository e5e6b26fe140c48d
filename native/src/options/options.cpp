#include "options/options.h"

#include <cmath>

#include "error.h"

namespace jtr {
namespace {

/// A number as a person writes it: "0.9", "64", "1e-08".
std::string plain(double value) { return text(value); }

/// Whole numbers without a point.
Json number_of(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value == std::floor(value) && std::abs(value) < kExact) return static_cast<int64_t>(value);
  return value;
}

Error refused(const std::string& path, const std::string& message) {
  return Error(JTR_STATUS_INVALID_ARGUMENT, text(path, ": ", message)).with_field(path);
}

class Reader final : public OptionVisitor {
 public:
  Reader(const Json& object, std::string path, const char* key) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) {
      throw refused(path_.empty() ? "options" : path_, text("must be an object, not ", type_in_words(object)));
    }
    if (key != nullptr) known_.emplace_back(key);
  }

  void number(const char* name, double& value, const Range& range, const char*) override {
    const Json* given = find(name);
    if (given != nullptr) value = checked_number(*given, join_path(path_, name), range);
  }

  void integer(const char* name, int64_t& value, const Range& range, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    const std::string path = join_path(path_, name);
    const double number = checked_number(*given, path, range);
    // Up to 2^53 a double holds every whole number; a larger integer is taken as it was written.
    constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
    const bool fits = given->is_number_float()      ? std::abs(number) < kTooLarge
                      : given->is_number_unsigned() ? given->get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                                                    : true;
    if (!fits) throw refused(path, text("is too large: ", given->dump()));
    if (number != std::floor(number)) throw refused(path, text("must be a whole number, not ", plain(number)));
    value = given->is_number_float() ? static_cast<int64_t>(number) : given->get<int64_t>();
  }

  void seed(const char* name, uint64_t& value, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_number_unsigned()) {
      throw refused(join_path(path_, name), text("must be a whole number of 0 or more, not ", given->dump()));
    }
    value = given->get<uint64_t>();
  }

  void flag(const char* name, bool& value, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_boolean()) throw wrong_type(name, "true or false", *given);
    value = given->get<bool>();
  }

  void word(const char* name, std::string& value, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_string()) throw wrong_type(name, "a string", *given);
    value = given->get<std::string>();
  }

  void words(const char* name, std::vector<std::string>& values, const Range& count, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_array()) throw wrong_type(name, "an array of strings", *given);
    const std::string path = join_path(path_, name);
    values.clear();
    for (const Json& value : *given) {
      if (!value.is_string()) {
        throw refused(text(path, "[", values.size(), "]"), text("must be a string, not ", type_in_words(value)));
      }
      values.push_back(value.get<std::string>());
    }
    check_count(path, count, values.size());
  }

  void numbers(const char* name, std::vector<double>& values, const Range& each, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_array()) throw wrong_type(name, "an array of numbers", *given);
    values.clear();
    for (const Json& value : *given) {
      values.push_back(checked_number(value, text(join_path(path_, name), "[", values.size(), "]"), each));
    }
  }

  void variant(const char* name, Variant& value, const VariantRegistry& kinds, const char*) override {
    const std::string path = join_path(path_, name);
    const Json* given = find(name);
    value = {kinds.full(given != nullptr ? *given : value.options, path), path};
  }

  void variants(const char* name, std::vector<Variant>& values, const VariantRegistry& kinds, const Range& count,
                const char*) override {
    const std::string path = join_path(path_, name);
    if (const Json* given = find(name)) {
      if (!given->is_array()) throw wrong_type(name, "an array", *given);
      values.clear();
      for (const Json& value : *given) {
        const std::string place = text(path, "[", values.size(), "]");
        values.push_back({kinds.full(value, place), place});
      }
    }
    check_count(path, count, values.size());
  }

  /// Throws about a key that no option has.
  void finish() const {
    for (const auto& entry : object_.items()) {
      const std::string& key = entry.key();
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        throw refused(join_path(path_, key), text("there is no such option", suggestion(key, known_)));
      }
    }
  }

 protected:
  void choose(const char* name, size_t& chosen, const std::vector<std::string>& words, const char*) override {
    const Json* given = find(name);
    if (given == nullptr) return;
    if (!given->is_string()) throw wrong_type(name, "a string", *given);
    const auto word = given->get<std::string>();
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
      throw refused(join_path(path_, name), text("'", word, "' is no choice", suggestion(word, words)));
    }
    chosen = static_cast<size_t>(found - words.begin());
  }

 private:
  const Json* find(const char* name) {
    known_.emplace_back(name);
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }

  Error wrong_type(const char* name, const char* wanted, const Json& given) const {
    return refused(join_path(path_, name), text("must be ", wanted, ", not ", type_in_words(given)));
  }

  static void check_count(const std::string& path, const Range& count, size_t given) {
    if (count.holds(static_cast<double>(given))) return;
    throw refused(path, text("their number must be ", count.in_words(), ", not ", given));
  }

  static double checked_number(const Json& given, const std::string& path, const Range& range) {
    if (!given.is_number()) throw refused(path, text("must be a number, not ", type_in_words(given)));
    const double value = given.get<double>();
    if (!range.holds(value)) throw refused(path, text("must be ", range.in_words(), ", not ", plain(value)));
    return value;
  }

  const Json& object_;
  std::string path_;
  std::vector<std::string> known_;
};

class Writer final : public OptionVisitor {
 public:
  void number(const char* name, double& value, const Range&, const char*) override { out[name] = value; }
  void integer(const char* name, int64_t& value, const Range&, const char*) override { out[name] = value; }
  void seed(const char* name, uint64_t& value, const char*) override { out[name] = value; }
  void flag(const char* name, bool& value, const char*) override { out[name] = value; }
  void word(const char* name, std::string& value, const char*) override { out[name] = value; }
  void words(const char* name, std::vector<std::string>& values, const Range&, const char*) override {
    out[name] = values;
  }
  void numbers(const char* name, std::vector<double>& values, const Range&, const char*) override {
    out[name] = values;
  }
  void variant(const char* name, Variant& value, const VariantRegistry&, const char*) override {
    out[name] = value.options;
  }
  void variants(const char* name, std::vector<Variant>& values, const VariantRegistry&, const Range&,
                const char*) override {
    Json all = Json::array();
    for (const Variant& value : values) all.push_back(value.options);
    out[name] = std::move(all);
  }

  Json out = Json::object();

 protected:
  void choose(const char* name, size_t& chosen, const std::vector<std::string>& words, const char*) override {
    out[name] = words[chosen];
  }
};

class SchemaWriter final : public OptionVisitor {
 public:
  void number(const char* name, double& value, const Range& range, const char* about) override {
    Json& property = add(name, "number", about);
    add_range(property, range);
    property["default"] = number_of(value);
  }
  void integer(const char* name, int64_t& value, const Range& range, const char* about) override {
    Json& property = add(name, "integer", about);
    add_range(property, range);
    property["default"] = value;
  }
  void seed(const char* name, uint64_t& value, const char* about) override {
    Json& property = add(name, "integer", about);
    property["minimum"] = 0;
    property["default"] = value;
  }
  void flag(const char* name, bool& value, const char* about) override {
    add(name, "boolean", about)["default"] = value;
  }
  void word(const char* name, std::string& value, const char* about) override {
    add(name, "string", about)["default"] = value;
  }
  void words(const char* name, std::vector<std::string>& values, const Range& count, const char* about) override {
    Json& property = add(name, "array", about);
    property["items"] = {{"type", "string"}};
    add_count(property, count);
    property["default"] = values;
  }
  void numbers(const char* name, std::vector<double>& values, const Range& each, const char* about) override {
    Json& property = add(name, "array", about);
    property["items"] = {{"type", "number"}};
    add_range(property["items"], each);
    property["default"] = values;
  }
  void variant(const char* name, Variant& value, const VariantRegistry& kinds, const char* about) override {
    Json& property = properties[name];
    property["description"] = about;
    property["oneOf"] = kinds.schemas();
    property["default"] = value.options;
  }
  void variants(const char* name, std::vector<Variant>&, const VariantRegistry& kinds, const Range& count,
                const char* about) override {
    Json& property = add(name, "array", about);
    property["items"] = {{"oneOf", kinds.schemas()}};
    add_count(property, count);
  }

  Json properties = Json::object();

 protected:
  void choose(const char* name, size_t& chosen, const std::vector<std::string>& words, const char* about) override {
    Json& property = add(name, "string", about);
    property["enum"] = words;
    property["default"] = words[chosen];
  }

 private:
  Json& add(const char* name, const char* type, const char* about) {
    Json& property = properties[name];
    property["type"] = type;
    property["description"] = about;
    return property;
  }

  static void add_count(Json& property, const Range& count) {
    property["minItems"] = static_cast<int64_t>(count.lowest);
    property["maxItems"] = static_cast<int64_t>(count.highest);
  }

  static void add_range(Json& property, const Range& range) {
    if (std::isfinite(range.lowest)) property[range.above ? "exclusiveMinimum" : "minimum"] = number_of(range.lowest);
    if (std::isfinite(range.highest)) property[range.below ? "exclusiveMaximum" : "maximum"] = number_of(range.highest);
  }
};

}  // namespace

bool Range::holds(double value) const {
  // Written so that NaN fails.
  return std::isfinite(value) && (above ? value > lowest : value >= lowest) &&
         (below ? value < highest : value <= highest);
}

std::string Range::in_words() const {
  const bool has_lowest = std::isfinite(lowest), has_highest = std::isfinite(highest);
  if (has_lowest && has_highest) {
    return text("in ", above ? "(" : "[", plain(lowest), ", ", plain(highest), below ? ")" : "]");
  }
  if (has_lowest) return above ? text("above ", plain(lowest)) : text(plain(lowest), " or more");
  if (has_highest) return below ? text("below ", plain(highest)) : text(plain(highest), " or less");
  return "a finite number";
}

Variant Variant::of(const std::string& name, Json options, const char* key) {
  Json object = Json::object();
  object[key] = name;
  for (const auto& entry : options.items()) object[entry.key()] = entry.value();
  return {std::move(object), ""};
}

namespace detail {

void read(const Visit& visit, const Json& object, const std::string& path, const char* key) {
  Reader reader(object, path, key);
  visit(reader);
  reader.finish();
}

Json write(const Visit& visit) {
  Writer writer;
  visit(writer);
  return std::move(writer.out);
}

Json schema(const Visit& visit) {
  SchemaWriter writer;
  visit(writer);
  return {{"type", "object"}, {"properties", std::move(writer.properties)}, {"additionalProperties", false}};
}

}  // namespace detail
}  // namespace jtr
