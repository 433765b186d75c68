/// @file
/// Every measure of films of moving balls at once: generated films against real ones, or real ones against other real
/// ones, which gives the floor that no generator can be expected to pass. docs/evaluation.md explains each measure.
///
/// Opt-in: zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/core/ball.hpp"
#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/eval/balls/ball_fit.hpp"
#include "zoetrope/eval/balls/ball_tracks.hpp"
#include "zoetrope/eval/balls/motion.hpp"
#include "zoetrope/eval/distribution.hpp"
#include "zoetrope/eval/film_change.hpp"
#include "zoetrope/eval/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

struct FilmMeasureSettings {
  BallWorld world{};
  BallFitSettings fit{};
  double residual_limit = 0.3; ///< A frame shows the right number of balls only if the fit leaves no more, in balls.
  MotionSettings motion{};
  StillnessSettings stillness{};
};

/// What a set of films must be known by to be measured, or to be measured against.
struct FilmFeatures {
  int films = 0, length = 0, balls = 0;
  std::vector<int> right_frames;                               ///< Of each film: frames with the right number of balls.
  std::vector<BallMotion> motions;                             ///< Of each film.
  std::vector<bool> frozen, looping;                           ///< Of each film.
  std::array<std::vector<double>, change_lags.size()> changes; ///< film_change() of all films, for each of change_lags.
  /// [films with two neighbouring right frames, balls, 4]: across, down, and velocity across, down, of the balls from
  /// left to right, at such a time nearest the film's middle.
  std::vector<double> states;
};

/// How good films are. Shares are from 0 to 1; NaN where no frame allows a measure.
struct FilmMeasures {
  double count_accuracy = 0.0; ///< Share of frames that show the right number of balls.
  double velocity_error = 0.0; ///< Mean change of a free ball's velocity from frame to frame, in box units per frame.
  double energy_drift = 0.0;   ///< Mean of BallMotion::energy_drift over films.
  double turns = 0.0;          ///< Turns in mid-air for a ball and film, if the ball were free all the time.
  double frozen = 0.0;         ///< Share of films that is_frozen().
  double looping = 0.0;        ///< Share of films that is_looping().
  /// Wasserstein-1 distance to the reference's film_change(), for each of change_lags; mean square of values in [-1,
  /// 1].
  std::array<double, change_lags.size()> change_distance{};
  double density = 0.0; ///< density_and_coverage() of states. A film without a state lies in no neighbourhood.
  double coverage = 0.0;
};

namespace detail {

/// Appends the state of the balls at the time nearest the middle at which they have a velocity.
inline void append_state(const BallTracks& tracks, std::vector<double>& states) {
  const int middle = tracks.length() / 2;
  int best = -1;
  for (int time = 0; time < tracks.length(); ++time)
    if (tracks.has_step(time) && (best < 0 || std::abs(time - middle) < std::abs(best - middle))) best = time;
  if (best < 0) return;
  std::vector<std::array<double, 4>> balls;
  for (int ball = 0; ball < tracks.balls; ++ball) {
    const auto& position = tracks.positions[static_cast<std::size_t>(best)][static_cast<std::size_t>(ball)];
    const auto velocity = tracks.step(best, ball);
    balls.push_back({position[0], position[1], velocity[0], velocity[1]});
  }
  std::sort(balls.begin(), balls.end());
  for (const auto& ball : balls) states.insert(states.end(), ball.begin(), ball.end());
}

/// The standard deviation of the positions, and of the velocities, in [.., 4] numbers; 1 where they are all the same.
inline std::array<double, 2> state_scales(const std::vector<double>& states) {
  std::array<std::vector<double>, 2> numbers;
  for (std::size_t i = 0; i < states.size(); ++i) numbers[i % 4 / 2].push_back(states[i]);
  std::array<double, 2> scales{};
  for (std::size_t kind = 0; kind < 2; ++kind) {
    scales[kind] = mean_and_deviation(numbers[kind]).deviation;
    if (!(scales[kind] > 0.0)) scales[kind] = 1.0;
  }
  return scales;
}

inline std::vector<double> scaled_states(std::vector<double> states, const std::array<double, 2>& scales) {
  for (std::size_t i = 0; i < states.size(); ++i) states[i] /= scales[i % 4 / 2];
  return states;
}

} // namespace detail

