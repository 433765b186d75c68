/// @file
/// How well a run learnt: Table 1 of the paper, and measures that show a collapsed generator.
#pragma once

#include "sampled_films.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <zoetrope/eval/metrics.hpp>

#include <span>
#include <string>
#include <vector>

namespace bouncing_balls {

/// A row of Table 1: MSE between consecutive binarised frames of @p films [count, 30, 30, 30], over at least 2 films.
zoetrope::MeanAndDeviation film_mse(std::span<const float> films);

/// Table 1 of the paper for this run, and the four measures of how well it learnt.
struct Evaluation {
  zoetrope::MeanAndDeviation real{}, generated{}, random_latents{}; ///< MSE between consecutive binarised frames
  double near_brightness = 0; ///< share of G_F's samples within 15 % of the real brightness
  double relative_spread = 0; ///< pixel standard deviation over G_F's samples, relative to real frames'
  int balls = 0;
  int film_count = 0;
  int frame_count = 0;

  struct Measure {
    std::string name;
    double value;
    std::string wanted;
    bool good;
  };
  [[nodiscard]] std::vector<Measure> measures() const;
  [[nodiscard]] bool good() const;
  /// As a Markdown document.
  [[nodiscard]] std::string markdown() const;
};

/// Compares @p session's generators with real films of @p run, none of which it was trained on.
Evaluation evaluate(
    Session& session, const Run& run, int film_count, int frame_count, const OnShare& on_share = [](double) {});

} // namespace bouncing_balls
