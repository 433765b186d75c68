/// @file
/// The data set of this example.
#pragma once

#include <zoetrope/core/shape.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace bouncing_balls {

/// Bouncing balls, their number chosen at run time: 1 to max_balls.
struct AnyBalls {
  using Film = zoetrope::Shape<1, 30, 30, 30>;
  static constexpr int max_balls = 6;

  int balls;
  std::uint64_t seed;
  std::uint64_t films;

  [[nodiscard]] std::uint64_t size() const { return films; }
  [[nodiscard]] std::string description() const;
  void film(std::uint64_t index, std::span<float> out) const;
  void frame(std::uint64_t index, int time, std::span<float> out) const;
};

} // namespace bouncing_balls
