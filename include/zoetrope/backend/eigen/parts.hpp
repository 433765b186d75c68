/// @file
/// How work is cut into parts that run side by side.
#pragma once

#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <algorithm>
#include <cstddef>

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// How a whole is cut into equal parts for parallel_for().
struct Parts {
  std::ptrdiff_t whole;
  std::ptrdiff_t count;
  [[nodiscard]] std::ptrdiff_t begin(std::ptrdiff_t part) const { return whole * part / count; }
  [[nodiscard]] std::ptrdiff_t end(std::ptrdiff_t part) const { return whole * (part + 1) / count; }
};

/// Enough tasks to keep the threads busy to the end, few enough to cost nothing. A constant: results and their order of
/// summation never depend on the number of threads.
inline constexpr std::ptrdiff_t wanted_tasks = 16;

/// Cuts @p whole so that @p others times the parts give about wanted_tasks.
inline Parts cut(std::ptrdiff_t whole, std::ptrdiff_t others) {
  return {whole,
          std::clamp<std::ptrdiff_t>((wanted_tasks + others - 1) / others, 1, std::max<std::ptrdiff_t>(whole, 1))};
}

/// Calls @p body(i) for every i of [0, @p whole), in such parts side by side.
template <class Body>
void for_all(std::ptrdiff_t whole, const Body& body) {
  const Parts parts = cut(whole, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t i = parts.begin(part); i < parts.end(part); ++i) body(i);
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
