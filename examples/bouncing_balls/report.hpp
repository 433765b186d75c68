/// @file
/// What a run shows: pictures, films and Table 1.
#pragma once

#include "session.hpp"

#include <zoetrope/eval/metrics.hpp>

#include <string>

namespace bouncing_balls {

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
Evaluation evaluate(Session& session, const Run& run, int film_count, int frame_count);

/// frames.png: 64 samples of G_F (Fig. 2).
void write_frames_picture(Session& session, const Run& run, const std::filesystem::path& folder);

/// films.png: three real above three generated films, a row each, time from left to right (Fig. 3).
void write_films_picture(Session& session, const Run& run, const std::filesystem::path& folder);

/// "film-0.gif" for 0.
std::string film_name(int number);

/// film-0.gif ...: @p film_count generated films, and films.gif: up to 64 of them side by side.
void write_films(Session& session, const Run& run, int film_count, const std::filesystem::path& folder);

} // namespace bouncing_balls
