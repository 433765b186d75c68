/// @file
/// The widths that bouncing balls are learnt with.
#pragma once

#include "width.hpp"

namespace bouncing_balls {

/// Networks that few balls need, whose sequence stage judges single frames too.
constexpr program::Width stable(int divisor) { return {divisor, 4, "stable", 1, true}; }

inline constexpr program::Width widths[] = {{1, 1, "paper"}, stable(2), stable(4), stable(8)};

} // namespace bouncing_balls
