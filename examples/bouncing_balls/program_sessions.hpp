/// @file
/// The sessions that this program can make.
#pragma once

#include "ball_sessions.hpp"

namespace program {
using bouncing_balls::sessions;
} // namespace program
