/// @file
/// Films of balls that bounce in a box, made on the fly (Sutskever, Hinton, Taylor 2008; sec. 4 of the paper).
#pragma once

#include "zoetrope/core/ball.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/core/shape.hpp"
#include "zoetrope/data/film_dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace zoetrope {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Where the balls are, each coordinate from 0 to the size of the box, and how they move, in box units per frame.
template <int Balls>
struct BallStates {
  std::array<PlaneVector, Balls> positions{};
  std::array<PlaneVector, Balls> velocities{};
};

/// Balls of radius 1.2 and equal mass in a box of 10 x 10, seen as grey films in [-1, 1]. Film i depends on (seed, i)
/// alone. The velocities of all balls together have Frobenius norm 0.5, and elastic collisions keep it so.
template <int Balls, int Resolution = 30, int Length = 30>
struct BouncingBalls {
  static_assert(Balls >= 1 && Balls <= 6,
                "1 to 6 balls find room in the box by chance; with more, drawing takes too long");
  static_assert(Resolution >= 1 && Length >= 1, "a film has at least one pixel and one frame");

  using Film = Shape<1, Length, Resolution, Resolution>;
  using Frame = FrameOf<Film>;
  using States = BallStates<Balls>;

  static constexpr double box_size = 10.0;
  static constexpr double radius = 1.2;

  std::uint64_t seed = 10;
  std::uint64_t films = 100'000; ///< At most 2^32.

  [[nodiscard]] std::uint64_t size() const { return films; }
  [[nodiscard]] std::string description() const {
    return "BouncingBalls, " + std::to_string(films) + " films of " + std::to_string(Length) + " frames of " +
           std::to_string(Resolution) + "x" + std::to_string(Resolution) + ", balls " + std::to_string(Balls) +
           ", seed " + std::to_string(seed);
  }

  /// Writes film @p index to @p out, [Length, Resolution, Resolution, 1]. Throws Error if either does not fit.
  void film(std::uint64_t index, std::span<float> out) const {
    require(std::ssize(out) == Film::size, "expected room for a film of ", Film::size, " values, got ", out.size());
    auto states = start(index);
    constexpr std::size_t frame_size = Frame::size;
    for (std::size_t time = 0; time < Length; ++time) {
      if (time > 0) advance(states);
      draw(states, out.subspan(time * frame_size, frame_size));
    }
  }

  /// Writes frame @p time of film @p index to @p out, [Resolution, Resolution, 1]. Throws Error if one does not fit.
  void frame(std::uint64_t index, int time, std::span<float> out) const {
    require(time >= 0 && time < Length, "expected a time from 0 to ", Length - 1, ", got ", time);
    require(std::ssize(out) == Frame::size, "expected room for a frame of ", Frame::size, " values, got ", out.size());
    auto states = start(index);
    for (int i = 0; i < time; ++i) advance(states);
    draw(states, out);
  }

