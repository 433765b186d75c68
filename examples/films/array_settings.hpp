/// @file
/// How a run's arrays of films are read.
#pragma once

#include "settings.hpp"

#include <zoetrope/data/film_array.hpp>

namespace films {

inline zoetrope::FilmArraySettings array_settings(const program::FilesRun& files) {
  zoetrope::FilmArraySettings settings{.axes = files.axes};
  if (files.range.size() == 2) settings.range = {files.range[0], files.range[1]};
  return settings;
}

} // namespace films
