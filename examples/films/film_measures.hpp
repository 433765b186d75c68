/// @file
/// The measures of any films, for a report.
#pragma once

#include "data.hpp"
#include "film_clips.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace films {

/// Measures @p count films of @p session, which draws by @p seed, against clips of @p clips; real films against others
/// that they have nothing in common with. A value is NaN where there are too few films for that,
/// and there are no rows where there are too few clips for any. The errors are those of
/// program::jackknife(), and of a share of films for the classifier.
std::vector<program::MeasureRow> measure(program::Session& session, const FilmClips& clips, std::uint64_t seed,
                                         int count, const program::OnShare& on_share);

/// Whether there are so few films that parts of them are of the same ones.
bool parts_share_films(const FilmClips& clips);

/// See program::Data::nearest().
program::Data::Nearest nearest_clips(std::span<const float> films, program::Session& session, const FilmClips& clips,
                                     std::uint64_t seed, const program::OnShare& on_share);

} // namespace films