  /// The balls in the first frame of film @p index: positions 2 + 8U, redrawn until no wall or ball is touched, and
  /// normal velocities scaled to Frobenius norm 0.5. Throws Error if there is no such film.
  [[nodiscard]] States start(std::uint64_t index) const {
    require(index < films && index <= 0xFFFF'FFFFu, "there is no film ", index, " among ", films);
    const RandomStream random(seed, Stream::data, static_cast<std::uint32_t>(index));

    States states;
    constexpr std::uint64_t coordinates = 2 * Balls;
    double square_sum = 0.0;
    for (std::uint64_t i = 0; i < coordinates; ++i) {
      const double velocity = random.normal(i);
      states.velocities[i / 2][i % 2] = velocity;
      square_sum += velocity * velocity;
    }
    for (auto& velocity : states.velocities)
      for (double& component : velocity) component *= total_speed / std::sqrt(square_sum);

    // Positions begin at the next multiple of four, since four draws share an address.
    std::uint64_t draw = (coordinates + 3) / 4 * 4;
    // Of six balls, 3 draws in 10,000 fit; so many in vain do not happen.
    for (int attempt = 0; attempt < 1'000'000; ++attempt, draw += coordinates)
      if (draw_positions(random, draw, states.positions)) return states;
    fail("no positions found for ", Balls, " balls in film ", index, " with seed ", seed);
  }

  /// Moves the balls on by one frame.
  static void advance(States& states) {
    auto& [positions, velocities] = states;
    constexpr int substeps = 2;
    constexpr double step = 1.0 / substeps;
    for (int substep = 0; substep < substeps; ++substep) {
      for (std::size_t i = 0; i < Balls; ++i)
        for (std::size_t axis = 0; axis < 2; ++axis) {
          double& position = positions[i][axis];
          double& velocity = velocities[i][axis];
          position += step * velocity;
          if (position - radius < 0.0) velocity = std::abs(velocity);
          if (position + radius > box_size) velocity = -std::abs(velocity);
        }
      for (std::size_t i = 0; i < Balls; ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (touch(positions[i], positions[j])) collide(positions[i], positions[j], velocities[i], velocities[j]);
    }
  }

private:
  static constexpr double total_speed = 0.5;

  /// Draws positions from address @p first on and says whether no wall or ball is touched.
  static bool draw_positions(const RandomStream& random, std::uint64_t first,
                             std::array<PlaneVector, Balls>& positions) {
    for (std::size_t i = 0; i < Balls; ++i) {
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const double position = 2.0 + 8.0 * random.uniform(first + 2 * i + axis);
        if (position - radius < 0.0 || position + radius > box_size) return false;
        positions[i][axis] = position;
      }
      for (std::size_t j = 0; j < i; ++j)
        if (touch(positions[i], positions[j])) return false;
    }
    return true;
  }

  static bool touch(const PlaneVector& a, const PlaneVector& b) {
    const double across = a[0] - b[0], down = a[1] - b[1];
    return across * across + down * down < 4 * radius * radius;
  }

  /// Balls of equal mass exchange the part of their velocities along the line of centres.
  static void collide(const PlaneVector& a, const PlaneVector& b, PlaneVector& velocity_a, PlaneVector& velocity_b) {
    const double distance = std::hypot(a[0] - b[0], a[1] - b[1]);
    const PlaneVector line =
        distance > 0.0 ? PlaneVector{(a[0] - b[0]) / distance, (a[1] - b[1]) / distance} : PlaneVector{1, 0};
    const double along_a = line[0] * velocity_a[0] + line[1] * velocity_a[1];
    const double along_b = line[0] * velocity_b[0] + line[1] * velocity_b[1];
    for (std::size_t axis = 0; axis < 2; ++axis) {
      velocity_a[axis] += line[axis] * (along_b - along_a);
      velocity_b[axis] += line[axis] * (along_a - along_b);
    }
  }

  /// Pixels: the sum over balls of exp(-(d^2 / r^2)^4) at the centres of the cells, clipped at 1, then 2x - 1.
  static void draw(const States& states, std::span<float> frame) {
    constexpr double reach = ball_reach * radius;
    constexpr float cell = static_cast<float>(box_size / Resolution);
    constexpr float per_square_radius = static_cast<float>(1.0 / (radius * radius));
    constexpr float square_reach = static_cast<float>(ball_reach * ball_reach);

    std::ranges::fill(frame, 0.0f);
    for (const auto& position : states.positions) {
      const auto columns = cells_within(position[0] - reach, position[0] + reach);
      const auto rows = cells_within(position[1] - reach, position[1] + reach);
      for (int row = rows.first; row < rows.last; ++row) {
        const float down = (static_cast<float>(row) + 0.5f) * cell - static_cast<float>(position[1]);
        for (int column = columns.first; column < columns.last; ++column) {
          const float across = (static_cast<float>(column) + 0.5f) * cell - static_cast<float>(position[0]);
          const float square = (across * across + down * down) * per_square_radius;
          if (square > square_reach) continue;
          const float fourth = square * square;
          frame[static_cast<std::size_t>(row * Resolution + column)] += std::exp(-fourth * fourth);
        }
      }
    }
    for (float& pixel : frame) pixel = 2.0f * std::min(pixel, 1.0f) - 1.0f;
  }

  struct Range {
    int first, last; ///< From first to before last.
  };

  /// The cells whose centres lie from @p low to @p high.
  static Range cells_within(double low, double high) {
    constexpr double cells_per_unit = Resolution / box_size;
    return {std::max(0, static_cast<int>(std::ceil(low * cells_per_unit - 0.5))),
            std::min(Resolution, static_cast<int>(std::floor(high * cells_per_unit - 0.5)) + 1)};
  }
};

static_assert(FilmDataset<BouncingBalls<3>>);

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
