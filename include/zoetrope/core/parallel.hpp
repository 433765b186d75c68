/// @file
/// The one parallel loop. Tasks write to places of their own, so results never depend on the number of threads.
#pragma once

#include "zoetrope/core/error.hpp"

#include <cstddef>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace zoetrope {

namespace detail {
inline int& thread_setting() {
#ifdef _OPENMP
  static int setting = omp_get_max_threads();
#else
  static int setting = 1;
#endif
  return setting;
}
} // namespace detail

/// How many threads parallel_for() uses; at first, all that OpenMP offers (one where compiled without it).
[[nodiscard]] inline int thread_count() { return detail::thread_setting(); }

/// Sets thread_count(). Throws Error unless @p count is positive.
inline void set_thread_count(int count) {
  require(count > 0, "expected a positive number of threads, got ", count);
#ifdef _OPENMP
  detail::thread_setting() = count;
#endif
}

/// The number of the calling thread inside parallel_for(), from 0 to thread_count() - 1.
[[nodiscard]] inline int thread_index() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

/// Calls @p task(i) for every i of [0, @p count), in any order and on any thread. A task must not throw.
template <class Task>
void parallel_for(std::ptrdiff_t count, const Task& task) {
#ifdef _OPENMP
  const int threads = thread_count();
  if (threads > 1 && count > 1) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (std::ptrdiff_t i = 0; i < count; ++i) task(i);
    return;
  }
#endif
  for (std::ptrdiff_t i = 0; i < count; ++i) task(i);
}

} // namespace zoetrope
