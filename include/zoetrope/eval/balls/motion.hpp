/// @file
/// Whether balls move as free bodies do: straight on where nothing is near, and without losing energy.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/eval/balls/ball_fit.hpp"
#include "zoetrope/eval/balls/ball_tracks.hpp"
#include "zoetrope/eval/median.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

namespace zoetrope {

struct MotionSettings {
  /// A gap in box units up to which a wall or another ball may have been touched within half a frame. In half a frame
  /// two balls of BouncingBalls come closer by at most 0.36, a ball and a wall by 0.25.
  double contact_gap = 0.4;
  double turn_angle = 30.0;    ///< A change of direction above it is a turn, in degrees.
  double turning_speed = 0.05; ///< A ball must be faster before and after a turn, in box units per frame.
  double min_energy = 0.01;    ///< Below it, changes of energy are noise of the fit; in (box units per frame)^2.
};

/// What the tracks of one film say about its motion. Times are those of a BallTracks.
struct BallMotion {
  int free_steps = 0;          ///< Pairs (ball, time) with a known frame on either side and nothing near.
  double velocity_error = 0.0; ///< Sum over free_steps of |x(t+1) - 2 x(t) + x(t-1)|, in box units per frame.
  int turns = 0;               ///< Those of free_steps where the direction changes.
  /// How much the kinetic energy, the median over steps without contact of the sum of squared speeds, differs between
  /// the film's halves: |second - first| / the greater. From 0 to 1; NaN where a half has no step without contact.
  double energy_drift = std::numeric_limits<double>::quiet_NaN();
};

/// The gap between @p ball and whatever is nearest, wall or ball; below 0 where they overlap.
[[nodiscard]] inline double gap_around(const std::vector<PlaneVector>& positions, std::size_t ball,
                                       const BallWorld& world) {
  double gap = std::numeric_limits<double>::infinity();
  for (const double coordinate : positions[ball])
    gap = std::min({gap, coordinate - world.radius, world.box_size - world.radius - coordinate});
  for (std::size_t other = 0; other < positions.size(); ++other)
    if (other != ball)
      gap =
          std::min(gap, std::hypot(positions[other][0] - positions[ball][0], positions[other][1] - positions[ball][1]) -
                            2.0 * world.radius);
  return gap;
}

namespace detail {

inline void check_motion(const MotionSettings& settings) {
  require(settings.contact_gap > 0.0 && settings.turn_angle > 0.0 && settings.turning_speed > 0.0 &&
              settings.min_energy > 0.0,
          "expected positive settings of motion, got a gap of ", settings.contact_gap, ", an angle of ",
          settings.turn_angle, ", a speed of ", settings.turning_speed, " and an energy of ", settings.min_energy);
}

/// The angle between two vectors, in degrees.
inline double angle_between(const PlaneVector& a, const PlaneVector& b) {
  return std::abs(std::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])) * 180.0 / std::numbers::pi;
}

} // namespace detail

/// Judges the motion of one film. A ball is free at a time when its gap_around() is above the settings' contact_gap;
/// then nothing touches it from half a frame before to half a frame after. A step from one frame to the next is without
/// contact where each ball is free at one of its ends at least. Throws Error for settings that are not positive.
[[nodiscard]] inline BallMotion measure_motion(const BallTracks& tracks, const BallWorld& world,
                                               const MotionSettings& settings = {}) {
  detail::check_motion(settings);
  BallMotion motion;
  const auto speed = [](const PlaneVector& velocity) { return std::hypot(velocity[0], velocity[1]); };
  const auto is_free = [&](int time, int ball) {
    const auto& positions = tracks.positions[static_cast<std::size_t>(time)];
    return gap_around(positions, static_cast<std::size_t>(ball), world) > settings.contact_gap;
  };
  std::vector<double> first_half, second_half;
  for (int time = 0; time < tracks.length(); ++time) {
    if (!tracks.has_step(time)) continue;
    double energy = 0.0;
    bool touched = false;
    for (int ball = 0; ball < tracks.balls; ++ball) {
      const auto after = tracks.step(time, ball);
      energy += after[0] * after[0] + after[1] * after[1];
      const bool free = is_free(time, ball);
      touched = touched || (!free && !is_free(time + 1, ball));
      if (!free || !tracks.has_step(time - 1)) continue;
      const auto before = tracks.step(time - 1, ball);
      ++motion.free_steps;
      motion.velocity_error += std::hypot(after[0] - before[0], after[1] - before[1]);
      motion.turns += std::min(speed(before), speed(after)) > settings.turning_speed &&
                      detail::angle_between(before, after) > settings.turn_angle;
    }
    if (touched) continue;
    // Of an odd number of steps, the middle one belongs to neither half.
    if (2 * time < tracks.length() - 2) first_half.push_back(energy);
    if (2 * time > tracks.length() - 2) second_half.push_back(energy);
  }
  const double first = median(first_half), second = median(second_half);
  motion.energy_drift = std::abs(second - first) / std::max({first, second, settings.min_energy});
  return motion;
}

} // namespace zoetrope