/// Fits, follows and compares what is in @p films [count, length, resolution, resolution], in which @p balls balls
/// should move. Throws Error unless the films are whole, of values about -1 to 1 and at least 9 frames long, and
/// settings make sense.
[[nodiscard]] inline FilmFeatures film_features(std::span<const float> films, int count, int balls,
                                                const FilmMeasureSettings& settings = {}) {
  const BallFitter fitter(settings.world, settings.fit);
  require(count >= 1, "expected at least 1 film, got ", count);
  const auto film_count = static_cast<std::size_t>(count);
  const std::size_t frame_size = settings.world.frame_size();
  require(!films.empty() && films.size() % (film_count * frame_size) == 0, "expected ", count, " films of frames of ",
          frame_size, " values, got ", films.size(), " values");
  const std::size_t film_size = films.size() / film_count;
  const int length = static_cast<int>(film_size / frame_size);
  require(length > change_lags.back(), "expected films of more than ", change_lags.back(), " frames, got ", length);
  for (std::size_t i = 0; i < films.size(); ++i)
    require(std::isfinite(films[i]) && std::abs(films[i]) <= largest_pixel,
            "expected films of finite values about -1 to ", "1, got ", films[i], " in film ", i / film_size, ", frame ",
            i % film_size / frame_size);
  // Tasks must not throw, so what they would refuse is refused here.
  detail::check_tracking(balls, settings.residual_limit);
  detail::check_motion(settings.motion);
  detail::check_stillness(length, settings.stillness);

  struct Film {
    BallTracks tracks;
    BallMotion motion;
    bool frozen = false, looping = false;
    std::array<std::vector<double>, change_lags.size()> changes;
  };
  std::vector<Film> found(film_count);
  parallel_for(count, [&](std::ptrdiff_t index) {
    const auto i = static_cast<std::size_t>(index);
    const auto pixels = films.subspan(i * film_size, film_size);
    Film& film = found[i];
    film.tracks = track_balls(pixels, balls, fitter, settings.residual_limit);
    film.motion = measure_motion(film.tracks, settings.world, settings.motion);
    film.frozen = is_frozen(pixels, length, settings.stillness);
    film.looping = is_looping(pixels, length, settings.stillness);
    for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
      film.changes[lag] = film_change(pixels, length, change_lags[lag]);
  });

  FilmFeatures features;
  features.films = count;
  features.length = length;
  features.balls = balls;
  for (const auto& film : found) {
    features.right_frames.push_back(film.tracks.right_frames());
    features.motions.push_back(film.motion);
    features.frozen.push_back(film.frozen);
    features.looping.push_back(film.looping);
    for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
      features.changes[lag].insert(features.changes[lag].end(), film.changes[lag].begin(), film.changes[lag].end());
    detail::append_state(film.tracks, features.states);
  }
  return features;
}

/// Measures @p films against @p reference, real films that are not among them. Density and coverage count @p neighbours
/// neighbours. Throws Error unless both have the same length and number of balls, and more than @p neighbours films of
/// the reference have a state.
[[nodiscard]] inline FilmMeasures measure_films(const FilmFeatures& films, const FilmFeatures& reference,
                                                int neighbours = 5) {
  require(films.films >= 1 && reference.films >= 1, "expected at least 1 film and 1 of the reference, got ",
          films.films, " and ", reference.films);
  require(films.balls == reference.balls && films.length == reference.length, "expected films of ", reference.balls,
          " balls and ", reference.length, " frames as the reference has, got ", films.balls, " balls and ",
          films.length, " frames");
  const double count = films.films;
  FilmMeasures measures;

  double right = 0.0, error = 0.0, turns = 0.0, free_steps = 0.0, drift = 0.0, drifting = 0.0;
  for (const int frames : films.right_frames) right += frames;
  for (const auto& motion : films.motions) {
    error += motion.velocity_error;
    turns += motion.turns;
    free_steps += motion.free_steps;
    if (std::isnan(motion.energy_drift)) continue;
    drift += motion.energy_drift;
    drifting += 1.0;
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  measures.count_accuracy = right / (count * films.length);
  measures.velocity_error = free_steps > 0.0 ? error / free_steps : unknown;
  // The first and the last frame have no step on one side.
  measures.turns = free_steps > 0.0 ? turns / free_steps * (films.length - 2) : unknown;
  measures.energy_drift = drifting > 0.0 ? drift / drifting : unknown;

  measures.frozen = static_cast<double>(std::ranges::count(films.frozen, true)) / count;
  measures.looping = static_cast<double>(std::ranges::count(films.looping, true)) / count;
  for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
    measures.change_distance[lag] = wasserstein_1(films.changes[lag], reference.changes[lag]);

  const auto dimensions = static_cast<std::size_t>(4 * films.balls);
  const auto reference_states = reference.states.size() / dimensions;
  require(neighbours >= 1 && reference_states > static_cast<std::size_t>(neighbours),
          "expected more films of the reference in which all balls are found than ", neighbours, ", got ",
          reference_states);
  // The same scale for all positions and another for all velocities, so that both count alike.
  const auto scales = detail::state_scales(reference.states);
  const auto found = density_and_coverage(detail::scaled_states(films.states, scales),
                                          detail::scaled_states(reference.states, scales), dimensions, neighbours);
  measures.density = found.density * static_cast<double>(films.states.size() / dimensions) / count;
  measures.coverage = found.coverage;
  return measures;
}

/// The measures with their names, in the order of FilmMeasures, for tables.
[[nodiscard]] inline std::vector<std::pair<const char*, double>> named_values(const FilmMeasures& measures) {
  return {{"ball-count accuracy", measures.count_accuracy},
          {"velocity error", measures.velocity_error},
          {"energy drift", measures.energy_drift},
          {"turns in mid-air", measures.turns},
          {"frozen films", measures.frozen},
          {"looping films", measures.looping},
          {"change distance, lag 1", measures.change_distance[0]},
          {"change distance, lag 2", measures.change_distance[1]},
          {"change distance, lag 4", measures.change_distance[2]},
          {"change distance, lag 8", measures.change_distance[3]},
          {"density", measures.density},
          {"coverage", measures.coverage}};
}

} // namespace zoetrope
