#include "domains/domain_weights.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "error.h"
#include "options/json.h"

namespace jtr {
namespace {

int64_t place_of(const std::vector<std::string>& names, const std::string& name, const char* what, const char* field) {
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), field, "there is no ", what, " '", name, "'", suggestion(name, names));
  return found - names.begin();
}

}  // namespace

DomainWeights::DomainWeights(const std::vector<std::string>& given, const std::vector<std::string>& domains,
                             const TaskSet& tasks, const std::vector<std::string>& methods)
    : tasks_(static_cast<int64_t>(tasks.size())) {
  if (given.empty() || domains.size() < 2) return;
  std::vector<std::string> terms;
  for (size_t t = 0; t < tasks.size(); ++t) terms.push_back(tasks[t].name());
  terms.insert(terms.end(), methods.begin(), methods.end());
  at::Tensor all =
      at::full({static_cast<int64_t>(domains.size()), static_cast<int64_t>(terms.size())}, -1, at::kDouble);
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string field = text("domain_weights[", i, "]");
    const std::string& said = given[i];
    const size_t equals = said.rfind('='), colon = said.rfind(':', equals);
    require(equals != std::string::npos && colon != std::string::npos, field.c_str(),
            "must be DOMAIN:TERM=WEIGHT, not '", said, "'");
    const char* number = said.c_str() + equals + 1;
    char* end = nullptr;
    const double weight = std::strtod(number, &end);
    require(end != number && *end == '\0' && std::isfinite(weight) && weight >= 0, field.c_str(),
            "the weight must be a number of 0 or more, not '", number, "'");
    const int64_t domain = place_of(domains, said.substr(0, colon), "domain", field.c_str());
    const int64_t term = place_of(terms, said.substr(colon + 1, equals - colon - 1), "task or method", field.c_str());
    require(all[domain][term].item<double>() < 0, field.c_str(), "'", said.substr(0, equals), "' is there twice");
    all[domain][term].fill_(weight);
  }
  store_.add_buffer("weights", {all.size(0), all.size(1)});
  store_.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  store_.buffer(0).copy_(at::where(all.lt(0), at::ones_like(all), all));
}

at::Tensor DomainWeights::of_samples(const std::vector<int64_t>& domains) const {
  return store_.buffer(0).index_select(0, at::tensor(domains, at::kLong));
}

at::Tensor DomainWeights::of_tasks(const std::vector<int64_t>& domains) const {
  return of_samples(domains).narrow(1, 0, tasks_);
}

at::Tensor DomainWeights::of_method(size_t method, const std::vector<int64_t>& domains) const {
  if (empty()) return {};
  const at::Tensor factors = of_samples(domains).select(1, tasks_ + static_cast<int64_t>(method));
  return factors.eq(1).all().item<bool>() ? at::Tensor{} : factors.clone();
}

}  // namespace jtr
