/// @file
/// The widths that bouncing balls are learnt with.
#pragma once

#include "width.hpp"

namespace bouncing_balls {

inline constexpr int samples_together = 1, frame_judges = 4;
inline constexpr program::Width widths[] = {{1, 1, "paper"},
                                            {2, 4, "stable", samples_together, frame_judges},
                                            {4, 4, "stable", samples_together, frame_judges},
                                            {8, 4, "stable", samples_together, frame_judges}};

} // namespace bouncing_balls
