// The methods. A new method is a new file beside this one and a line here.
#include "error.h"
#include "regularizers/regularizer.h"

namespace jtr {
namespace {

int64_t no_noise(int64_t) { return 0; }
int64_t joint_task_noise(int64_t) { return 5; }
// A sample with an unlabelled source has at most all other tasks labelled.
int64_t pair_noise(int64_t tasks) { return tasks - 1; }

}  // namespace

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {"supervised", 1, 1, no_noise, make_supervised},         {"single_task", 1, 1, no_noise, make_single_task},
      {"consistency", 2, 1, no_noise, make_consistency},       {"direct_map", 2, 2, no_noise, make_direct_map},
      {"perceptual_map", 2, 2, no_noise, make_perceptual_map}, {"mtpsl", 2, 2, pair_noise, make_mtpsl},
      {"jtr", 3, 1, joint_task_noise, make_joint_task},
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

std::unique_ptr<Regularizer> make_method(const std::string& name, const RegularizerOptions& options) {
  const Method& method = find_method(name);
  const int64_t tasks = static_cast<int64_t>(options.tasks->size());
  require(tasks >= method.min_tasks, "tasks", "the method '", name, "' relates tasks in pairs and needs ",
          method.min_tasks, " tasks or more, not ", tasks);
  return method.make(options);
}

}  // namespace jtr
