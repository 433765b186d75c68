/// @file
/// Every benchmark of the CPU backend in one table: zoetrope_benchmarks --help lists Google Benchmark's options.

#include "measure.hpp"
#include "report.hpp"

#include <zoetrope/core/error.hpp>

#include <benchmark/benchmark.h>

#include <iostream>

int main(int count, char** arguments) try {
  using namespace zoetrope::benchmarks;
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  add_compilations(); // while this process is small: a compiler's peak memory starts from its parent's
  add_machine();
  add_steps();
  add_ensembles();
  add_layers();
  add_samples();
  TableReporter table;
  return benchmark::RunSpecifiedBenchmarks(&table) > 0 && !table.failed() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "zoetrope_benchmarks: " << error.what() << '\n';
  return 1;
}
