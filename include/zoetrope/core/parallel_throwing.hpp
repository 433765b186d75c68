/// @file
/// Loops on all threads whose tasks may throw.
#pragma once

#include "zoetrope/core/parallel.hpp"

#include <cstddef>
#include <exception>
#include <vector>

namespace zoetrope {

/// parallel_for() for a @p task that may throw: all tasks are done, then the error of the first one that threw is
/// thrown.
template <class Task>
void parallel_for_throwing(std::ptrdiff_t count, const Task& task) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  parallel_for(count, [&](std::ptrdiff_t i) {
    try {
      task(i);
    } catch (...) {
      failures[static_cast<std::size_t>(i)] = std::current_exception();
    }
  });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

} // namespace zoetrope
