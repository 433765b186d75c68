/// @file
/// What changed between two runs: compare_benchmarks before.json after.json.

#include "comparison.hpp"

#include <exception>
#include <iostream>

int main(int count, char** arguments) try {
  using namespace zoetrope::benchmarks;
  if (count != 3) {
    std::cerr << "Usage: compare_benchmarks before.json after.json\n";
    return 2;
  }
  std::cout << to_text(compare(read_run(arguments[1]), read_run(arguments[2])));
} catch (const std::exception& error) {
  std::cerr << "compare_benchmarks: " << error.what() << '\n';
  return 2;
}
