// Options: a struct whose members are visited one by one, each with name, range and a sentence of documentation. One
// visit() serves for reading a JSON document, for writing it and for its schema, so that nothing is said twice:
//
//   struct Options {
//     double weight = 1;
//     void visit(OptionVisitor& v) { v.number("weight", weight, at_least(0), "Weight of the term."); }
//   };
//
// A member's value before the visit is its default. A method void check(const std::string& path) const, where there is
// one, is called after reading and throws about what several members say together.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "options/json.h"

namespace jtr {

/// The numbers that an option may have.
struct Range {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
  bool above = false;  // lowest itself is not allowed
  bool below = false;  // highest itself is not allowed

  bool holds(double value) const;
  /// "0 or more", "above 0", "in [0, 1)", ...
  std::string in_words() const;
};

inline Range any_number() { return {}; }
inline Range at_least(double lowest) {
  Range range;
  range.lowest = lowest;
  return range;
}
inline Range above(double lowest) {
  Range range = at_least(lowest);
  range.above = true;
  return range;
}
/// [lowest, highest]
inline Range within(double lowest, double highest) {
  Range range = at_least(lowest);
  range.highest = highest;
  return range;
}
/// [lowest, highest)
inline Range below(double lowest, double highest) {
  Range range = within(lowest, highest);
  range.below = true;
  return range;
}
/// (lowest, highest]
inline Range above_to(double lowest, double highest) {
  Range range = within(lowest, highest);
  range.above = true;
  return range;
}

/// One of several kinds, chosen by name, with that kind's own options: {"name": "adam", "beta1": 0.9}.
struct Variant {
  Json options;      // an object with the kind's name in it
  std::string path;  // where it stands in the document, for errors

  /// A variant that is written in code.
  static Variant of(const std::string& name, Json options = Json::object(), const char* key = "name");
};

/// The kinds that a variant may be; see registry.h.
class VariantRegistry {
 public:
  virtual ~VariantRegistry() = default;
  /// The key that names the kind: "name" or "kind".
  virtual const char* key() const = 0;
  /// What is chosen, in words, as in "method".
  virtual const char* what() const = 0;
  /// The kinds' names in their order.
  virtual std::vector<std::string> names() const = 0;
  /// The variant with every option that was left out at its default; throws about what is wrong with it.
  virtual Json full(const Json& part, const std::string& path) const = 0;
  /// The kinds' schemas: an array of objects for "oneOf".
  virtual Json schemas() const = 0;
};

class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;

  virtual void number(const char* name, double& value, const Range& range, const char* about) = 0;
  virtual void integer(const char* name, int64_t& value, const Range& range, const char* about) = 0;
  virtual void seed(const char* name, uint64_t& value, const char* about) = 0;
  virtual void flag(const char* name, bool& value, const char* about) = 0;
  /// Free text.
  virtual void word(const char* name, std::string& value, const char* about) = 0;
  /// Free texts, so many of them.
  virtual void words(const char* name, std::vector<std::string>& values, const Range& count, const char* about) = 0;
  virtual void numbers(const char* name, std::vector<double>& values, const Range& each, const char* about) = 0;
  virtual void variant(const char* name, Variant& value, const VariantRegistry& kinds, const char* about) = 0;
  virtual void variants(const char* name, std::vector<Variant>& values, const VariantRegistry& kinds,
                        const Range& count, const char* about) = 0;

  /// One of several words, each of which stands for a value of an enum.
  template <typename Enum>
  void choice(const char* name, Enum& value, const std::vector<std::pair<const char*, Enum>>& words,
              const char* about) {
    std::vector<std::string> names;
    size_t chosen = 0;
    for (const auto& [word, meaning] : words) {
      if (meaning == value) chosen = names.size();
      names.emplace_back(word);
    }
    choose(name, chosen, names, about);
    value = words[chosen].second;
  }

 protected:
  virtual void choose(const char* name, size_t& chosen, const std::vector<std::string>& words, const char* about) = 0;
};

namespace detail {

using Visit = std::function<void(OptionVisitor&)>;

void read(const Visit& visit, const Json& object, const std::string& path, const char* key);
Json write(const Visit& visit);
Json schema(const Visit& visit);

template <typename Options, typename = void>
struct HasCheck : std::false_type {};
template <typename Options>
struct HasCheck<Options, std::void_t<decltype(std::declval<const Options&>().check(std::string()))>> : std::true_type {
};

template <typename Options>
Visit visit_of(Options& options) {
  return [&options](OptionVisitor& visitor) { options.visit(visitor); };
}

}  // namespace detail

/// Reads a JSON object; what it leaves out keeps its default. Throws INVALID_ARGUMENT whose field is the path of the
/// key at fault: one that is not known, of another type or out of range. `key`: one that is passed over.
template <typename Options>
Options read_options(const Json& object, const std::string& path, const char* key = nullptr) {
  Options options;
  detail::read(detail::visit_of(options), object, path, key);
  if constexpr (detail::HasCheck<Options>::value) options.check(path);
  return options;
}

/// All options as a JSON object.
template <typename Options>
Json write_options(const Options& options) {
  Options copy = options;
  return detail::write(detail::visit_of(copy));
}

/// The JSON schema of the options: an object with "type", "properties" and "additionalProperties".
template <typename Options>
Json options_schema() {
  Options options;
  return detail::schema(detail::visit_of(options));
}

}  // namespace jtr
