#include "training/trainer_options.h"

#include "balancing/balancing.h"
#include "compat.h"
#include "constraints/constraint.h"
#include "domains/domain.h"
#include "error.h"
#include "graphs/task_graph.h"
#include "methods/method.h"
#include "networks/network.h"
#include "parallel/communicator.h"
#include "tasks/task.h"
#include "training/optimizers/optimizer.h"
#include "training/schedules/schedule.h"

namespace jtr {
namespace {

constexpr double kMostBeside = 4, kMostConstraints = 16, kMostDomains = 4096, kMostTechniques = 16, kMostWeights = 4096,
                 kMostParts = 4096;
constexpr char kTasksAbout[] = "The tasks, in the order of their predictions.";
constexpr char kOptimizerAbout[] = "How gradients change the weights.";
constexpr char kScheduleAbout[] = "How the learning rate changes from step to step.";

}  // namespace

void ComputeOptions::visit(OptionVisitor& v) {
  v.seed("seed", seed, "Seed of the initial weights and of all random numbers.");
  v.choice(
      "precision", format,
      {{"float32", Format::kFloat32}, {"float64", Format::kFloat64}, {"bfloat16", Format::kBFloat16}},
      "Number format. float64 is slow, for checking exactness. bfloat16: convolutions, and the maps kept between them, "
      "in bfloat16 and the rest in float32; made for GPUs.");
  v.choice("device", device_choice,
           {{"auto", DeviceChoice::kAuto}, {"cpu", DeviceChoice::kCpu}, {"cuda", DeviceChoice::kCuda}},
           "Where to run. auto: an NVIDIA GPU if the library and the machine have one, else the processor.");
  v.integer("device_index", device_index, within(0, 127), "Which GPU.");
  v.choice("recomputation", recomputation,
           {{"norms", Recomputation::kNorms}, {"stages", Recomputation::kStages}, {"none", Recomputation::kNone}},
           "What the networks' backward passes compute a second time instead of keeping it; the numbers are the same. "
           "norms: "
           "norm, ReLU and unpooling. stages: whole stages, which costs about a second forward pass. none: nothing.");
}

Precision ComputeOptions::precision() const {
  if (format == Format::kFloat64) return at::kDouble;
  return {at::kFloat, format == Format::kBFloat16 ? at::kBFloat16 : at::kFloat};
}

at::Device ComputeOptions::device() const {
  const int32_t count = cuda_device_count();
  if (device_choice == DeviceChoice::kCpu || (device_choice == DeviceChoice::kAuto && count == 0)) {
    return at::Device(at::kCPU);
  }
  if (count == 0) {
    throw Error(JTR_STATUS_DEVICE, "device: there is no CUDA device that this libtorch can use").with_field("device");
  }
  require(device_index < count, "device_index", "must be 0 to ", count - 1, ", not ", device_index);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device_index));
}

void TrainerOptions::visit(OptionVisitor& v) {
  v.variants("tasks", tasks, Task::registry(), within(1, kMostTasks), kTasksAbout);
  v.variants("inputs", inputs, Input::registry(), within(0, kMostInputs),
             "What the network reads beside the photograph. One that is named 'image' is the photograph: it says how "
             "many channels that has, where these are not three colours.");
  v.number("input_dropout", input_dropout, below(0, 1),
           "How often a training step leaves out a sample's further input, each by itself, so that the network learns "
           "to do without it. The photograph stays.");
  v.variant("network", network, Network::registry(), "The network that is trained.");
  v.variant("method", method, Method::registry(), "What is added to the supervised loss.");
  v.variants("beside", beside, Method::registry(), within(0, kMostBeside),
             "Methods whose terms are added to the method's, each once.");
  v.variant("task_graph", task_graph, TaskGraph::registry(),
            "Which tasks may inform which, for methods that relate them.");
  v.variants("constraints", constraints, Constraint::registry(), within(0, kMostConstraints),
             "What is known of predictions, as terms beside the method's.");
  v.words("domains", domains, within(0, kMostDomains),
          "Names of the sources that samples come from: a batch's tensor 'domain' counts them from 0. Fewer than two: "
          "there is one, and no technique is on.");
  v.variants("domain_techniques", domain_techniques, DomainTechnique::registry(), within(0, kMostTechniques),
             "What is done about sources that differ, each once.");
  v.words(
      "domain_weights", domain_weights, within(0, kMostWeights),
      "How much a term counts for samples of a domain, as DOMAIN:TERM=WEIGHT, of terms that do not count 1. TERM is a "
      "task, for its supervised loss, or a method, for what it adds; 0 switches it off there.");
  v.variant("balancing", balancing, Balancing::registry(), "How the tasks' supervised losses are weighed.");
  v.variant("optimizer", optimizer, Optimizer::registry(), kOptimizerAbout);
  v.variant("schedule", schedule, Schedule::registry(), kScheduleAbout);
  v.number(
      "max_gradient_norm", max_gradient_norm, at_least(0),
      "Largest Euclidean norm of a network's gradient; a longer one is scaled down to it. The multi-task network and "
      "each network of the method have each their own. 0: none.");
  v.number(
      "ema_decay", ema_decay, below(0, 1),
      "Decay of the moving average of the network's weights and norm statistics, which predicts and is exported. After "
      "t steps it is at most t / (t + 10), so that it forgets the initial weights. 0: none.");
  v.integer(
      "accumulate", accumulate, within(1, kMostParts),
      "Parts that a step's samples are worked on in, one after another, whose gradients are summed: less memory, and "
      "batch norms see a part at a time.");
  ComputeOptions::visit(v);
  v.variant("parallel", parallel, Communicator::registry(), "The processes that train together.");
}

void JointTaskLossOptions::visit(OptionVisitor& v) {
  v.variants("tasks", tasks, Task::registry(), within(1, kMostTasks), kTasksAbout);
  v.variant("method", method, Method::registry(), "The loss and its auto-encoder.");
  v.variant("optimizer", optimizer, Optimizer::registry(), kOptimizerAbout);
  v.variant("schedule", schedule, Schedule::registry(), kScheduleAbout);
  ComputeOptions::visit(v);
}

void JointTaskLossOptions::check(const std::string& path) const {
  require(name_of(method) == "jtr", join_path(path, "method.name").c_str(), "must be jtr, not ", name_of(method));
}

std::string name_of(const Variant& variant) { return variant.options.value("name", std::string()); }

std::string common_options(const TrainerOptions& options) {
  Json all = write_options(options);
  for (const char* own : {"parallel", "device", "device_index"}) all.erase(own);
  return all.dump();
}

Json schema_of_all_options() {
  Json schema = Json::object();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Options of a trainer";
  const Json trainer = options_schema<TrainerOptions>();
  for (const auto& entry : trainer.items()) schema[entry.key()] = entry.value();
  schema["required"] = Json::array({"tasks"});
  schema["$defs"]["joint_task_loss"] = options_schema<JointTaskLossOptions>();
  return schema;
}

}  // namespace jtr
