// Processes on one machine or many, by libtorch's own c10d: Gloo on processors, NCCL on GPUs where libjtr was built
// with it (else what lies on a GPU goes through the host).
//
// Rank 0 serves a store, if the launcher does not (torchrun's agent may), by which the others find it and each other.
// Before anything is trained each rank says there what it is: its version, the number of processes that it was started
// for, its options. Rank 0 compares and gives a verdict that all read. When a collective fails later, each rank notes
// so in the store, waits a moment, and then knows from the notes who is missing.
//
// Gradients are summed while the backward pass goes on: on GPUs by NCCL's own streams, else on a thread and over
// connections of their own, so that they neither wait for other collectives nor need an order among them.
//
// None of this traffic is encrypted or authenticated: it belongs in a private network.
#include <netdb.h>
#include <sys/socket.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "error.h"
#include "parallel/communicator.h"

#if JTR_WITH_C10D
// What libtorch's own CMake files define; the header is empty without it.
#if !defined(USE_C10D_GLOO)
#define USE_C10D_GLOO
#endif
#if JTR_WITH_NCCL && !defined(USE_C10D_NCCL)
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#if JTR_WITH_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

namespace jtr {
namespace {

/// Whose statistics norms use.
enum class NormSync { kAuto, kOn, kOff };

/// What gradients are rounded to on their way.
enum class Compression { kNone, kBFloat16 };

/// Below so many samples a batch norm's statistics are too rough (Peng et al., CVPR 2018, use 16).
constexpr int64_t kFewSamples = 8;

struct C10dOptions {
  int64_t rank = 0, size = 1, port = 29500;
  double timeout_s = 600, bucket_mib = 25;
  std::string address = "127.0.0.1", launcher_store, listen, interface;
  NormSync sync_norms = NormSync::kAuto;
  Compression compression = Compression::kNone;

  void visit(OptionVisitor& v) {
    v.integer("rank", rank, at_least(0), "This process's number, from 0.");
    v.integer("size", size, within(1, 65536), "How many processes there are.");
    v.word("address", address, "Address or name of rank 0's machine.");
    v.integer("port", port, within(1, 65535), "Port of rank 0's store.");
    v.word(
        "launcher_store", launcher_store,
        "What stands before the names in a store that the launcher serves at that address and port, as torchrun may. "
        "Empty: rank 0 serves one.");
    v.number("timeout_s", timeout_s, within(1, 86400),
             "Seconds after which a process that does not answer is given up, at the start and in every step.");
    v.word("listen", listen,
           "This machine's address for the others. Empty: the one from which rank 0's machine is reached.");
    v.word("interface", interface, "Network interface in place of that address, such as eth0.");
    v.choice("sync_norms", sync_norms, {{"auto", NormSync::kAuto}, {"on", NormSync::kOn}, {"off", NormSync::kOff}},
             "Whether batch norms use the statistics of all processes' samples. off: each its own, and the running "
             "statistics become their means. auto: on where a process has fewer than 8 samples in a step.");
    v.number("bucket_mib", bucket_mib, within(0, 65536),
             "MiB of gradients that are summed at a time while the backward pass still runs. 0: all of a network's "
             "together, after it.");
    v.choice("compression", compression, {{"none", Compression::kNone}, {"bfloat16", Compression::kBFloat16}},
             "What gradients are rounded to on their way. bfloat16: half the bytes of float32; each process's are "
             "rounded once, added up in float32, and their sum is rounded once.");
  }
  /// What must be the same in all processes.
  Json common() const {
    const Json all = write_options(*this);
    return {{"sync_norms", all.at("sync_norms")},
            {"bucket_mib", all.at("bucket_mib")},
            {"compression", all.at("compression")}};
  }
  void check(const std::string& path) const {
    require(rank < size, join_path(path, "rank").c_str(), "must be 0 to ", size - 1, " for ", size, " processes, not ",
            rank);
    require(!address.empty(), join_path(path, "address").c_str(), "is empty");
  }
};

#if JTR_WITH_C10D

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long notes of other ranks are waited for.
constexpr milliseconds kMoment{3000}, kBetweenLooks{20};

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

/// The first line of what a library threw.
std::string first_line(const std::exception& e) {
  const std::string all = e.what();
  return all.substr(0, all.find('\n'));
}

/// What is kept in the store under a rank's number.
std::string key(const char* what, int64_t rank) { return text(what, "/", rank); }

std::string in_words(const std::vector<int64_t>& ranks) {
  std::string all = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i) all += text(i == 0 ? "" : ", ", ranks[i]);
  return all;
}

/// Runs on a thread of its own, since a store whose server is stopped may never answer; false where it took too long or
/// failed.
bool finishes(milliseconds within, std::function<void()> work) {
  auto done = std::make_shared<std::promise<bool>>();
  std::future<bool> finished = done->get_future();
  std::thread([done, work = std::move(work)]() mutable {
    bool good = true;
    try {
      work();
    } catch (...) {
      good = false;
    }
    work = nullptr;
    done->set_value(good);
  }).detach();
  return finished.wait_for(within) == std::future_status::ready && finished.get();
}

/// The address of this machine from which another is reached; no packet is sent.
std::string address_towards(const std::string& host, int64_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  std::string own;
  for (const addrinfo* to = found; to != nullptr && own.empty(); to = to->ai_next) {
    const int socket = ::socket(to->ai_family, SOCK_DGRAM, 0);
    if (socket < 0) continue;
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    char numbers[NI_MAXHOST];
    if (::connect(socket, to->ai_addr, to->ai_addrlen) == 0 &&
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &length) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&name), length, numbers, sizeof numbers, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      own = numbers;
    }
    ::close(socket);
  }
  ::freeaddrinfo(found);
  return own;
}

