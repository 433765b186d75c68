/// @file
/// How much a film changes with time, and whether it stands still or repeats itself. Only pixels are compared, so these
/// hold for any films.
#pragma once

#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace zoetrope {

/// The mean squared difference between frames t and t + @p lag of @p film [length, ...], for each t from 0 to
/// length - lag - 1. Throws Error unless the film is made of @p length equal frames and 1 <= lag < length.
[[nodiscard]] inline std::vector<double> film_change(std::span<const float> film, int length, int lag) {
  require(lag >= 1 && lag < length, "expected a lag of 1 to ", length - 1, " frames, got ", lag);
  const auto frames = static_cast<std::size_t>(length), ahead = static_cast<std::size_t>(lag);
  require(!film.empty() && film.size() % frames == 0, "expected a film of ", length, " equal frames, got ", film.size(),
          " values");
  const std::size_t frame_size = film.size() / frames;
  std::vector<double> changes;
  for (std::size_t time = 0; time + ahead < frames; ++time) {
    const auto now = film.subspan(time * frame_size, frame_size), later = film.subspan((time + ahead) * frame_size);
    double sum = 0.0;
    for (std::size_t i = 0; i < frame_size; ++i) {
      const double difference = static_cast<double>(later[i]) - static_cast<double>(now[i]);
      sum += difference * difference;
    }
    changes.push_back(sum / static_cast<double>(frame_size));
  }
  return changes;
}

/// The lags at which sets of films are compared, in frames.
inline constexpr std::array<int, 4> change_lags{1, 2, 4, 8};

struct StillnessSettings {
  int run = 5;                 ///< So many frames in a row must stand still, or repeat, to be noticed.
  double frozen_change = 0.01; ///< Neighbouring frames that differ less stand still; mean square of values in [-1, 1].
  /// A frame repeats an earlier one if they differ by less than this share of what neighbouring frames differ by.
  double repeated_change = 0.5;
};

namespace detail {

inline void check_stillness(int length, const StillnessSettings& settings) {
  require(settings.run >= 2 && settings.run <= length, "expected runs of 2 to ", length, " frames, got ", settings.run);
  require(settings.frozen_change > 0.0 && settings.repeated_change > 0.0,
          "expected positive changes of frozen and repeated frames, got ", settings.frozen_change, " and ",
          settings.repeated_change);
}

} // namespace detail

/// Whether a run of frames of @p film [length, ...] stands still: neighbours that all differ by less than the settings'
/// frozen_change. Throws Error as film_change(), and unless 2 <= run <= length and thresholds are positive.
[[nodiscard]] inline bool is_frozen(std::span<const float> film, int length, const StillnessSettings& settings = {}) {
  detail::check_stillness(length, settings);
  int still = 1;
  for (const double change : film_change(film, length, 1)) {
    still = change < settings.frozen_change ? still + 1 : 1;
    if (still >= settings.run) return true;
  }
  return false;
}

/// Whether @p film [length, ...] comes back to an earlier state and goes on as it did: for some period of at least two
/// frames, a run of frames t, t + 1, ... repeats that at t + period, t + period + 1, ..., and does not stand still.
/// A film that returns through the same frames backwards does not loop. Throws Error as is_frozen().
[[nodiscard]] inline bool is_looping(std::span<const float> film, int length, const StillnessSettings& settings = {}) {
  detail::check_stillness(length, settings);
  const auto neighbours = film_change(film, length, 1);
  for (int period = 2; period + settings.run <= length; ++period) {
    const auto changes = film_change(film, length, period);
    int repeated = 0;
    for (std::size_t time = 0; time < changes.size(); ++time) {
      // changes[time] has a neighbour ahead in both cycles, but for the film's last frame.
      const double moved = neighbours[std::min(time, neighbours.size() - 1)];
      const bool repeats = moved >= settings.frozen_change && changes[time] < settings.repeated_change * moved;
      repeated = repeats ? repeated + 1 : 0;
      if (repeated >= settings.run) return true;
    }
  }
  return false;
}

} // namespace zoetrope
