/// @file
/// The measures of moving balls, for a report.
#pragma once

#include "data.hpp"

#include <cstdint>
#include <vector>

namespace bouncing_balls {

/// Measures @p count films of @p session, which draws by @p seed, against twice as many of @p data's real films. The
/// errors are those of the jackknife that leaves out one twentieth of the films at a time (Tukey 1958), and of a share
/// of films for the classifier.
std::vector<program::MeasureRow> measure(program::Session& session, const program::Data& data, int balls,
                                         std::uint64_t seed, int count, const program::OnShare& on_share);

} // namespace bouncing_balls
