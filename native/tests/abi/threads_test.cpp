// The number of threads that the arithmetic uses, from the point of view of threads that come and stay.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>

#include "jtr/jtr.h"

namespace {

/// As many threads as a loop of libtorch's runs on.
int threads_of_a_loop() {
  std::atomic<int> most{0};
  at::parallel_for(0, 64, 1, [&](int64_t, int64_t) {
    const int own = at::get_thread_num() + 1;
    int seen = most.load();
    while (seen < own && !most.compare_exchange_weak(seen, own)) {
    }
  });
  return most;
}

int32_t told() {
  jtr_runtime_info info;
  std::memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  EXPECT_EQ(jtr_get_runtime_info(&info), JTR_STATUS_OK);
  return info.threads;
}

/// A thread that does what it is given, one thing after the other.
class Worker {
 public:
  ~Worker() {
    run(nullptr);
    thread_.join();
  }
  void run(const std::function<void()>& work) {
    std::unique_lock<std::mutex> lock(mutex_);
    work_ = &work;
    changed_.notify_all();
    changed_.wait(lock, [&] { return work_ == nullptr; });
  }

 private:
  void loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (bool goes_on = true; goes_on;) {
      changed_.wait(lock, [&] { return work_ != nullptr; });
      goes_on = *work_ != nullptr;
      if (goes_on) (*work_)();
      work_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  std::thread thread_{[this] { loop(); }};  // last: it uses the others
};

TEST(Threads, AThreadThatHasComputedBeforeTakesOverTheNewNumberInItsNextCall) {
  const int32_t before = told();
  Worker worker;
  int32_t first = 0, second = 0;
  int computed_first = 0, computed_second = 0;
  ASSERT_EQ(jtr_set_threads(3), JTR_STATUS_OK);
  worker.run([&] {
    first = told();
    computed_first = threads_of_a_loop();
  });
  ASSERT_EQ(jtr_set_threads(2), JTR_STATUS_OK);
  worker.run([&] {
    second = told();
    computed_second = threads_of_a_loop();
  });
  EXPECT_EQ(first, 3);
  EXPECT_EQ(computed_first, 3);
  EXPECT_EQ(second, 2);
  EXPECT_EQ(computed_second, 2);
  EXPECT_EQ(told(), 2);
  ASSERT_EQ(jtr_set_threads(before), JTR_STATUS_OK);
  EXPECT_EQ(told(), before);
}

TEST(Threads, ANewThreadBeginsWithTheNumberThatWasSet) {
  const int32_t before = told();
  ASSERT_EQ(jtr_set_threads(3), JTR_STATUS_OK);
  std::thread([] {
    EXPECT_EQ(told(), 3);
    EXPECT_EQ(threads_of_a_loop(), 3);
  }).join();
  ASSERT_EQ(jtr_set_threads(before), JTR_STATUS_OK);
}

}  // namespace
