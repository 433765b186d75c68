/// @file
/// What shape of clips suits films as they are found.
#pragma once

#include "film_sizes.hpp"
#include "settings.hpp"

#include <string>

namespace films {

struct Proposal {
  program::FilmSizes sizes;
  std::string found; ///< what was looked at, in a sentence
};

/// Looks at the first of the films that @p files names. Throws zoetrope::Error where there are none that clips can be
/// cut from.
Proposal propose(const program::FilesRun& files);

} // namespace films
