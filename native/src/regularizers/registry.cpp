// The methods. A new method is a new file beside this one and a line here.
#include "error.h"
#include "regularizers/regularizer.h"

namespace jtr {

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {"supervised", 1, make_supervised},
      {"jtr", 3, make_joint_task},
  };
  return all;
}

const Method& find_method(const std::string& name) {
  std::string names;
  for (const Method& method : methods()) {
    if (name == method.name) return method;
    names += (names.empty() ? "" : ", ") + std::string(method.name);
  }
  throw Error(JTR_STATUS_INVALID_ARGUMENT, text("method: '", name, "' is none of ", names)).with_field("method");
}

}  // namespace jtr
