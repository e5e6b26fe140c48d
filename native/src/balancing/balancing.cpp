#include "balancing/balancing.h"

namespace jtr {

Registry<Balancing, BalancingSetting>& Balancing::registry() {
  static Registry<Balancing, BalancingSetting> all("balancing rule", "name");
  return all;
}

}  // namespace jtr
