// The kinds of task. A new kind is a new file beside this one and a line here.
#include "error.h"
#include "tasks/kinds.h"

namespace jtr {

std::unique_ptr<Task> make_task(const TaskSpec& spec) {
  switch (spec.kind) {
    case JTR_TASK_KIND_SEGMENTATION:
      return make_segmentation(spec);
    case JTR_TASK_KIND_DEPTH:
      return make_depth(spec);
    case JTR_TASK_KIND_NORMALS:
      return make_normals(spec);
    case JTR_TASK_KIND_MAP:
      return make_map(spec);
  }
  throw Error(JTR_STATUS_INVALID_ARGUMENT,
              text("tasks.kind: ", static_cast<int>(spec.kind), " is no kind of task (0 to 3)"))
      .with_field("tasks.kind");
}

}  // namespace jtr
