#include "networks.hpp"

#include "this_program.hpp"

#include <zoetrope/core/error.hpp>

#include <algorithm>

namespace program {

std::vector<std::string> width_divisors() {
  std::vector<std::string> divisors;
  for (const auto& width : networks()) {
    const std::string divisor = std::to_string(width.divisor);
    if (std::find(divisors.begin(), divisors.end(), divisor) == divisors.end()) divisors.push_back(divisor);
  }
  return divisors;
}

std::vector<std::string> variants() {
  std::vector<std::string> names;
  for (const auto& width : networks())
    if (std::find(names.begin(), names.end(), width.variant) == names.end()) names.emplace_back(width.variant);
  return names;
}

namespace {

Width width_of(int divisor, const std::string& variant) {
  const auto all = networks();
  const auto alike = std::find_if(
      all.begin(), all.end(), [&](const Width& width) { return width.divisor == divisor && width.variant == variant; });
  if (alike != all.end()) return *alike;
  const auto other = std::find_if(all.begin(), all.end(), [&](const Width& width) { return width.divisor == divisor; });
  zoetrope::require(other != all.end(), "expected width divisor ", listed(width_divisors(), "or"), ", got ", divisor);
  return *other;
}

} // namespace

int sequence_divisor(const Run& run) { return width_of(run.width_divisor, run.variant).sequence_divisor; }

bool judges_frames(const Run& run) { return width_of(run.width_divisor, run.variant).judges_frames; }

Run with_width(Run run, int divisor) {
  const Width width = width_of(divisor, run.variant);
  run.width_divisor = divisor;
  run.variant = width.variant;
  return run;
}

Run with_networks(Run run, const std::string& variant) {
  run.variant = variant;
  const auto all = networks();
  const auto is_of = [&](const Width& width) { return width.variant == variant; };
  const auto is_it = [&](const Width& width) { return is_of(width) && width.divisor == run.width_divisor; };
  if (std::find_if(all.begin(), all.end(), is_it) != all.end()) return run;
  const auto other = std::find_if(all.begin(), all.end(), is_of);
  if (other != all.end()) run.width_divisor = other->divisor;
  return run;
}

} // namespace program