#if TORCH_VERSION_MAJOR >= 2
using Group = c10d::Backend;
#else
using Group = c10d::ProcessGroup;
#endif

/// A thread that works off what it is given, one after another.
class Worker {
 public:
  Worker() : thread_([this] { work(); }) {}
  /// What is under way comes to its end; the rest fails.
  ~Worker() {
    {
      const std::lock_guard<std::mutex> lock(busy_);
      stops_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  std::future<void> begin(std::function<void()> task) {
    std::packaged_task<void()> packaged(std::move(task));
    std::future<void> done = packaged.get_future();
    {
      const std::lock_guard<std::mutex> lock(busy_);
      waiting_.push_back(std::move(packaged));
    }
    changed_.notify_one();
    return done;
  }

 private:
  void work() {
    for (;;) {
      std::packaged_task<void()> next;
      {
        std::unique_lock<std::mutex> lock(busy_);
        changed_.wait(lock, [this] { return stops_ || !waiting_.empty(); });
        if (stops_) return;
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      next();
    }
  }

  std::mutex busy_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> waiting_;
  bool stops_ = false;
  std::thread thread_;  // last: it uses the rest
};

/// Sums bfloat16 values [parts of all processes] in place: each process adds up, in float, a part of all, and hands its
/// rounded sum to the others. So every value is rounded once before and once after, and all have the same bits. As many
/// bytes go over each link as with a ring. (Gloo itself adds up no bfloat16.)
void sum_in_parts(Group& group, const at::Tensor& values, milliseconds timeout) {
  const int64_t processes = group.getSize(), part = values.numel() / processes;
  // A format of the same size that Gloo knows.
  at::Tensor sent = values.view(at::kHalf), received = at::empty_like(sent);
  std::vector<int64_t> equal;
  c10d::AllToAllOptions to_all;
  to_all.timeout = timeout;
  if (!group.alltoall_base(received, sent, equal, equal, to_all)->wait(timeout)) throw std::runtime_error("given up");
  // By hand: this thread should not call up a team of its own.
  at::Tensor sum = at::empty({part}, at::kBFloat16);
  const at::BFloat16* const in = received.view(at::kBFloat16).data_ptr<at::BFloat16>();
  at::BFloat16* const out = sum.data_ptr<at::BFloat16>();
  for (int64_t i = 0; i < part; ++i) {
    float all = 0;
    for (int64_t r = 0; r < processes; ++r) all += static_cast<float>(in[r * part + i]);
    out[i] = all;
  }
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (int64_t r = 0; r < processes; ++r) gathered[0].push_back(sent.narrow(0, r * part, part));
  std::vector<at::Tensor> own = {sum.view(at::kHalf)};
  c10d::AllgatherOptions gather;
  gather.timeout = timeout;
  if (!group.allgather(gathered, own, gather)->wait(timeout)) throw std::runtime_error("given up");
}

class C10d final : public Communicator {
 public:
  static constexpr char kName[] = "c10d";
  static constexpr char kSummary[] =
      "Processes on one machine or many, each with a share of every batch, by libtorch's c10d.";
  static constexpr int kPlace = 2;
  using Options = C10dOptions;

  C10d(const Options& options, const CommunicatorSetting& setting)
      : options_(options), timeout_(static_cast<int64_t>(options.timeout_s * 1000)) {
    meet(setting);
    connect(setting.device);
    barrier();
  }

  int64_t rank() const override { return options_.rank; }
  int64_t size() const override { return options_.size; }

  void all_reduce(at::Tensor& values, Reduction reduction) override {
    c10d::AllreduceOptions how;
    how.reduceOp = reduction == Reduction::kSum ? c10d::ReduceOp::SUM : c10d::ReduceOp::MAX;
    run("all_reduce", values,
        [&](Group& group, std::vector<at::Tensor>& tensors) { return group.allreduce(tensors, how); });
  }

  std::unique_ptr<Pending> begin_sum(const at::Tensor& gradients) override {
    if (!lost_.empty()) throw unreachable(lost_);
    const bool rounds = options_.compression == Compression::kBFloat16;
#if JTR_WITH_NCCL
    if (gradients.is_cuda() && on_gpu_) {
      std::vector<at::Tensor> sent = {rounds ? gradients.to(at::kBFloat16) : gradients};
      const auto work = on_gpu_->allreduce(sent);
      return std::make_unique<Sum>(*this, gradients, sent[0], [work, timeout = timeout_] {
        if (!work->wait(timeout)) throw std::runtime_error("given up");
      });
    }
#endif
    const int64_t count = gradients.numel();
    at::Tensor sent = gradients.to(at::kCPU);
    if (rounds) {
      sent = at::zeros({(count + size() - 1) / size() * size()}, at::kBFloat16);
      sent.narrow(0, 0, count).copy_(gradients);
    }
    auto done =
        std::make_shared<std::future<void>>(beside_->begin([sent, rounds, group = gradients_, timeout = timeout_] {
          std::vector<at::Tensor> tensors = {sent};
          if (rounds) {
            sum_in_parts(*group, sent, timeout);
          } else if (!group->allreduce(tensors)->wait(timeout)) {
            throw std::runtime_error("given up");
          }
        }));
    return std::make_unique<Sum>(*this, gradients, sent.narrow(0, 0, count), [done] { done->get(); });
  }

  int64_t bucket_bytes() const override { return static_cast<int64_t>(options_.bucket_mib * (int64_t{1} << 20)); }

  void broadcast(at::Tensor& values) override {
    run("broadcast", values, [](Group& group, std::vector<at::Tensor>& tensors) { return group.broadcast(tensors); });
  }

  void barrier() override {
    // By a sum and not by the group's own, so that it fails like all else.
    at::Tensor one = at::ones({1}, at::kDouble);
    all_reduce(one, Reduction::kSum);
  }

  void leave(const std::string& why) override {
    if (!lost_.empty()) return;
    lost_ = text("this process left the others: ", why);
    const auto store = store_;
    finishes(kMoment, [store, key = key("left", rank()), why] { store->set(key, bytes_of(why)); });
    close();
    if (rank() == 0) await_others("noticed");
  }

  ~C10d() override {
    if (!lost_.empty() || store_ == nullptr) return;
    close();
    finishes(kMoment,
             [store = store_, key = key("left", rank())] { store->set(key, bytes_of("it ended before the others")); });
  }

  bool shares_norms(int64_t samples) const override {
    return options_.sync_norms == NormSync::kOn || (options_.sync_norms == NormSync::kAuto && samples < kFewSamples);
  }

 private:
  /// A sum of gradients that was begun.
  class Sum final : public Pending {
   public:
    Sum(C10d& group, at::Tensor to, at::Tensor from, std::function<void()> end)
        : group_(group), to_(std::move(to)), from_(std::move(from)), end_(std::move(end)) {}
    void wait() override {
      if (!group_.lost_.empty()) throw group_.unreachable(group_.lost_);
      try {
        end_();
      } catch (const std::exception& e) {
        group_.lose(text("sum of gradients: ", first_line(e)));
        throw group_.unreachable(group_.lost_);
      }
      if (!from_.is_alias_of(to_)) to_.copy_(from_);
    }

   private:
    C10d& group_;
    at::Tensor to_, from_;
    std::function<void()> end_;
  };

  bool serves() const { return rank() == 0 && options_.launcher_store.empty(); }
  std::string place() const { return text("tcp://", options_.address, ":", options_.port); }

  Error unreachable(const std::string& message) const {
    return Error(JTR_STATUS_IO, text("rank ", rank(), " of ", size(), " (", place(), "): ", message));
  }

  /// A store that this process serves or is connected to, for all its trainers one after another: who connected anew
  /// might meet the one before while it closes. They live until the process ends.
  struct Opened {
    std::mutex busy;
    c10::intrusive_ptr<c10d::TCPStore> store;
    int64_t runs = 0;
  };
  static std::pair<std::mutex&, std::map<std::string, Opened>&> opened() {
    static auto* guard = new std::mutex;
    static auto* all = new std::map<std::string, Opened>;
    return {*guard, *all};
  }
  std::string name_of_store() const { return text(place(), " of rank ", rank()); }

  /// This rank's place among them: ranks of one process do not wait for each other to connect.
  Opened& own_place() const {
    const auto [guard, all] = opened();
    const std::lock_guard<std::mutex> lock(guard);
    return all[name_of_store()];
  }

  void open_store() {
    Opened& own = own_place();
    const std::lock_guard<std::mutex> lock(own.busy);
    if (own.store == nullptr) own.store = connected();
    // All processes make their trainers in the same order.
    const std::string run =
        text(options_.launcher_store, options_.launcher_store.empty() ? "" : "/", "run", ++own.runs);
    store_ = c10::make_intrusive<c10d::PrefixStore>(run, own.store);
  }

  c10::intrusive_ptr<c10d::TCPStore> connected() const {
    c10d::TCPStoreOptions how;
    how.port = static_cast<uint16_t>(options_.port);
    how.isServer = serves();
    how.numWorkers = static_cast<size_t>(size());
    how.waitWorkers = false;
    how.timeout = timeout_;
    try {
      return c10::make_intrusive<c10d::TCPStore>(options_.address, how);
    } catch (const std::exception& e) {
      const std::string all = e.what();
      if (!serves()) {
        const char* who =
            options_.launcher_store.empty() ? "no rank 0 answered" : "the launcher's store did not answer";
        throw unreachable(text(who, " within ", options_.timeout_s, " s (", first_line(e), ")"));
      }
      if (all.find("in use") == std::string::npos) throw unreachable(text("no store: ", first_line(e)));
      throw Error(JTR_STATUS_INVALID_ARGUMENT,
                  text("parallel.port: port ", options_.port,
                       " is in use on this machine: by another run, or by another process with rank 0"))
          .with_field("parallel.port");
    }
  }

  Json about(const CommunicatorSetting& setting) const {
    return {{"size", size()},
            {"version", JTR_VERSION},
            {"torch", TORCH_VERSION},
            {"options", setting.document},
            {"parallel", options_.common().dump()}};
  }

  /// What is wrong with another rank, by what it said of itself.
  std::string objection(int64_t other, const Json& theirs, const Json& own) const {
    if (theirs.at("size") != own.at("size")) {
      return text("rank ", other, " was started for ", theirs.at("size"), " processes, rank 0 for ", own.at("size"));
    }
    for (const char* part : {"version", "torch"}) {
      if (theirs.at(part) == own.at(part)) continue;
      return text("rank ", other, " has ", part[0] == 'v' ? "libjtr " : "libtorch ", theirs.at(part).get<std::string>(),
                  ", rank 0 ", own.at(part).get<std::string>());
    }
    for (const char* part : {"options", "parallel"}) {
      if (theirs.at(part) == own.at(part)) continue;
      return text("the ", part[0] == 'p' ? "parallel " : "", "options of rank ", other,
                  " are not those of rank 0: ", theirs.at(part).get<std::string>(), " and ",
                  own.at(part).get<std::string>());
    }
    return store_->add(key("number", other), 0) > 1 ? text("two processes have rank ", other) : std::string();
  }

  std::string verdict_on(const Json& own) {
    const Clock::time_point end = Clock::now() + timeout_;
    std::vector<int64_t> missing;
    for (int64_t r = 1; r < size(); ++r) missing.push_back(r);
    while (!missing.empty()) {
      std::vector<int64_t> still;
      for (const int64_t r : missing) {
        if (!store_->check({key("about", r)})) {
          still.push_back(r);
          continue;
        }
        const std::vector<uint8_t> said = store_->get(key("about", r));
        const std::string problem = objection(r, Json::parse(said.begin(), said.end()), own);
        if (!problem.empty()) return problem;
      }
      missing = still;
      if (missing.empty()) break;
      if (Clock::now() > end) {
        return text(in_words(missing), " of ", size(), " did not come within ", options_.timeout_s, " s");
      }
      std::this_thread::sleep_for(kBetweenLooks);
    }
    return {};
  }

  /// Whether all ranks fit together is rank 0's to say.
  void meet(const CommunicatorSetting& setting) {
    const Json own = about(setting);
    open_store();
    if (rank() == 0) {
      const std::string verdict = verdict_on(own);
      store_->set("verdict", bytes_of(verdict));
      await_others("read");
      if (!verdict.empty()) throw misfit(verdict);
      return;
    }
    try {
      if (store_->add(key("number", rank()), 1) > 1) throw misfit(text("two processes have rank ", rank()));
      store_->set(key("about", rank()), bytes_of(own.dump()));
      // Rank 0 waits as long for the others, and then says so.
      store_->wait({"verdict"}, timeout_ + kMoment);
      const std::vector<uint8_t> verdict = store_->get("verdict");
      store_->set(key("read", rank()), {1});
      if (!verdict.empty()) throw misfit({verdict.begin(), verdict.end()});
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      throw unreachable(
          text("rank 0 did not say within ", options_.timeout_s, " s that all are there (", first_line(e), ")"));
    }
  }

  Error misfit(const std::string& why) const {
    return Error(JTR_STATUS_INVALID_ARGUMENT, text("parallel: rank ", rank(), " of ", size(), ": ", why))
        .with_field("parallel");
  }

  /// Gives the others a moment to read the store, which goes with this process.
  void await_others(const char* what) {
    const auto store = store_;
    finishes(kMoment, [store, what = std::string(what), count = size()] {
      const Clock::time_point end = Clock::now() + kMoment;
      for (int64_t r = 1; r < count; ++r) {
        while (!store->check({key(what.c_str(), r)}) && Clock::now() < end) std::this_thread::sleep_for(kBetweenLooks);
      }
    });
  }

  void connect(at::Device device) {
    auto how = c10d::ProcessGroupGloo::Options::create(timeout_);
    try {
      if (!options_.interface.empty()) {
        how->devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(options_.interface));
      } else {
        const std::string own =
            options_.listen.empty() ? address_towards(options_.address, options_.port) : options_.listen;
        how->devices.push_back(own.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                                           : c10d::ProcessGroupGloo::createDeviceForHostname(own));
      }
    } catch (const std::exception& e) {
      const char* field = options_.interface.empty() ? "parallel.listen" : "parallel.interface";
      throw Error(JTR_STATUS_INVALID_ARGUMENT, text(field, ": cannot be used here: ", first_line(e))).with_field(field);
    }
    const int rank = static_cast<int>(options_.rank), size = static_cast<int>(options_.size);
    try {
      const auto group = [&](const char* name) {
        return c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>(name, store_), rank,
                                                           size, how);
      };
      on_host_ = group("gloo");
#if JTR_WITH_NCCL
      if (device.is_cuda()) {
        auto nccl = c10d::ProcessGroupNCCL::Options::create();
        nccl->timeout = timeout_;
        on_gpu_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("nccl", store_),
                                                              rank, size, nccl);
        return;
      }
#else
      (void)device;
#endif
      gradients_ = group("gradients");
      beside_ = std::make_unique<Worker>();
    } catch (const std::exception& e) {
      throw unreachable(text("the others cannot be reached: ", first_line(e)));
    }
  }

