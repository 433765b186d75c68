/// @file
/// The measures of moving balls, for a report.
#pragma once

#include "data.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace bouncing_balls {

/// Measures @p count films of @p session, which draws by @p seed, against twice as many of @p data's real films. The
/// errors are those of the jackknife that leaves out one twentieth of the films at a time (Tukey 1958), and of a share
/// of films for the classifier.
std::vector<program::MeasureRow> measure(program::Session& session, const program::Data& data, int balls,
                                         std::uint64_t seed, int count, const program::OnShare& on_share);

/// Whether the balls in @p films [count, length, height, width] are as many as they should be and move nearly as they
/// should, where as many of @p data's real films do: what trainings by the presets demo and cpu were seen to reach,
/// with room.
std::vector<program::CheckedMeasure> check(std::span<const float> films, const program::Data& data, int balls);

} // namespace bouncing_balls
