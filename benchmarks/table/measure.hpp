/// @file
/// How the rows of the table are measured: on every number of threads, each beside Eigen's own product.
#pragma once

#include "../memory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace zoetrope::benchmarks {

/// Does one piece of the measured work each time that it is called.
using Work = std::function<void()>;

/// One row of the table.
struct Row {
  std::string name;           ///< "group/widths/what"
  double flops = 0;           ///< of one call, nominal: padding counts
  double items = 0;           ///< made by one call
  const char* item = nullptr; ///< "films"
  StageMemory memory{};       ///< what the work cannot do without, where that is known
  std::function<Work()> prepare;
};

/// Normal values, the same every time.
std::vector<float> normals(std::ptrdiff_t size);

/// 1, 2 and, where there are more, all of the machine's cores.
std::vector<int> thread_counts();

/// Adds @p row to what is measured, once for each of thread_counts().
void add(Row row);

/// Each file's rows.
void add_machine();
void add_layers();
void add_ensembles();
void add_steps();
void add_samples();
void add_compilations();

} // namespace zoetrope::benchmarks
