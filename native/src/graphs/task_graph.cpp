#include "graphs/task_graph.h"

namespace jtr {

Registry<TaskGraph, TaskGraphSetting>& TaskGraph::registry() {
  static Registry<TaskGraph, TaskGraphSetting> all("task graph", "name");
  return all;
}

}  // namespace jtr
