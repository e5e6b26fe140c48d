// One level of a pyramid of features.
#pragma once

#include <cstdint>

namespace jtr {

struct Level {
  int64_t channels;
  int64_t stride;  // of the image's rows for one of the level's
};

}  // namespace jtr
