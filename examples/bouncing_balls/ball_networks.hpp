/// @file
/// The widths that bouncing balls are learnt with.
#pragma once

#include "width.hpp"

namespace bouncing_balls {

inline constexpr program::Width widths[] = {{1, 1, "paper"},  {2, 4, "stable"},         {4, 8, "stable"},
                                            {8, 8, "stable"}, {8, 4, "joint", 1, true}, {8, 4, "windows", 1, true}};

} // namespace bouncing_balls
