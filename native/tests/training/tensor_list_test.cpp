// Lists of named tensors.
#include "training/tensor_list.h"

#include "networks/parameters.h"
#include "support.h"

namespace jtr {
namespace {

TEST(TensorList, RefusesAnEntryThatIsThereAlready) {
  ParameterStore store;
  store.add_parameter("weight", {2});
  store.allocate(at::kDouble, at::kCPU, at::MemoryFormat::Contiguous);
  TensorList list;
  list.add("a/", store.parameter_list(), store.flat_parameters());
  EXPECT_EQ(test::caught([&] { list.add("a/", store.parameter_list(), store.flat_parameters()); }).status(),
            JTR_STATUS_INTERNAL);
}

}  // namespace
}  // namespace jtr
