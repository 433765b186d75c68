#include "networks.hpp"

#include <zoetrope/core/error.hpp>

namespace program {

std::vector<std::string> width_divisors() {
  std::vector<std::string> divisors;
  for (const auto& width : widths) divisors.push_back(std::to_string(width.divisor));
  return divisors;
}

namespace {

const Width& width_of(int divisor) {
  for (const auto& width : widths)
    if (width.divisor == divisor) return width;
  zoetrope::fail("expected width divisor ", listed(width_divisors(), "or"), ", got ", divisor);
}

} // namespace

int sequence_divisor(const Run& run) { return width_of(run.width_divisor).sequence_divisor; }

Run with_width(Run run, int divisor) {
  run.width_divisor = divisor;
  run.variant = width_of(divisor).variant;
  return run;
}

} // namespace program
