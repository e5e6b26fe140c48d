// Where every field of every struct of jtr.h lies, for the test that compares generated bindings with the library. The
// list itself is written by cmake/JtrLayout.cmake from the header.
#include <cstddef>

#include "abi/guard.h"

using namespace jtr;
using namespace jtr::abi;

namespace {

struct Field {
  const char* struct_name;
  int64_t struct_bytes;
  const char* field_name;
  int64_t field_offset;
};

#define JTR_FIELD(type, field) {#type, sizeof(type), #field, offsetof(type, field)},

constexpr Field kFields[] = {
#include "jtr_layout.inc"
};

constexpr int32_t kFieldCount = static_cast<int32_t>(sizeof(kFields) / sizeof(kFields[0]));

}  // namespace

extern "C" {

int32_t jtr_field_layout_count(void) { return kFieldCount; }

jtr_status jtr_get_field_layout(int32_t index, jtr_field_layout* layout) {
  return guard([&] {
    OutStruct<jtr_field_layout> out(layout, "layout");
    require(index >= 0 && index < kFieldCount, "index", index, " is not in 0 to ", kFieldCount - 1);
    const Field& field = kFields[index];
    out->struct_name = field.struct_name;
    out->struct_bytes = field.struct_bytes;
    out->field_name = field.field_name;
    out->field_offset = field.field_offset;
    out.store();
  });
}

}  // extern "C"
