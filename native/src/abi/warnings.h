// libtorch's warnings to the log callback, where they would go to stderr.
#pragma once

#include "compat.h"

namespace jtr::abi {

/// While it lives, warnings of the calling thread go to the log.
class WarningsToLog {
 public:
  WarningsToLog();

 private:
  WarningHandlerGuard guard_;
};

}  // namespace jtr::abi
