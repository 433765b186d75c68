/// @file
/// Films and frames of a run's generators, films drawn with a word on how many there are already.
#pragma once

#include "session.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace program {

/// What is told how much is done, from 0 to 1.
using OnShare = std::function<void(double)>;

/// Session::sample_films(), byte for byte.
std::vector<float> sample_films(Session& session, int count, std::uint64_t seed, const OnShare& on_share);

/// Fills @p out with films of @p session, others than those of another @p seed or of a batch that begins with another
/// number @p first.
void draw_batch(Session& session, std::uint64_t seed, std::uint64_t first, std::span<float> out);

} // namespace program
