#include "every_header.hpp"

#include <iterator>

int threads_seen_by_the_other_file(); // defined in odr2.cpp

/// How many threads this process has, or 0 where that cannot be found out.
static std::ptrdiff_t threads() {
  std::error_code unknown;
  const std::filesystem::directory_iterator folder("/proc/self/task", unknown);
  return unknown ? 0 : std::distance(begin(folder), end(folder));
}

int main() {
  // Nothing starts threads but a loop or who asks for them, and then no more than were asked for.
  const auto at_first = threads();
  bool good = zoetrope::thread_count() > 0 && threads() == at_first;
  zoetrope::set_thread_count(1);
  zoetrope::parallel_for(10, [](std::ptrdiff_t) {});
  good = good && threads() == at_first;
  zoetrope::set_thread_count(3);
  good = good && (at_first == 0 || threads() == at_first + 2);
  return good && threads_seen_by_the_other_file() == zoetrope::thread_count() && zoetrope::thread_count() == 3 ? 0 : 1;
}
