/// @file
/// The networks that a program is compiled for.
#pragma once

#include "settings.hpp"

#include <string>
#include <vector>

namespace program {

/// The paper's widths are divided in the frame stage and in the sequence stage.
struct Width {
  int divisor;
  int sequence_divisor;
  const char* variant;
};
inline constexpr Width widths[] = {{1, 1, "paper"}, {2, 4, "stable"}, {4, 8, "stable"}, {8, 8, "stable"}};

std::vector<std::string> width_divisors();

/// What divides the widths of @p run's sequence stage. Throws zoetrope::Error for a width that there is not.
int sequence_divisor(const Run& run);

/// @p run with the networks of another width. Throws zoetrope::Error for a width that there is not.
Run with_width(Run run, int divisor);

} // namespace program
