#include "networks/backbones/backbone.h"

namespace jtr {

Registry<Backbone, BackboneSetting>& Backbone::registry() {
  static Registry<Backbone, BackboneSetting> all("backbone", "name");
  return all;
}

}  // namespace jtr
