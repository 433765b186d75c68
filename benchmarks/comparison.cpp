#include "comparison.hpp"

#include <zoetrope/core/error.hpp>
#include <zoetrope/eval/median.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace zoetrope::benchmarks {

namespace {

double seconds_in(const std::string& unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  fail("expected a time unit ns, us, ms or s, got '", unit, "'");
}

/// Whether every value of @p smaller, sorted, lies below every one of @p larger.
bool apart(const std::vector<double>& smaller, const std::vector<double>& larger) {
  return smaller.back() < larger.front();
}

} // namespace

BenchmarkRun read_run(const std::filesystem::path& path) {
  std::ifstream file(path);
  require(file.good(), "cannot read '", path.string(), "'");
  BenchmarkRun run;
  std::vector<double> rates;
  try {
    const auto document = nlohmann::json::parse(file);
    for (const auto& row : document.at("benchmarks")) {
      if (row.at("run_type") != "iteration" || row.value("error_occurred", false) || row.value("skipped", false))
        continue;
      const auto name = row.at("name").get<std::string>();
      if (!run.seconds.contains(name)) run.names.push_back(name);
      run.seconds[name].push_back(row.at("real_time").get<double>() * seconds_in(row.at("time_unit")));
      if (!row.contains("eigen_flops")) continue;
      rates.push_back(row.at("eigen_flops"));
      run.eigen_operations[name].push_back(run.seconds[name].back() * rates.back());
    }
  } catch (const nlohmann::json::exception& error) {
    fail("'", path.string(), "' is not what zoetrope_benchmarks writes: ", error.what());
  } catch (const Error& error) {
    fail("'", path.string(), "': ", error.what());
  }
  require(!run.names.empty(), "'", path.string(), "' holds no benchmark");
  for (auto* values : {&run.seconds, &run.eigen_operations})
    for (auto& [name, of_row] : *values) std::sort(of_row.begin(), of_row.end());
  if (!rates.empty()) run.eigen_flops = median(std::move(rates));
  return run;
}

Comparison compare(const BenchmarkRun& before, const BenchmarkRun& after) {
  constexpr double min_change = 0.02;
  constexpr std::size_t min_repetitions = 3; // fewer do not show how noisy they are
  Comparison result;
  for (const auto& name : before.names) {
    const auto found = after.seconds.find(name);
    if (found == after.seconds.end()) {
      result.only_before.push_back(name);
      continue;
    }
    const auto &old_times = before.seconds.at(name), &new_times = found->second;
    const auto old_work = before.eigen_operations.find(name), new_work = after.eigen_operations.find(name);
    const bool beside_eigen = old_work != before.eigen_operations.end() && new_work != after.eigen_operations.end();
    const Comparison::Row row{name, median(old_times), median(new_times)};
    const double change = row.after / row.before;
    if (std::min(old_times.size(), new_times.size()) < min_repetitions)
      result.too_few.push_back(row);
    else if (apart(new_times, old_times) && change < 1 - min_change &&
             (!beside_eigen || apart(new_work->second, old_work->second)))
      result.faster.push_back(row);
    else if (apart(old_times, new_times) && change > 1 + min_change &&
             (!beside_eigen || apart(old_work->second, new_work->second)))
      result.slower.push_back(row);
    else
      result.same.push_back(row);
  }
  for (const auto& name : after.names)
    if (!before.seconds.contains(name)) result.only_after.push_back(name);
  const auto by_change = [](const Comparison::Row& a, const Comparison::Row& b) {
    return a.after / a.before < b.after / b.before;
  };
  std::sort(result.faster.begin(), result.faster.end(), by_change);
  std::sort(result.slower.rbegin(), result.slower.rend(), by_change);
  if (before.eigen_flops > 0 && after.eigen_flops > 0) result.eigen_ratio = after.eigen_flops / before.eigen_flops;
  return result;
}

std::string to_text(const Comparison& comparison) {
  std::string text;
  char line[64];
  const auto add_rows = [&](const char* how, const std::vector<Comparison::Row>& rows) {
    for (const auto& row : rows) {
      std::snprintf(line, sizeof line, " | %.4g | %.4g | %.2f |\n", 1e3 * row.before, 1e3 * row.after,
                    row.after / row.before);
      text += "| " + std::string(how) + " | " + row.name + line;
    }
  };
  if (!comparison.faster.empty() || !comparison.slower.empty()) {
    text += "| | benchmark | before, ms | after, ms | ratio |\n|---|---|---|---|---|\n";
    add_rows("slower", comparison.slower);
    add_rows("faster", comparison.faster);
    text += "\n";
  }
  text += std::to_string(comparison.faster.size()) + " faster, " + std::to_string(comparison.slower.size()) +
          " slower, " + std::to_string(comparison.same.size()) + " the same within the noise";
  if (!comparison.too_few.empty())
    text += ", " + std::to_string(comparison.too_few.size()) + " measured too seldom to tell";
  text += ".\n";
  for (const auto& name : comparison.only_before) text += "Only before: " + name + "\n";
  for (const auto& name : comparison.only_after) text += "Only after: " + name + "\n";
  if (comparison.eigen_ratio != 0) {
    std::snprintf(line, sizeof line, "%.2f", comparison.eigen_ratio);
    text += "Eigen's product ran at " + std::string(line) + " times its earlier rate: the machine's own part.\n";
  }
  return text;
}

} // namespace zoetrope::benchmarks
