/// @file
/// How well a run learnt: Table 1 of the paper, and measures that show a collapsed generator.
#pragma once

#include "data.hpp"
#include "sampled_films.hpp"
#include "session.hpp"

#include <zoetrope/eval/metrics.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace program {

/// A row of Table 1: MSE between consecutive frames of @p films [count, length, height, width, channels], each one such
/// as @p data has, over at least 2 films. Frames are binarised first, as in the paper, where Data::binary() says so.
zoetrope::MeanAndDeviation film_mse(std::span<const float> films, const Data& data);

/// Table 1 of the paper for this run, and measures of how well it learnt.
struct Evaluation {
  zoetrope::MeanAndDeviation real{}, generated{}, random_latents{}; ///< MSE between consecutive frames
  double near_brightness = 0; ///< share of frames within 15 % of the real brightness, of binary films
  double relative_spread = 0; ///< pixel standard deviation over frames, relative to real frames'
  std::string title;          ///< of the data
  bool binary = true;
  int film_count = 0;
  int frame_count = 0;

  std::vector<CheckedMeasure> motion = {}; ///< Data::checks() of the generated films
  [[nodiscard]] std::vector<CheckedMeasure> measures() const;
  [[nodiscard]] bool good() const;
  /// As a Markdown document.
  [[nodiscard]] std::string markdown() const;
};

/// Compares @p session's generators, which draw by @p seed, with real films of @p data.
Evaluation evaluate(
    Session& session, const Data& data, std::uint64_t seed, int film_count, int frame_count,
    const OnShare& on_share = [](double) {});

} // namespace program
