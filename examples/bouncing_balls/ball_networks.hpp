/// @file
/// The widths that bouncing balls are learnt with.
#pragma once

#include "width.hpp"

namespace bouncing_balls {

/// In the sequence stage most work is G_F's, so that G_V may be wide where G_F is narrow.
inline constexpr int stable_sequence_divisor = 4;
/// Networks that few balls need, whose sequence stage judges single frames too.
constexpr program::Width stable(int divisor) { return {divisor, stable_sequence_divisor, "stable", 1, true}; }

inline constexpr program::Width widths[] = {{1, 1, "paper"}, stable(2), stable(4), stable(8)};

} // namespace bouncing_balls
