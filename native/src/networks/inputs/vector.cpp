// A vector: camera data, embeddings of sound or text; numbers of the whole sample.
#include "networks/fusion/fusion.h"
#include "networks/inputs/input.h"

namespace jtr {
namespace {

class VectorInput final : public Input {
 public:
  static constexpr char kName[] = "vector";
  static constexpr char kSummary[] = "Numbers of the whole sample: [N, channels].";
  static constexpr int kPlace = 2;

  struct Options : InputOptions {
    Options() { fusion = Variant::of("film"); }
    void visit(OptionVisitor& v) {
      InputOptions::visit(v, 4096, "Numbers of each sample.");
      v.variant("fusion", fusion, Fusion::registry(), "How it enters the network.");
    }
  };

  VectorInput(const Options& options, const InputSetting&) : Input(kName, options) {}
  bool is_planes() const override { return false; }
};

const Registered<VectorInput> registered;

}  // namespace
}  // namespace jtr
