#include "abi/guard.h"
#include "io/safetensors.h"

struct jtr_checkpoint {
  std::map<std::string, std::string> metadata;
};

using namespace jtr;
using namespace jtr::abi;

extern "C" {

jtr_checkpoint* jtr_checkpoint_open(const char* path) {
  return guard_value<jtr_checkpoint*>(
      nullptr, [&] { return new jtr_checkpoint{io::SafetensorsFile(checked_path(path)).metadata()}; });
}

void jtr_checkpoint_destroy(jtr_checkpoint* checkpoint) { delete checkpoint; }

int32_t jtr_checkpoint_entry_count(const jtr_checkpoint* checkpoint) {
  return guard_value<int32_t>(-1,
                              [&] { return static_cast<int32_t>(deref(checkpoint, "checkpoint").metadata.size()); });
}

jtr_status jtr_checkpoint_get_entry(const jtr_checkpoint* checkpoint, int32_t index, jtr_metadata_entry* entry) {
  return guard([&] {
    const auto& metadata = deref(checkpoint, "checkpoint").metadata;
    OutStruct<jtr_metadata_entry> out(entry, "entry");
    const int32_t count = static_cast<int32_t>(metadata.size());
    require(index >= 0 && index < count, "index", index, " is not in 0 to ", count - 1);
    const auto found = std::next(metadata.begin(), index);
    out->key = found->first.c_str();
    out->value = found->second.c_str();
    out.store();
  });
}

}  // extern "C"
