#include "methods/method.h"

#include "error.h"

namespace jtr {

Registry<Method, MethodSetting>& Method::registry() {
  static Registry<Method, MethodSetting> all("method", "name");
  return all;
}

void Method::require_tasks(const char* method, const MethodSetting& setting, int64_t least) {
  const int64_t tasks = static_cast<int64_t>(setting.tasks->size());
  require(tasks >= least, "tasks", "the method '", method, "' relates tasks in pairs and needs ", least,
          " tasks or more, not ", tasks);
}

void Method::require_joint_space(const char* method, const MethodSetting& setting, bool takes_image_tasks) {
  for (size_t t = 0; t < setting.tasks->size(); ++t) {
    const Task& task = (*setting.tasks)[t];
    const std::string field = text("tasks[", t, "].kind");
    require(task.extent() == Extent::kPixel || takes_image_tasks, field.c_str(), "task '", task.name(),
            "': the method '", method, "' relates tasks of pixels, and the kind '", task.kind(),
            "' is of the whole image");
    require(task.in_joint_space(), field.c_str(), "task '", task.name(), "': the method '", method,
            "' has no place for the kind '", task.kind(), "'");
  }
}

}  // namespace jtr
