#include "kernels/one_hot.h"

#include "support.h"

namespace jtr {
namespace {

TEST(OneHot, MarksTheFirstLargestChannelOfEveryPixel) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    for (const int64_t channels : {2, 13}) {
      // Whole numbers, so that ties are frequent.
      const at::Tensor x = test::uniform({3, channels, 19, 57}, 0, 6, 1).floor().to(dtype);
      const at::Tensor out = kernels::one_hot_of_max(x);
      EXPECT_EQ(out.scalar_type(), dtype);
      for (int64_t n = 0; n < 3; ++n) {
        for (int64_t i = 0; i < 19 * 57; i += 11) {
          const at::Tensor column = x[n].flatten(1).select(1, i), marked = out[n].flatten(1).select(1, i);
          int64_t first = 0;
          for (int64_t c = 1; c < channels; ++c) {
            if (column[c].item<double>() > column[first].item<double>()) first = c;
          }
          EXPECT_EQ(marked.sum().item<double>(), 1);
          EXPECT_EQ(marked[first].item<double>(), 1) << n << " " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace jtr
