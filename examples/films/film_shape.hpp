/// @file
/// The shape of films that this program is compiled for.
#pragma once

#include <zoetrope/core/shape.hpp>

namespace films {

/// FILMS_SHAPE is CMake's ZOETROPE_FILMS: channels, frames, height and width.
using Film = zoetrope::Shape<FILMS_SHAPE>;

} // namespace films
