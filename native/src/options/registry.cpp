#include "options/registry.h"

namespace jtr::detail {

std::string kind_of(const Json& part, const std::string& path, const VariantRegistry& registry) {
  const auto refuse = [](const std::string& field, const std::string& message) {
    throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": ", message)).with_field(field);
  };
  const std::vector<std::string> names = registry.names();
  if (!part.is_object())
    refuse(path, text("must be an object with a '", registry.key(), "', not ", type_in_words(part)));
  const auto found = part.find(registry.key());
  const std::string field = join_path(path, registry.key());
  if (found == part.end()) refuse(field, text("is missing: which ", registry.what(), suggestion("", names)));
  if (!found->is_string()) refuse(field, text("must be a string, not ", type_in_words(*found)));
  const auto name = found->get<std::string>();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    refuse(field, text("there is no ", registry.what(), " '", name, "'", suggestion(name, names)));
  }
  return name;
}

Json kind_schema(const KindInfo& kind, const char* key) {
  Json schema = kind.schema();
  Json properties = Json::object();
  properties[key] = {{"const", kind.name}};
  const Json own = schema["properties"];
  for (const auto& entry : own.items()) properties[entry.key()] = entry.value();
  schema["title"] = kind.name;
  schema["description"] = kind.summary;
  if (!kind.source.empty()) schema["x-source"] = kind.source;
  const Json facts = kind.facts();
  if (!facts.empty()) schema["x-facts"] = facts;
  schema["properties"] = std::move(properties);
  schema["required"] = Json::array({key});
  return schema;
}

}  // namespace jtr::detail
