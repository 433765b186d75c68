/// @file
/// Measures of films of any kind: generated films against real ones, or real ones against other real ones, which gives
/// the floor that no generator can be expected to pass. docs/evaluation.md explains each measure.
///
/// Opt-in: zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/eval/distribution.hpp"
#include "zoetrope/eval/film_change.hpp"
#include "zoetrope/eval/median.hpp"
#include "zoetrope/eval/metrics.hpp"
#include "zoetrope/eval/random_film_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// What counts as standing still among films like @p real [count, length, ...]: neighbouring frames that differ by less
/// than a tenth of what they do in a typical real film. A camera's film of clouds changes a thousand times less than
/// one of balls, and neither is frozen. Throws Error as film_change().
[[nodiscard]] inline StillnessSettings stillness_of(std::span<const float> real, int count, int length) {
  require(count >= 1 && real.size() % static_cast<std::size_t>(count) == 0, "expected ", count, " equal films, got ",
          real.size(), " values");
  const std::size_t film_size = real.size() / static_cast<std::size_t>(count);
  std::vector<double> changes;
  for (std::size_t film = 0; film < static_cast<std::size_t>(count); ++film) {
    const auto some = film_change(real.subspan(film * film_size, film_size), length, 1);
    changes.insert(changes.end(), some.begin(), some.end());
  }
  constexpr double least = 1e-6; // about a hundredth of the step between two bytes, of films that hardly move
  return {.frozen_change = std::max(0.1 * median(changes), least)};
}

/// What a set of films must be known by to be measured, or to be measured against. append() joins them.
struct FilmQualityFeatures {
  int films = 0, length = 0;
  std::size_t film_size = 0; ///< values of a film
  StillnessSettings stillness{};
  std::uint64_t seed = 0;                                      ///< of the random filters
  std::vector<bool> frozen, looping;                           ///< Of each film.
  std::array<std::vector<double>, change_lags.size()> changes; ///< film_change() of all films; nothing of longer lags.
  std::vector<float> pixels;  ///< [films, ...]: of each film the same values, evenly spread, some 4,000 of them.
  std::vector<double> points; ///< random_film_features() of all films.
};

namespace detail {

/// Every so-manieth value of a film is kept to measure spread: a step that has no factor in common with the film's
/// sizes meets every row, column and channel.
inline std::size_t kept_step(std::size_t film_size) {
  std::size_t step = std::max<std::size_t>(film_size / 4096, 1);
  while (std::gcd(step, film_size) != 1) ++step;
  return step;
}

inline void require_alike(const FilmQualityFeatures& a, const FilmQualityFeatures& b) {
  require(a.length == b.length && a.film_size == b.film_size, "expected films of ", b.length, " frames and ",
          b.film_size, " values as the others are, got ", a.length, " frames and ", a.film_size, " values");
  require(a.stillness.run == b.stillness.run && a.stillness.frozen_change == b.stillness.frozen_change &&
              a.stillness.repeated_change == b.stillness.repeated_change && a.seed == b.seed,
          "films are compared by features of the same stillness and seed; these have frozen changes of ",
          a.stillness.frozen_change, " and ", b.stillness.frozen_change, ", seeds of ", a.seed, " and ", b.seed);
}

/// Each of @p points' numbers divided by its standard deviation among @p reference, so that all count alike.
inline std::vector<double> scaled_points(std::vector<double> points, const std::vector<double>& reference,
                                         std::size_t dimensions) {
  for (std::size_t dimension = 0; dimension < dimensions; ++dimension) {
    std::vector<double> column;
    for (std::size_t i = dimension; i < reference.size(); i += dimensions) column.push_back(reference[i]);
    const double deviation = mean_and_deviation(column).deviation;
    if (!(deviation > 0.0)) continue;
    for (std::size_t i = dimension; i < points.size(); i += dimensions) points[i] /= deviation;
  }
  return points;
}

} // namespace detail

