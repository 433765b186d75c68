/// @file
/// The training film nearest to a generated one: whether a generator learnt films by heart.
///
/// The distance is the root of the mean squared difference of values in [-1, 1]. A generator that copies a clip comes
/// as near to it as it draws well, far nearer than films lie to one another that have nothing in common. What that is
/// depends on the films, so measure it: the distance of real films to the clips of others (FilmParts). Distances that
/// are about those mean films of the generator's own; distances that are a small part of them mean copies. The distance
/// sees copies of the same place and time, not films that are shifted or differ in brightness.
///
/// Opt-in: zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/parallel_throwing.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/eval/median.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace zoetrope {

struct NearestFilm {
  std::uint64_t clip = 0; ///< its number in the data set, the first of equally near ones
  double distance = 0.0;  ///< root of the mean squared difference of values in [-1, 1]
};

struct NearestFilms {
  std::vector<NearestFilm> films; ///< one for each film that was asked about
  std::uint64_t looked_at = 0;    ///< how many clips were compared: all of them, or evenly spread ones
  std::uint64_t clips = 0;        ///< how many there are

  [[nodiscard]] double median_distance() const {
    std::vector<double> distances;
    for (const auto& film : films) distances.push_back(film.distance);
    return median(distances);
  }
};

/// For each of @p films [count, time, height, width, channels] the nearest of the @p clips of @p data, which are read
/// one at a time on each thread. Throws Error unless films are whole and finite and there is a clip, and where one
/// cannot be read.
template <FilmDataset Data>
[[nodiscard]] NearestFilms nearest_films(std::span<const float> films, int count, const Data& data,
                                         std::span<const std::uint64_t> clips) {
  constexpr auto film_size = static_cast<std::size_t>(Data::Film::size);
  constexpr auto frame_size = static_cast<std::size_t>(FrameOf<typename Data::Film>::size);
  require(count >= 1, "expected at least 1 film, got ", count);
  const auto film_count = static_cast<std::size_t>(count);
  require(films.size() == film_count * film_size, "expected ", count, " films of ", film_size, " values, got ",
          films.size(), " values");
  for (std::size_t i = 0; i < films.size(); ++i)
    require(std::isfinite(films[i]), "expected films of finite values, got ", films[i], " in film ", i / film_size);
  require(!clips.empty(), "expected clips to compare films with, got none");

  // Each task takes some clips in a row, so that it seldom reads the same film as another.
  const std::size_t tasks = std::min<std::size_t>(clips.size(), 256);
  constexpr double far = std::numeric_limits<double>::infinity();
  std::vector<NearestFilm> found(tasks * film_count, {0, far});
  parallel_for_throwing(static_cast<std::ptrdiff_t>(tasks), [&](std::ptrdiff_t task) {
    const auto number = static_cast<std::size_t>(task);
    const auto best = std::span(found).subspan(number * film_count, film_count);
    std::vector<float> clip(film_size);
    for (std::size_t c = clips.size() * number / tasks; c < clips.size() * (number + 1) / tasks; ++c) {
      data.film(clips[c], clip);
      for (std::size_t film = 0; film < film_count; ++film) {
        // What is farther than the best after some frames is so after all of them.
        double sum = 0.0;
        for (std::size_t first = 0; first < film_size && sum < best[film].distance; first += frame_size) {
          float in_frame = 0.0F;
          for (std::size_t i = first; i < first + frame_size; ++i) {
            const float difference = films[film * film_size + i] - clip[i];
            in_frame += difference * difference;
          }
          sum += static_cast<double>(in_frame);
        }
        if (sum < best[film].distance) best[film] = {clips[c], sum};
      }
    }
  });

  NearestFilms result{
      .films = std::vector<NearestFilm>(film_count, {0, far}), .looked_at = clips.size(), .clips = clips.size()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    NearestFilm& best = result.films[i % film_count];
    if (found[i].distance < best.distance) best = found[i];
  }
  for (auto& film : result.films) {
    require(std::isfinite(film.distance), "expected clips of finite values to compare films with");
    film.distance = std::sqrt(film.distance / static_cast<double>(film_size));
  }
  return result;
}

/// The same with all clips of @p data, or @p most of them, evenly spread: what was looked at is in the result.
template <FilmDataset Data>
[[nodiscard]] NearestFilms nearest_films(std::span<const float> films, int count, const Data& data,
                                         std::uint64_t most = 20'000) {
  require(most >= 1, "expected at least 1 clip to look at, got ", most);
  const std::uint64_t size = data.size(), looked_at = std::min(size, most);
  std::vector<std::uint64_t> clips(looked_at);
  const std::uint64_t step = looked_at == 0 ? 0 : size / looked_at, rest = looked_at == 0 ? 0 : size % looked_at;
  for (std::uint64_t i = 0; i < looked_at; ++i) clips[i] = i * step + i * rest / looked_at;
  NearestFilms result = nearest_films(films, count, data, std::span<const std::uint64_t>(clips));
  result.clips = size;
  return result;
}

} // namespace zoetrope
