#include "support/thread_setting.hpp"
#include "zoetrope/core/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#ifdef __GLIBC__
#include <fstream>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace zoetrope;
using support::ThreadSetting;

#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__)
namespace {

/// While it lives, the system has room for so many threads more: each takes a stack of a gigabyte of addresses.
class RoomForThreads {
public:
  explicit RoomForThreads(int count) {
    pthread_getattr_default_np(&old_attributes_);
    pthread_attr_t attributes;
    pthread_getattr_default_np(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    getrlimit(RLIMIT_AS, &old_limit_);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = old_limit_;
    limit.rlim_cur =
        pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + static_cast<std::size_t>(count) * stack + stack / 2;
    setrlimit(RLIMIT_AS, &limit);
  }
  RoomForThreads(const RoomForThreads&) = delete;
  RoomForThreads& operator=(const RoomForThreads&) = delete;
  ~RoomForThreads() {
    setrlimit(RLIMIT_AS, &old_limit_);
    pthread_setattr_default_np(&old_attributes_);
    pthread_attr_destroy(&old_attributes_);
  }

private:
  static constexpr std::size_t stack = std::size_t{1} << 30;
  pthread_attr_t old_attributes_;
  rlimit old_limit_;
};

} // namespace

TEST_CASE("where the system gives fewer threads than were asked for, loops go on with those there are") {
  const ThreadSetting setting;
  for (const int room : {0, 1}) {
    CAPTURE(room);
    set_thread_count(1);
    {
      const RoomForThreads limited(room);
      set_thread_count(4);
    }
    CHECK(thread_count() <= 1 + room);
    std::array<std::atomic<int>, 100> visits{};
    std::atomic<bool> index_in_range = true;
    for (int repetition = 0; repetition < 100; ++repetition)
      parallel_for(100, [&](std::ptrdiff_t i) {
        if (thread_index() < 0 || thread_index() >= thread_count()) index_in_range = false;
        ++visits[static_cast<std::size_t>(i)];
      });
    CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& n) { return n == 100; }));
    CHECK(index_in_range);
  }
  set_thread_count(4);
  CHECK(thread_count() == 4);
}
#endif

TEST_CASE("parallel_for visits every index once, whatever the number of threads") {
  const ThreadSetting setting;
  for (const int threads : {1, 2, 3, 16}) {
    set_thread_count(threads);
    for (const std::ptrdiff_t count : {0, 1, 2, 7, 1000}) {
      CAPTURE(threads);
      CAPTURE(count);
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count) + 1);
      std::atomic<bool> index_in_range = true;
      parallel_for(count, [&](std::ptrdiff_t i) {
        if (thread_index() < 0 || thread_index() >= thread_count()) index_in_range = false;
        ++visits[static_cast<std::size_t>(i)];
      });
      CHECK(std::all_of(visits.begin(), visits.end() - 1, [](const auto& n) { return n == 1; }));
      CHECK(visits.back() == 0);
      CHECK(index_in_range);
    }
  }
}

TEST_CASE("the number of threads") {
  const ThreadSetting setting;
  CHECK(thread_count() >= 1);
  CHECK_THROWS_AS(set_thread_count(0), Error);
  CHECK_THROWS_AS(set_thread_count(-2), Error);
  CHECK(thread_count() == setting.before);
  CHECK(thread_index() == 0);
}

TEST_CASE("set_thread_count takes effect") {
  const ThreadSetting setting;
  for (const int threads : {5, 1, 2}) {
    set_thread_count(threads);
    CHECK(thread_count() == threads);
  }
}

TEST_CASE("one thread is the caller's, two do two tasks at the same time") {
  const ThreadSetting setting;
  const auto caller = std::this_thread::get_id();
  set_thread_count(1);
  parallel_for(2, [&](std::ptrdiff_t) { CHECK(std::this_thread::get_id() == caller); });

  set_thread_count(2);
  std::atomic<int> present = 0;
  std::array<bool, 2> met{};
  std::array<int, 2> indices{};
  std::array<std::thread::id, 2> threads{};
  parallel_for(2, [&](std::ptrdiff_t i) {
    const auto index = static_cast<std::size_t>(i);
    indices[index] = thread_index();
    threads[index] = std::this_thread::get_id();
    // Each task waits for the other one: they meet only where both run at once.
    ++present;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (present < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    met[index] = present == 2;
  });
  CHECK((met[0] && met[1]));
  CHECK(threads[0] != threads[1]);
  CHECK((threads[0] == caller || threads[1] == caller));
  CHECK(indices[0] + indices[1] == 1);
}

TEST_CASE("a loop inside a task, and two threads' loops at once, visit every index once") {
  const ThreadSetting setting;
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    std::array<std::atomic<int>, 20> nested{};
    parallel_for(4, [&](std::ptrdiff_t i) {
      parallel_for(5, [&](std::ptrdiff_t j) { ++nested[static_cast<std::size_t>(5 * i + j)]; });
    });
    CHECK(std::all_of(nested.begin(), nested.end(), [](const auto& n) { return n == 1; }));

    std::array<std::array<std::atomic<int>, 7>, 2> visits{};
    const auto loop = [&](std::size_t who) {
      for (int repetition = 0; repetition < 5000; ++repetition)
        parallel_for(7, [&](std::ptrdiff_t i) { ++visits[who][static_cast<std::size_t>(i)]; });
    };
    std::thread other(loop, std::size_t{1});
    loop(0);
    other.join();
    for (const auto& of_one : visits)
      CHECK(std::all_of(of_one.begin(), of_one.end(), [](const auto& n) { return n == 5000; }));
  }
}

TEST_CASE("threads that have gone to sleep wake up for the next loop, also after a change of their number") {
  const ThreadSetting setting;
  for (const int threads : {2, 3, 2}) {
    set_thread_count(threads);
    for (int repetition = 0; repetition < 3; ++repetition) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50)); // longer than they look for work
      std::atomic<int> present = 0;
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      parallel_for(threads, [&](std::ptrdiff_t) {
        ++present;
        while (present < threads && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      });
      CHECK(std::chrono::steady_clock::now() < deadline);
    }
  }
}

TEST_CASE("every thread begins with its own share, and goes on with another's") {
  const ThreadSetting setting;
  set_thread_count(2);
  for (int repetition = 0; repetition < 20; ++repetition) {
    std::array<std::atomic<int>, 4> done_by{-1, -1, -1, -1};
    std::atomic<bool> first_has_begun = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto wait_until = [&](const auto& condition) {
      while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    };
    // The first thread is held up in its first task until the second one has done everything else.
    parallel_for(4, [&](std::ptrdiff_t i) {
      if (i == 0) {
        first_has_begun = true;
        wait_until([&] { return done_by[1] >= 0 && done_by[2] >= 0 && done_by[3] >= 0; });
      }
      if (i == 2) wait_until([&] { return first_has_begun.load(); });
      done_by[static_cast<std::size_t>(i)] = thread_index();
    });
    CHECK(done_by[0] == 0);
    CHECK(done_by[2] == 1);
    CHECK(done_by[3] == 1);
    CHECK(done_by[1] == 1);
  }
}
