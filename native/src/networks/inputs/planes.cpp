// Image planes: depth, thermal, infrared, a mask; what has a value for every pixel and lies as the photograph does.
#include "networks/fusion/fusion.h"
#include "networks/inputs/input.h"

namespace jtr {
namespace {

class Planes final : public Input {
 public:
  static constexpr char kName[] = "planes";
  static constexpr char kSummary[] = "Numbers for every pixel, with the photograph's geometry: [N, channels, H, W].";
  static constexpr int kPlace = 1;

  struct Options : InputOptions {
    Options() { fusion = Variant::of("early"); }
    void visit(OptionVisitor& v) {
      InputOptions::visit(v, 64, "Numbers of each pixel.");
      v.variant("fusion", fusion, Fusion::registry(), "How it enters the network.");
    }
  };

  Planes(const Options& options, const InputSetting&) : Input(kName, options) {}
  bool is_planes() const override { return true; }
};

const Registered<Planes> registered;

}  // namespace
}  // namespace jtr
