/// @file
/// The sessions that this program can make.
#pragma once

#include "film_sessions.hpp"

namespace program {
using films::sessions;
} // namespace program
