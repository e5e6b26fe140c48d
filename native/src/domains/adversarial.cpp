// Domain-adversarial training (DANN): a classifier learns to tell the domain of a sample from the network's coarsest
// features, and the network learns features that it cannot tell it from, through a layer that turns the gradient round
// (Ganin et al., JMLR 2016, section 4.2). Of the mean L of the classifier's cross entropies, the classifier gets the
// gradient, and the network that of -weight * ramp * L: as in the paper's experiments (section 5.2.2) the ramp slows
// the network alone.
//
// The classifier reads the mean of the features over the image. A sample has one domain, so it has one vote, whatever
// its size and whichever of its places show what only one source has; and a source's look (light, camera, rendering)
// is in the mean of every channel.
#include <torch/csrc/autograd/custom_function.h>

#include "domains/domain.h"
#include "domains/features.h"
#include "methods/method.h"

namespace jtr {
namespace {

/// Before those of pair networks, behind those of tasks' encoders.
constexpr uint32_t kFirstStream = 3u << 16, kStreamsOfNetwork = 1u << 8;

/// x; its gradient times -factor.
struct Reversal : torch::autograd::Function<Reversal> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, double factor) {
    ctx->saved_data["factor"] = factor;
    return x.view_as(x);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list d) {
    return {d[0] * -ctx->saved_data["factor"].toDouble(), {}};
  }
};

class Adversarial final : public DomainTechnique {
 public:
  static constexpr char kName[] = "adversarial";
  static constexpr char kSummary[] =
      "Features that a classifier cannot tell the domain from: its gradient is reversed before the network.";
  static constexpr char kSource[] = "Ganin et al., JMLR 2016";
  static constexpr int kPlace = 1;

  struct Options : Ramp {
    double weight = 1;
    int64_t hidden = 100;
    void visit(OptionVisitor& v) {
      v.number(
          "weight", weight, a_weight(),
          "What the reversed gradient is multiplied by; 0: the classifier learns, and the network does not heed it.");
      v.integer("hidden", hidden, within(1, 4096),
                "Units of the classifier's hidden layer. Published for digits: 100.");
      Ramp::visit(v);
    }
  };

  Adversarial(const Options& options, const DomainSetting& setting) : options_(options) {
    hidden_weight_ = store_.add_parameter("hidden.weight", {options.hidden, setting.channels});
    hidden_bias_ = store_.add_parameter("hidden.bias", {options.hidden});
    weight_ = store_.add_parameter("domain.weight", {setting.domains, options.hidden});
    bias_ = store_.add_parameter("domain.bias", {setting.domains});
    store_.allocate(setting.precision, setting.device, at::MemoryFormat::Contiguous);
    const uint32_t stream = kFirstStream + kStreamsOfNetwork * setting.network;
    for (const int64_t i : {hidden_weight_, weight_}) store_.xavier_normal(i, setting.seed, stream);
  }

  std::vector<std::string> terms() const override { return {"loss", "accuracy"}; }
  ParameterStore* parameters() override { return &store_; }

  DomainTerm compute(const DomainBatch& batch) override {
    const double factor = options_.weight * options_.factor(batch.step);
    const at::Tensor x = Reversal::apply(image_means(batch.features), factor);
    const at::Tensor hidden = at::linear(x, store_.parameter(hidden_weight_), store_.parameter(hidden_bias_)).relu();
    const at::Tensor scores = at::linear(hidden, store_.parameter(weight_), store_.parameter(bias_));
    const at::Tensor loss = -at::log_softmax(scores, 1).gather(1, batch.domain.unsqueeze(1)).squeeze(1);
    const at::Tensor found = scores.detach().argmax(1).eq(batch.domain).to(loss.scalar_type());
    return {loss, -factor * loss.detach(), {loss.detach(), found}};
  }

 private:
  Options options_;
  ParameterStore store_;
  int64_t hidden_weight_, hidden_bias_, weight_, bias_;
};

const Registered<Adversarial> registered;

}  // namespace
}  // namespace jtr
