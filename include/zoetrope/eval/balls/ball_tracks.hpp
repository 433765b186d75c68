/// @file
/// The balls of a film, followed from frame to frame.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/eval/balls/ball_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

/// Finding the least distance takes trying all orders: 720 of six balls, 40,320 of eight.
inline constexpr int max_tracked_balls = 8;

/// Where each ball of a film is at each time.
struct BallTracks {
  int balls = 0;
  /// [time][ball], or empty at times whose frame does not show the right number of balls. In neighbouring frames that
  /// do, a ball keeps its number; after a gap the numbers mean nothing.
  std::vector<std::vector<PlaneVector>> positions;

  [[nodiscard]] int length() const { return static_cast<int>(positions.size()); }
  /// Whether all balls are known at @p time and at the next.
  [[nodiscard]] bool has_step(int time) const {
    const auto t = static_cast<std::size_t>(time);
    return time >= 0 && t + 1 < positions.size() && !positions[t].empty() && !positions[t + 1].empty();
  }
  /// How far a ball moves from @p time to the next, in box units per frame.
  [[nodiscard]] PlaneVector step(int time, int ball) const {
    const auto t = static_cast<std::size_t>(time), i = static_cast<std::size_t>(ball);
    return {positions[t + 1][i][0] - positions[t][i][0], positions[t + 1][i][1] - positions[t][i][1]};
  }
  /// The number of frames with the right number of balls.
  [[nodiscard]] int right_frames() const {
    return static_cast<int>(std::ranges::count_if(positions, [](const auto& frame) { return !frame.empty(); }));
  }
};

/// Orders @p next so that the balls' distances to @p before, the frame ahead of it, have the least sum.
inline void link_balls(std::span<const PlaneVector> before, std::vector<PlaneVector>& next) {
  require(before.size() == next.size() && std::ssize(next) <= max_tracked_balls, "expected as many balls as before, ",
          before.size(), ", and at most ", max_tracked_balls, ", got ", next.size());
  std::vector<std::size_t> order(next.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto best = order;
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0.0;
    for (std::size_t i = 0; i < order.size() && sum < least; ++i)
      sum += std::hypot(next[order[i]][0] - before[i][0], next[order[i]][1] - before[i][1]);
    if (sum < least) {
      least = sum;
      best = order;
    }
  } while (std::ranges::next_permutation(order).found);
  std::vector<PlaneVector> linked;
  for (const std::size_t ball : best) linked.push_back(next[ball]);
  next = std::move(linked);
}

namespace detail {

inline void check_tracking(int balls, double residual_limit) {
  require(balls >= 1 && balls <= max_tracked_balls, "expected 1 to ", max_tracked_balls, " balls to follow, got ",
          balls);
  require(residual_limit > 0.0, "expected a positive limit of the residual, got ", residual_limit);
}

} // namespace detail

/// Follows @p balls balls through @p film [length, resolution, resolution]. A frame counts as right where the fit finds
/// that many balls and leaves a residual of at most @p residual_limit. Throws Error unless the film is made of whole
/// frames of finite values, for fewer than 1 or more than max_tracked_balls, and for a limit that is not positive.
[[nodiscard]] inline BallTracks track_balls(std::span<const float> film, int balls, const BallFitter& fitter,
                                            double residual_limit = 0.3) {
  detail::check_tracking(balls, residual_limit);
  const std::size_t frame_size = fitter.world().frame_size();
  require(!film.empty() && film.size() % frame_size == 0, "expected a film of frames of ", frame_size, " values, got ",
          film.size(), " values");
  BallTracks tracks{balls, {}};
  for (std::size_t first = 0; first < film.size(); first += frame_size) {
    auto fit = fitter(film.subspan(first, frame_size));
    const bool right = std::ssize(fit.positions) == balls && fit.residual <= residual_limit;
    if (!right) fit.positions.clear();
    if (right && first > 0 && !tracks.positions.back().empty()) link_balls(tracks.positions.back(), fit.positions);
    tracks.positions.push_back(std::move(fit.positions));
  }
  return tracks;
}

} // namespace zoetrope
