#include "parallel/communicator.h"

namespace jtr {

Registry<Communicator, CommunicatorSetting>& Communicator::registry() {
  static Registry<Communicator, CommunicatorSetting> all("communicator", "name");
  return all;
}

}  // namespace jtr
