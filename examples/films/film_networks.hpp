/// @file
/// The networks that films of one's own are learnt with.
#pragma once

#include "film_shape.hpp"
#include "film_sizes.hpp"
#include "width.hpp"

#include <zoetrope/train/film_settings.hpp>

namespace films {

/// One at a time, generators draw a few places again and again.
inline constexpr int samples_together = zoetrope::FilmViews<Film>::samples_together;

inline constexpr program::Width widths[] = {{8, 8, "films", samples_together}, {4, 8, "films", samples_together}};

/// Whether clips are as large as the paper's bouncing balls: then runs of these can be read, too.
inline constexpr bool as_bouncing_balls = program::sizes_of<Film>() == program::FilmSizes{};

} // namespace films
