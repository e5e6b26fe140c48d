// Pairs of tasks of the user's.
#include "error.h"
#include "graphs/task_graph.h"

namespace jtr {
namespace {

constexpr double kMostPairs = 4096;

class Given final : public TaskGraph {
 public:
  static constexpr char kName[] = "given";
  static constexpr char kSummary[] = "Pairs of tasks of the user's; no other ones inform each other.";
  static constexpr int kPlace = 2;

  struct Options {
    std::vector<std::string> from, to;
    std::vector<double> weights;
    void visit(OptionVisitor& v) {
      v.words("from", from, within(1, kMostPairs), "The task of each pair that informs the other.");
      v.words("to", to, within(1, kMostPairs), "The task of each pair that is informed.");
      v.numbers("weights", weights, at_least(0),
                "Of each pair: what a method's term about it is multiplied by. Empty: all 1.");
    }
  };

  Given(const Options& options, const TaskGraphSetting& setting) {
    const TaskSet& tasks = *setting.tasks;
    const int64_t count = static_cast<int64_t>(tasks.size());
    weights_ = at::zeros({count, count}, at::kDouble);
    require(options.from.size() == options.to.size(), join_path(setting.path, "to").c_str(), "has ", options.to.size(),
            " tasks and from ", options.from.size(), ": they are pairs");
    require(options.weights.empty() || options.weights.size() == options.from.size(),
            join_path(setting.path, "weights").c_str(), "has ", options.weights.size(), " numbers for ",
            options.from.size(), " pairs");
    require(!options.from.empty(), join_path(setting.path, "from").c_str(), "there must be a pair of tasks");
    at::Tensor seen = at::zeros({count, count}, at::kBool);
    for (size_t i = 0; i < options.from.size(); ++i) {
      const std::string field = text(join_path(setting.path, "from"), "[", i, "]");
      const int64_t a = static_cast<int64_t>(tasks.number(options.from[i], field));
      const std::string other = text(join_path(setting.path, "to"), "[", i, "]");
      const int64_t b = static_cast<int64_t>(tasks.number(options.to[i], other));
      require(a != b, field.c_str(), "a task does not inform itself: '", options.from[i], "'");
      require(!seen[a][b].item<bool>(), field.c_str(), "the pair of '", options.from[i], "' and '", options.to[i],
              "' is there twice");
      seen[a][b].fill_(true);
      weights_[a][b].fill_(options.weights.empty() ? 1 : options.weights[i]);
    }
    require(weights_.gt(0).any().item<bool>(), join_path(setting.path, "weights").c_str(), "are all 0");
  }

  at::Tensor weights(int64_t) const override { return weights_; }

 private:
  at::Tensor weights_;
};

const Registered<Given> registered;

}  // namespace
}  // namespace jtr
