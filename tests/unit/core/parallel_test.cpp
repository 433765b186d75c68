#include "zoetrope/core/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

using namespace zoetrope;

namespace {

/// Puts the number of threads back at the end of a test.
struct ThreadSetting {
  int before = thread_count();
  ~ThreadSetting() { set_thread_count(before); }
};

} // namespace

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

#ifdef _OPENMP
TEST_CASE("set_thread_count takes effect") {
  const ThreadSetting setting;
  set_thread_count(5);
  CHECK(thread_count() == 5);
}
#endif
