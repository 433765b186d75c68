/// @file
/// The number of threads, put back at the end of a test.
#pragma once

#include "zoetrope/core/parallel.hpp"

namespace support {

struct ThreadSetting {
  ThreadSetting() = default;
  ThreadSetting(const ThreadSetting&) = delete;
  ThreadSetting& operator=(const ThreadSetting&) = delete;
  ~ThreadSetting() { zoetrope::set_thread_count(before); }

  int before = zoetrope::thread_count();
};

} // namespace support
