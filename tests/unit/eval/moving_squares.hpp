/// @file
/// Small colour films with an arrow of time: a square that moves to the right, fades, and leaves nothing behind.
#pragma once

#include "zoetrope/core/random.hpp"
#include "zoetrope/core/shape.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zoetrope::test {

using SquareFilm = Shape<3, 9, 20, 16>;
inline constexpr std::size_t square_film_size = SquareFilm::size, square_frame_size = square_film_size / 9;

struct SquareSettings {
  double speed = 1.0; ///< times as fast
  double dim = 0.0;   ///< this much darker
};

/// [count, 9, 20, 16, 3]
inline std::vector<float> moving_squares(int count, std::uint64_t seed, const SquareSettings& settings = {}) {
  std::vector<float> films;
  films.reserve(static_cast<std::size_t>(count) * square_film_size);
  for (int film = 0; film < count; ++film) {
    const RandomStream random(seed, Stream::user, static_cast<std::uint32_t>(film));
    const double top = 14 * random.uniform(0), left = 4 * random.uniform(1),
                 speed = settings.speed * (0.5 + 0.5 * random.uniform(2)), size = 4 + 3 * random.uniform(3);
    for (int time = 0; time < 9; ++time)
      for (int row = 0; row < 20; ++row)
        for (int column = 0; column < 16; ++column)
          for (std::uint64_t channel = 0; channel < 3; ++channel) {
            const double x = column - left - speed * time, y = row - top;
            const bool inside = x >= 0 && x < size && y >= 0 && y < size;
            const double light = (0.4 + 0.6 * random.uniform(4 + channel)) * (1 - 0.08 * time);
            films.push_back(static_cast<float>((inside ? 2 * light - 1 : -1) - settings.dim));
          }
  }
  return films;
}

/// @p films with their frames in the order @p frame_at(time).
template <class FrameAt>
std::vector<float> in_order(const std::vector<float>& films, const FrameAt& frame_at) {
  std::vector<float> result;
  result.reserve(films.size());
  for (std::size_t film = 0; film < films.size(); film += square_film_size)
    for (std::size_t time = 0; time < 9; ++time) {
      const auto frame = films.begin() + static_cast<std::ptrdiff_t>(film + frame_at(time) * square_frame_size);
      result.insert(result.end(), frame, frame + static_cast<std::ptrdiff_t>(square_frame_size));
    }
  return result;
}

} // namespace zoetrope::test
