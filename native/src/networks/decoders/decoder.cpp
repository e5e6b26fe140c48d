#include "networks/decoders/decoder.h"

namespace jtr {

Registry<Decoder, DecoderSetting>& Decoder::registry() {
  static Registry<Decoder, DecoderSetting> all("decoder", "name");
  return all;
}

at::Tensor upsample(const at::Tensor& x, int64_t factor) {
  if (factor == 1) return x;
  return at::upsample_bilinear2d(x, {x.size(2) * factor, x.size(3) * factor}, false);
}

}  // namespace jtr
