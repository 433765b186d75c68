/// @file
/// Films of balls drawn from positions that a test chooses, in the box and profile of BouncingBalls.
#pragma once

#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/eval/balls/ball_fit.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace zoetrope::test {

inline constexpr std::size_t frame_size = 30 * 30;
inline constexpr std::size_t film_size = 30 * frame_size;

/// Appends a frame with balls at @p positions, as bright as @p brightness.
inline void draw(std::vector<float>& frames, const std::vector<PlaneVector>& positions, double brightness = 1.0) {
  for (int row = 0; row < 30; ++row)
    for (int column = 0; column < 30; ++column) {
      double light = 0.0;
      for (const auto& [across, down] : positions) {
        const double x = (column + 0.5) / 3.0 - across, y = (row + 0.5) / 3.0 - down;
        light += brightness * std::exp(-std::pow((x * x + y * y) / 1.44, 4));
      }
      frames.push_back(static_cast<float>(2.0 * std::min(light, 1.0) - 1.0));
    }
}

/// 30 frames with balls at what @p positions_at(time) gives.
template <class PositionsAt>
std::vector<float> drawn_film(const PositionsAt& positions_at) {
  std::vector<float> film;
  for (int time = 0; time < 30; ++time) draw(film, positions_at(time));
  return film;
}

/// Real films [count, 30, 30, 30] from number @p first on.
template <int Balls>
std::vector<float> real_films(int count, std::uint64_t first = 0) {
  const BouncingBalls<Balls> data{.films = 1'000'000};
  std::vector<float> films(static_cast<std::size_t>(count) * film_size);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    data.film(first + i, std::span(films).subspan(i * film_size, film_size));
  return films;
}

/// @p films with their frames in the order @p frame_at(film, time).
template <class FrameAt>
std::vector<float> reordered(const std::vector<float>& films, const FrameAt& frame_at) {
  std::vector<float> result;
  for (std::size_t film = 0; film < films.size() / film_size; ++film)
    for (std::size_t time = 0; time < 30; ++time) {
      const auto frame =
          films.begin() + static_cast<std::ptrdiff_t>(film * film_size + frame_at(film, time) * frame_size);
      result.insert(result.end(), frame, frame + frame_size);
    }
  return result;
}

} // namespace zoetrope::test
