// The rules. A new rule is a new file beside this one and a line here.
#include "balancing/balancing.h"
#include "error.h"

namespace jtr {
namespace {

struct Rule {
  const char* name;
  std::unique_ptr<Balancing> (*make)(const BalancingOptions&, int64_t, uint64_t);
};

constexpr Rule kRules[] = {
    {"equal", make_equal}, {"fixed", make_fixed},   {"uncertainty", make_uncertainty},
    {"dwa", make_dwa},     {"random", make_random}, {"pcgrad", make_pcgrad},
};

}  // namespace

const std::vector<const char*>& balancing_names() {
  static const std::vector<const char*> all = [] {
    std::vector<const char*> names;
    for (const Rule& rule : kRules) names.push_back(rule.name);
    return names;
  }();
  return all;
}

std::unique_ptr<Balancing> make_balancing(const BalancingOptions& options, int64_t tasks, uint64_t seed) {
  std::string names;
  for (const Rule& rule : kRules) {
    if (options.name == rule.name) return rule.make(options, tasks, seed);
    names += (names.empty() ? "" : ", ") + std::string(rule.name);
  }
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text("balancing.name: '", options.name, "' is none of ", names))
      .with_field("balancing.name");
}

}  // namespace jtr
