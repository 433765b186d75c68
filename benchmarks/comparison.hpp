/// @file
/// Two runs of zoetrope_benchmarks, row by row: what changed beyond the noise.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace zoetrope::benchmarks {

/// One run's JSON, as Google Benchmark writes it.
struct BenchmarkRun {
  std::vector<std::string> names;                     ///< in the file's order
  std::map<std::string, std::vector<double>> seconds; ///< of every repetition of a row, sorted
  /// The same in operations that Eigen's product would have done meanwhile, where a row has its rate.
  std::map<std::string, std::vector<double>> eigen_operations;
  double eigen_flops = 0; ///< the median over the rows, 0 where none has it
};

/// Throws Error where the file cannot be read or is no such run.
BenchmarkRun read_run(const std::filesystem::path& path);

struct Comparison {
  struct Row {
    std::string name;
    double before, after; ///< medians, in seconds
  };
  std::vector<Row> faster, slower, same, too_few;
  std::vector<std::string> only_before, only_after;
  double eigen_ratio = 0; ///< of Eigen's rates, after to before; 0 where unknown
};

/// A row has changed where every repetition of one run took longer than every repetition of the other (with five each,
/// chance does that once in 126 times), and their medians differ by more than 2 %; where Eigen's
/// rate beside each repetition is known, measured by that too, so that a slow hour of the machine is no change. Fewer
/// than three repetitions are too few to tell.
Comparison compare(const BenchmarkRun& before, const BenchmarkRun& after);

/// As Markdown.
std::string to_text(const Comparison& comparison);

} // namespace zoetrope::benchmarks
