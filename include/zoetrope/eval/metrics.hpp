/// @file
/// Numbers that tell how good frames and films are: Table 1 of the paper, and three that show a collapsed generator.
#pragma once

#include "zoetrope/core/error.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

namespace zoetrope {

/// The mean squared difference between neighbouring frames of @p film [length, ...], after each value became 1 where it
/// is above 0 and else 0; averaged over the length - 1 pairs (Table 1 of the paper, one film). The lower it is, the
/// less changes from frame to frame. Throws Error unless there are at least two frames of one size.
[[nodiscard]] inline double consecutive_mse(std::span<const float> film, int length) {
  require(length >= 2, "expected a film of at least 2 frames, got ", length);
  const auto frames = static_cast<std::size_t>(length);
  require(!film.empty() && film.size() % frames == 0, "expected a film of ", length, " equal frames, got ", film.size(),
          " values");
  const std::size_t frame_size = film.size() / frames;
  std::uint64_t different = 0;
  for (std::size_t i = frame_size; i < film.size(); ++i) different += (film[i] > 0.0f) != (film[i - frame_size] > 0.0f);
  return static_cast<double>(different) / static_cast<double>(film.size() - frame_size);
}

struct MeanAndDeviation {
  double mean = 0.0;
  double deviation = 0.0; ///< Standard deviation of one value (not of the mean).
};

/// Mean and sample standard deviation (sum of squares over n - 1), as "mean ± deviation" over films in Table 1.
/// Throws Error for fewer than two values.
template <std::ranges::input_range Values>
[[nodiscard]] MeanAndDeviation mean_and_deviation(const Values& values) {
  // Welford's recurrence: no cancellation where the deviation is small against the mean.
  double count = 0.0, mean = 0.0, squares = 0.0;
  for (const auto& element : values) {
    const auto value = static_cast<double>(element);
    const double difference = value - mean;
    count += 1.0;
    mean += difference / count;
    squares += difference * (value - mean);
  }
  require(count >= 2.0, "a standard deviation takes at least 2 values, got ", count);
  return {mean, std::sqrt(squares / (count - 1.0))};
}

/// How much samples differ: the sample standard deviation of each value over @p count frames or films [count, ...],
/// averaged over values. Near 0 where a generator draws the same frame always. Throws Error for fewer than two samples.
[[nodiscard]] inline double pixel_spread(std::span<const float> samples, int count) {
  require(count >= 2, "a spread takes at least 2 samples, got ", count);
  const auto sample_count = static_cast<std::size_t>(count);
  require(!samples.empty() && samples.size() % sample_count == 0, "expected ", count, " equal samples, got ",
          samples.size(), " values");
  const std::size_t sample_size = samples.size() / sample_count;
  std::vector<double> column(sample_count);
  double sum = 0.0;
  for (std::size_t value = 0; value < sample_size; ++value) {
    for (std::size_t sample = 0; sample < sample_count; ++sample)
      column[sample] = samples[sample * sample_size + value];
    sum += mean_and_deviation(column).deviation;
  }
  return sum / static_cast<double>(sample_size);
}

/// The light of a frame: the sum over its values, each taken from [-1, 1] to [0, 1]. Real frames of n balls that do not
/// overlap have about n times the brightness of one ball.
[[nodiscard]] inline double brightness(std::span<const float> frame) {
  double sum = 0.0;
  for (const float value : frame) sum += (static_cast<double>(value) + 1.0) / 2.0;
  return sum;
}

/// The share of @p values within @p tolerance times |@p target| of @p target: 0.15 asks for 15 %. NaN counts as far.
/// Throws Error if there are no values or the tolerance is negative.
template <std::ranges::input_range Values>
[[nodiscard]] double fraction_near(const Values& values, double target, double tolerance) {
  require(tolerance >= 0.0, "expected a tolerance of at least 0, got ", tolerance);
  double count = 0.0, near = 0.0;
  for (const auto& value : values) {
    count += 1.0;
    if (std::abs(static_cast<double>(value) - target) <= tolerance * std::abs(target)) near += 1.0;
  }
  require(count > 0.0, "a share takes at least 1 value, got none");
  return near / count;
}

} // namespace zoetrope