  /// The others notice at once, so that a sum beside that they no longer join fails there and here.
  void close() {
    on_gpu_.reset();
    on_host_.reset();
    beside_.reset();
    gradients_.reset();
  }

  /// Runs a collective in place on a tensor, which lies in gaps or on a device that the group cannot read where it
  /// must.
  template <typename Start>
  void run(const char* what, at::Tensor& values, const Start& start) {
    if (!lost_.empty()) throw unreachable(lost_);
    if (values.numel() == 0) return;
    const bool on_gpu = values.is_cuda() && on_gpu_;
    const bool widens = !on_gpu && values.scalar_type() == at::kBFloat16;
    at::Tensor own = on_gpu ? values : values.to(at::kCPU);
    if (widens) own = own.to(at::kFloat);
    std::vector<at::Tensor> tensors = {own.contiguous()};
    try {
      const auto work = start(on_gpu ? *on_gpu_ : *on_host_, tensors);
      if (!work->wait(timeout_)) throw std::runtime_error("given up");
    } catch (const std::exception& e) {
      lose(text(what, ": ", first_line(e)));
      throw unreachable(lost_);
    }
    if (!tensors[0].is_same(values)) values.copy_(tensors[0]);
  }

  /// Finds out who is missing, and closes the group, so that nobody waits for this process.
  void lose(const std::string& cause) {
    close();
    if (!serves()) {
      Opened& place = own_place();
      const std::lock_guard<std::mutex> lock(place.busy);
      place.store.reset();
    }
    std::string who;
    const auto store = store_;
    const int64_t own = rank(), count = size();
    const auto found = std::make_shared<std::string>();
    const bool answered = finishes(kMoment + kMoment, [store, own, count, found] {
      store->set(key("noticed", own), {1});
      const Clock::time_point end = Clock::now() + kMoment;
      std::vector<int64_t> silent;
      do {
        silent.clear();
        for (int64_t r = 0; r < count; ++r) {
          if (r == own) continue;
          if (store->check({key("left", r)})) {
            const std::vector<uint8_t> why = store->get(key("left", r));
            *found = text("rank ", r, " gave up: ", std::string(why.begin(), why.end()));
            return;
          }
          if (!store->check({key("noticed", r)})) silent.push_back(r);
        }
        if (silent.empty()) break;
        std::this_thread::sleep_for(kBetweenLooks);
      } while (Clock::now() < end);
      *found = silent.empty() ? "the connection was lost, though every rank is still there"
                              : text(in_words(silent), " did not answer: ended, stopped or cut off");
    });
    if (answered) {
      who = *found;
    } else if (!options_.launcher_store.empty()) {
      who = "the launcher's store did not answer: its machine ended, stopped or is cut off";
    } else if (own == 0) {
      who = "the store does not answer";
    } else {
      who = "rank 0, which keeps the store, did not answer: ended, stopped or cut off";
    }
    lost_ = text(who, " (", cause, ")");
  }

  Options options_;
  milliseconds timeout_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<Group> on_host_, on_gpu_, gradients_;
  std::unique_ptr<Worker> beside_;  // sums gradients; null where a GPU does
  std::string lost_;                // why there is no group any more
};

#else

/// Where libjtr was built without c10d's headers.
class C10d final : public Communicator {
 public:
  static constexpr char kName[] = "c10d";
  static constexpr char kSummary[] =
      "Processes on one machine or many, each with a share of every batch, by libtorch's c10d.";
  static constexpr int kPlace = 2;
  using Options = C10dOptions;

  C10d(const Options&, const CommunicatorSetting&) {
    throw Error(JTR_STATUS_INVALID_ARGUMENT,
                "parallel.name: this libjtr was built without c10d, for want of Gloo's headers (Debian: libgloo-dev)")
        .with_field("parallel.name");
  }
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 1; }
  void all_reduce(at::Tensor&, Reduction) override {}
  std::unique_ptr<Pending> begin_sum(const at::Tensor&) override { return nullptr; }
  void broadcast(at::Tensor&) override {}
  void barrier() override {}
};

#endif

const Registered<C10d> registered;

}  // namespace
}  // namespace jtr
