/// @file
/// The table: a row for each benchmark, its columns repeated for each number of threads.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace zoetrope::benchmarks {

/// Says on standard error what is done, and prints everything as one Markdown table when it is over.
class TableReporter : public benchmark::BenchmarkReporter {
public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  /// Whether a row could not be measured.
  [[nodiscard]] bool failed() const { return failed_; }

private:
  /// The medians over the repetitions.
  struct Cell {
    double seconds = 0;
    std::map<std::string, double> counters;
  };
  std::vector<std::string> names_; ///< in order of their first run
  std::map<std::string, std::map<int, Cell>> cells_;
  bool failed_ = false;
};

} // namespace zoetrope::benchmarks
