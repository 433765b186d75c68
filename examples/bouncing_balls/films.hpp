/// @file
/// The films of this example: their sizes, and real ones that no run was trained on.
#pragma once

#include "any_balls.hpp"
#include "settings.hpp"

#include <cstddef>
#include <vector>

namespace bouncing_balls {

inline constexpr int side = 30;
inline constexpr int length = 30;
inline constexpr std::size_t frame_size = side * side;
inline constexpr std::size_t film_size = length * frame_size;

/// The training set and @p count films beyond it, which follow in the same endless stream.
AnyBalls data_with_unseen(const Run& run, int count);

/// @p count real films beyond the training set, after as many as @p skipped. [count, 30, 30, 30]
std::vector<float> unseen_films(const Run& run, int count, int skipped = 0);

} // namespace bouncing_balls
