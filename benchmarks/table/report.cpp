#include "report.hpp"

#include <zoetrope/eval/median.hpp>

#include <cstdio>
#include <set>

namespace zoetrope::benchmarks {

namespace {

std::string with_decimals(int decimals, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return buffer;
}

/// Three digits and a unit.
std::string time_text(double seconds) {
  const char* units[] = {"s", "ms", "us", "ns"};
  std::size_t unit = 0;
  while (unit < 3 && seconds < 1) {
    seconds *= 1000;
    ++unit;
  }
  return with_decimals(seconds < 10 ? 2 : seconds < 100 ? 1 : 0, seconds) + " " + units[unit];
}

/// Why a run has no times, or null. Google Benchmark 1.8 gave the members other names.
template <class Run>
const char* why_not_measured(const Run& run) {
  if constexpr (requires { run.error_occurred; })
    return run.error_occurred ? run.error_message.c_str() : nullptr;
  else
    return run.skipped ? run.skip_message.c_str() : nullptr;
}

/// "group/widths/what/threads:2" -> "group/widths/what" and 2.
std::pair<std::string, int> split(const benchmark::BenchmarkName& name) {
  const auto& whole = name.function_name;
  const auto at = whole.rfind("/threads:");
  return {whole.substr(0, at), std::stoi(whole.substr(at + 9))};
}

} // namespace

bool TableReporter::ReportContext(const Context&) { return true; }

void TableReporter::ReportRuns(const std::vector<Run>& runs) {
  std::vector<double> seconds;
  std::map<std::string, std::vector<double>> counters;
  for (const auto& run : runs) {
    if (const char* why = why_not_measured(run)) {
      std::fprintf(stderr, "%s: %s\n", run.run_name.function_name.c_str(), why);
      failed_ = true;
      return;
    }
    if (run.run_type != Run::RT_Iteration) continue;
    seconds.push_back(run.real_accumulated_time / static_cast<double>(run.iterations));
    for (const auto& [name, counter] : run.counters) counters[name].push_back(counter.value);
  }
  if (seconds.empty()) return;
  const auto [name, threads] = split(runs.front().run_name);
  if (!cells_.contains(name)) names_.push_back(name);
  Cell& cell = cells_[name][threads];
  cell.seconds = median(seconds);
  for (const auto& [counter, values] : counters) cell.counters[counter] = median(values);
  std::fprintf(stderr, "%s, %d %s: %s\n", name.c_str(), threads, threads == 1 ? "thread" : "threads",
               time_text(cell.seconds).c_str());
}

void TableReporter::Finalize() {
  std::set<int> counts;
  for (const auto& [name, cells] : cells_)
    for (const auto& [threads, cell] : cells) counts.insert(threads);
  std::string head = "| benchmark |", rule = "|---|";
  for (const int threads : counts) {
    const std::string what = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    head += " " + what + " | GFLOP/s | of Eigen's |" + (threads == 1 ? "" : " speed-up |");
    rule += std::string("---|---|---|") + (threads == 1 ? "" : "---|");
  }
  std::printf("%s also |\n%s---|\n", head.c_str(), rule.c_str());
  for (const auto& name : names_) {
    std::string line = "| " + name + " |", also;
    const auto& cells = cells_[name];
    for (const int threads : counts) {
      const auto found = cells.find(threads);
      if (found == cells.end()) {
        line += threads == 1 ? " | | |" : " | | | |";
        continue;
      }
      const Cell& cell = found->second;
      line.append(" ").append(time_text(cell.seconds)).append(" |");
      also.clear();
      double flops = 0, eigen = 0, bytes = 0, share = 0;
      for (const auto& [counter, value] : cell.counters) {
        if (counter == "flops")
          flops = value;
        else if (counter == "eigen_flops")
          eigen = value;
        else if (counter == "peak_bytes")
          also = with_decimals(2, value / 1e9) + " GB";
        else if (counter == "bytes")
          bytes = value;
        else if (counter == "activation_share")
          share = value;
        else
          also = with_decimals(value < 100 ? 1 : 0, value) + " " + counter + " a second";
      }
      if (bytes > 0)
        also.append(with_decimals(0, bytes / 1e6))
            .append(" MB, ")
            .append(with_decimals(2, share))
            .append(" of the activations");
      const auto add_cell = [&](bool known, int decimals, double value) {
        line.append(" ").append(known ? with_decimals(decimals, value) + " |" : "|");
      };
      add_cell(flops > 0, 0, flops / 1e9);
      add_cell(flops > 0, 2, flops / eigen);
      if (threads != 1) add_cell(cells.contains(1), 2, cells.contains(1) ? cells.at(1).seconds / cell.seconds : 0);
    }
    std::printf("%s %s |\n", line.c_str(), also.c_str());
  }
  std::fflush(stdout);
}

} // namespace zoetrope::benchmarks