/// What film_quality() needs of @p films [count, time, height, width, channels]. @p stillness is that of real films,
/// the same for all that are compared. Throws Error unless the films are whole and finite, and settings make sense.
template <FilmShape Film, Backend B = DefaultBackend>
[[nodiscard]] FilmQualityFeatures film_quality_features(std::span<const float> films, int count,
                                                        const StillnessSettings& stillness, std::uint64_t seed = 1,
                                                        std::shared_ptr<B> backend = std::make_shared<B>()) {
  constexpr int length = film_length<Film>;
  constexpr auto film_size = static_cast<std::size_t>(Film::size);
  detail::check_stillness(length, stillness);
  FilmQualityFeatures features{.films = count,
                               .length = length,
                               .film_size = film_size,
                               .stillness = stillness,
                               .seed = seed,
                               .frozen = {},
                               .looping = {},
                               .changes = {},
                               .pixels = {},
                               .points = random_film_features<Film>(films, count, seed, std::move(backend))};
  struct Seen {
    bool frozen = false, looping = false;
    std::array<std::vector<double>, change_lags.size()> changes;
  };
  std::vector<Seen> seen(static_cast<std::size_t>(count));
  parallel_for(count, [&](std::ptrdiff_t index) {
    const auto i = static_cast<std::size_t>(index);
    const auto film = films.subspan(i * film_size, film_size);
    seen[i].frozen = is_frozen(film, length, stillness);
    seen[i].looping = is_looping(film, length, stillness);
    for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
      if (change_lags[lag] < length) seen[i].changes[lag] = film_change(film, length, change_lags[lag]);
  });
  for (const auto& film : seen) {
    features.frozen.push_back(film.frozen);
    features.looping.push_back(film.looping);
    for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
      features.changes[lag].insert(features.changes[lag].end(), film.changes[lag].begin(), film.changes[lag].end());
  }
  const std::size_t step = detail::kept_step(film_size);
  for (std::size_t film = 0; film < seen.size(); ++film)
    for (std::size_t i = 0; i < film_size; i += step) features.pixels.push_back(films[film * film_size + i]);
  return features;
}

/// Adds @p more films to @p all, which may have none yet. Throws Error unless they are of one kind and were looked at
/// in the same way.
inline void append(FilmQualityFeatures& all, const FilmQualityFeatures& more) {
  if (all.films == 0) {
    all = more;
    return;
  }
  detail::require_alike(more, all);
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  all.films += more.films;
  add(all.frozen, more.frozen);
  add(all.looping, more.looping);
  for (std::size_t lag = 0; lag < all.changes.size(); ++lag) add(all.changes[lag], more.changes[lag]);
  add(all.pixels, more.pixels);
  add(all.points, more.points);
}

/// How good films are. Shares are from 0 to 1.
struct FilmQuality {
  int length = 0;       ///< frames of a film
  double frozen = 0.0;  ///< Share of films that is_frozen().
  double looping = 0.0; ///< Share of films that is_looping().
  /// Wasserstein-1 distance to the reference's film_change(), for each of change_lags, in mean square of values in
  /// [-1, 1]; NaN where films are no longer than the lag.
  std::array<double, change_lags.size()> change_distance{};
  double spread = 0.0;   ///< pixel_spread() relative to the reference's; NaN where that is 0.
  double density = 0.0;  ///< density_and_coverage() of random_film_features().
  double coverage = 0.0; ///< of these too
};

/// Measures @p films against @p reference, real films that are not among them. Density and coverage count @p neighbours
/// neighbours. Throws Error unless both are films of one kind, looked at in the same way, at least two, and there are
/// more in the reference than @p neighbours.
[[nodiscard]] inline FilmQuality film_quality(const FilmQualityFeatures& films, const FilmQualityFeatures& reference,
                                              int neighbours = 5) {
  require(films.films >= 2 && reference.films >= 2, "expected at least 2 films and 2 of the reference, got ",
          films.films, " and ", reference.films);
  detail::require_alike(films, reference);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  FilmQuality quality{.length = films.length};
  quality.frozen = static_cast<double>(std::ranges::count(films.frozen, true)) / films.films;
  quality.looping = static_cast<double>(std::ranges::count(films.looping, true)) / films.films;
  for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
    quality.change_distance[lag] =
        change_lags[lag] < films.length ? wasserstein_1(films.changes[lag], reference.changes[lag]) : unknown;
  const double real_spread = pixel_spread(reference.pixels, reference.films);
  quality.spread = real_spread > 0.0 ? pixel_spread(films.pixels, films.films) / real_spread : unknown;
  const std::size_t dimensions = reference.points.size() / static_cast<std::size_t>(reference.films);
  const auto found = density_and_coverage(detail::scaled_points(films.points, reference.points, dimensions),
                                          detail::scaled_points(reference.points, reference.points, dimensions),
                                          dimensions, neighbours);
  quality.density = found.density;
  quality.coverage = found.coverage;
  return quality;
}

/// The measures with their names, in the order of FilmQuality, for tables; only lags that the films are longer than.
[[nodiscard]] inline std::vector<std::pair<std::string, double>> named_values(const FilmQuality& quality) {
  std::vector<std::pair<std::string, double>> values{{"frozen films", quality.frozen},
                                                     {"looping films", quality.looping}};
  for (std::size_t lag = 0; lag < change_lags.size(); ++lag)
    if (change_lags[lag] < quality.length)
      values.emplace_back("change distance, lag " + std::to_string(change_lags[lag]), quality.change_distance[lag]);
  values.emplace_back("pixel spread relative to real", quality.spread);
  values.emplace_back("density", quality.density);
  values.emplace_back("coverage", quality.coverage);
  return values;
}

} // namespace zoetrope
