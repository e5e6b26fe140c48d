// What each task file gives to the registry.
#pragma once

#include <memory>

#include "tasks/task.h"

namespace jtr {

std::unique_ptr<Task> make_segmentation(const TaskSpec& spec);
std::unique_ptr<Task> make_depth(const TaskSpec& spec);
std::unique_ptr<Task> make_normals(const TaskSpec& spec);
std::unique_ptr<Task> make_map(const TaskSpec& spec);

}  // namespace jtr
