// Kinds that register themselves: a new task, network, method, rule, optimiser or schedule is one new file.
//
// A kind is a class, derived from the interface of its registry, with
//
//   static constexpr char kName[] = "adam";                     // how the document names it
//   static constexpr char kSummary[] = "Adam (...).";           // one sentence
//   static constexpr char kSource[] = "Kingma and Ba 2015";     // optional: where it comes from
//   static constexpr int kPlace = 1;                            // its place in lists
//   struct Options { ...; void visit(OptionVisitor&); };
//   static Json facts();                                        // optional: what callers must know before they make
//   one Kind(const Options&, const Setting&);
//
// and, in its file, static const Registered<Kind> registered;
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.h"
#include "options/options.h"

namespace jtr {

/// What a registry keeps of one kind.
struct KindInfo {
  std::string name, summary, source;
  int place;
  // Functions, since other registries may not be complete while this one is filled.
  Json (*facts)();
  Json (*schema)();
  Json (*full)(const Json& part, const std::string& path, const char* key);
};

namespace detail {

template <typename Kind, typename = void>
struct SourceOf {
  static const char* value() { return ""; }
};
template <typename Kind>
struct SourceOf<Kind, std::void_t<decltype(Kind::kSource)>> {
  static const char* value() { return Kind::kSource; }
};

template <typename Kind, typename = void>
struct FactsOf {
  static Json value() { return Json::object(); }
};
template <typename Kind>
struct FactsOf<Kind, std::void_t<decltype(Kind::facts())>> {
  static Json value() { return Kind::facts(); }
};

/// The name of the kind that a variant asks for; throws about its path.
std::string kind_of(const Json& part, const std::string& path, const VariantRegistry& registry);
/// A kind's schema, with its name, summary, source and facts.
Json kind_schema(const KindInfo& kind, const char* key);

template <typename Kind>
KindInfo kind_info() {
  return {Kind::kName,
          Kind::kSummary,
          SourceOf<Kind>::value(),
          Kind::kPlace,
          FactsOf<Kind>::value,
          options_schema<typename Kind::Options>,
          [](const Json& part, const std::string& path, const char* key) {
            Json full = Json::object();
            full[key] = Kind::kName;
            const Json options = write_options(read_options<typename Kind::Options>(part, path, key));
            for (const auto& entry : options.items()) full[entry.key()] = entry.value();
            return full;
          }};
}

}  // namespace detail

/// All kinds of one interface, in the order of their places.
template <typename Interface, typename Setting>
class Registry final : public VariantRegistry {
 public:
  Registry(const char* what, const char* key) : what_(what), key_(key) {}

  template <typename Kind>
  void add() {
    Entry entry{detail::kind_info<Kind>(),
                [](const Json& part, const std::string& path, const char* key,
                   const Setting& setting) -> std::unique_ptr<Interface> {
                  return std::make_unique<Kind>(read_options<typename Kind::Options>(part, path, key), setting);
                }};
    const auto after = std::find_if(entries_.begin(), entries_.end(),
                                    [&entry](const Entry& other) { return other.info.place > entry.info.place; });
    entries_.insert(after, std::move(entry));
  }

  /// The variant's kind, made from its options.
  std::unique_ptr<Interface> make(const Variant& variant, const Setting& setting) const {
    return find(variant.options, variant.path).make(variant.options, variant.path, key_, setting);
  }
  /// What is known of the variant's kind.
  const KindInfo& info(const Variant& variant) const { return find(variant.options, variant.path).info; }
  /// What is known of a kind; throws about `field` where there is none of that name.
  const KindInfo& info(const std::string& name, const std::string& field) const {
    return find(Variant::of(name, Json::object(), key_).options, field).info;
  }

  const char* key() const override { return key_; }
  const char* what() const override { return what_; }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const Entry& entry : entries_) all.push_back(entry.info.name);
    return all;
  }
  Json full(const Json& part, const std::string& path) const override {
    return find(part, path).info.full(part, path, key_);
  }
  Json schemas() const override {
    Json all = Json::array();
    for (const Entry& entry : entries_) all.push_back(detail::kind_schema(entry.info, key_));
    return all;
  }

 private:
  struct Entry {
    KindInfo info;
    std::unique_ptr<Interface> (*make)(const Json&, const std::string&, const char*, const Setting&);
  };

  const Entry& find(const Json& part, const std::string& path) const {
    const std::string name = detail::kind_of(part, path, *this);
    return *std::find_if(entries_.begin(), entries_.end(),
                         [&name](const Entry& entry) { return entry.info.name == name; });
  }

  const char* what_;
  const char* key_;
  std::vector<Entry> entries_;
};

/// Puts a kind into its interface's registry while the library is loaded: static const Registered<Kind> registered;
template <typename Kind>
struct Registered {
  Registered() { Kind::registry().template add<Kind>(); }
};

}  // namespace jtr
