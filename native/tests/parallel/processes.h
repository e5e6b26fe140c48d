// Tests that run in several processes: a test starts its own program once for each rank, with its own name as the
// filter. There the test finds its rank in the environment, does that rank's part, and leaves what it found in a file.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

namespace jtr::test {

/// A port of the loopback address that nobody listens on; it may be taken before it is used, which is rare.
inline int64_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), length), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// What a process is in a test of several: nothing in the one that the test began in.
struct Role {
  int64_t rank = -1, size = 0, port = 0;
  std::string folder;

  static Role here() {
    const char* said = std::getenv("JTR_TEST_ROLE");
    Role role;
    if (said != nullptr) std::istringstream(said) >> role.rank >> role.size >> role.port >> role.folder;
    return role;
  }
  bool starts_others() const { return rank < 0; }
  /// As a trainer's options have it.
  Variant communicator(Json more = Json::object()) const {
    more["rank"] = rank;
    more["size"] = size;
    more["port"] = port;
    if (!more.contains("timeout_s")) more["timeout_s"] = 60;
    return Variant{Variant::of("c10d", more).options, "parallel"};
  }
  std::string file(const std::string& name) const { return folder + "/" + name + "." + std::to_string(rank); }
  void tell(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
};

class Processes {
 public:
  explicit Processes(int64_t size) : size_(size), port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "jtr_ranks_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Processes() {
    for (const pid_t pid : pids_) {
      if (pid > 0) ::kill(pid, SIGKILL);
    }
    for (int64_t rank = 0; rank < static_cast<int64_t>(pids_.size()); ++rank) code(rank);
    std::filesystem::remove_all(folder_);
  }
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  /// Starts the running test once more, as the next rank or as another.
  void start(int64_t rank = -1, int64_t size = 0) {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    const std::string filter = std::string("--gtest_filter=") + info.test_suite_name() + "." + info.name();
    std::ostringstream role;
    role << "JTR_TEST_ROLE=" << (rank < 0 ? static_cast<int64_t>(pids_.size()) : rank) << " "
         << (size > 0 ? size : size_) << " " << port_ << " " << folder_;
    std::vector<std::string> environment = {role.str(), "OMP_NUM_THREADS=1"};
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
    std::vector<char*> pointers;
    for (std::string& entry : environment) pointers.push_back(entry.data());
    pointers.push_back(nullptr);
    const std::string log = folder_ + "/log." + std::to_string(pids_.size());
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
      const char* arguments[] = {"/proc/self/exe", filter.c_str(), nullptr};
      ::execve(arguments[0], const_cast<char**>(arguments), pointers.data());
      ::_exit(127);
    }
    pids_.push_back(pid);
    numbers_.push_back(pid);
    codes_.push_back(-1);
  }
  void start_all() {
    for (int64_t rank = 0; rank < size_; ++rank) start();
  }
  void send(int64_t place, int signal) const { ::kill(pids_[static_cast<size_t>(place)], signal); }

  /// Waits until a process ends: its exit code, or 256 and the signal that ended it. -1 where it took too long.
  int code(int64_t place, double seconds = 300) {
    const size_t i = static_cast<size_t>(place);
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (pids_[i] > 0 && std::chrono::steady_clock::now() < end) {
      int status = 0;
      if (::waitpid(pids_[i], &status, WNOHANG) == pids_[i]) {
        pids_[i] = 0;
        codes_[i] = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
    return codes_[i];
  }
  void expect_success() {
    for (int64_t i = 0; i < static_cast<int64_t>(pids_.size()); ++i) EXPECT_EQ(code(i), 0) << read("log", i);
  }
  /// What a rank told; "" for nothing.
  std::string read(const std::string& name, int64_t rank) const {
    std::ifstream in(folder_ + "/" + name + "." + std::to_string(rank), std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  /// What the process of a place told in a file of its own number.
  std::string told_by(const std::string& name, int64_t place) const {
    std::ifstream in(folder_ + "/" + name + ".of." + std::to_string(numbers_[static_cast<size_t>(place)]));
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  bool wait_for(const std::string& name, int64_t rank, double seconds = 120) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (read(name, rank).empty()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  int64_t size_, port_;
  std::string folder_;
  std::vector<pid_t> pids_, numbers_;  // 0 where it has ended; as they were
  std::vector<int> codes_;
};

}  // namespace jtr::test
