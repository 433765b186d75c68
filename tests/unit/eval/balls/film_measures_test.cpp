// All measures at once, on films where the answer is known.

#include "support/error_of.hpp"
#include "zoetrope/eval/balls/film_measures.hpp"

#include "unit/eval/balls/ball_films.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

constexpr int count = 40;

const FilmFeatures& reference() {
  static const FilmFeatures features = film_features(real_films<3>(count, 1000), count, 3);
  return features;
}

FilmMeasures measures_of(const std::vector<float>& films) {
  return measure_films(film_features(films, static_cast<int>(films.size() / film_size), 3), reference());
}

} // namespace

TEST_CASE("real films are at the floor of every measure") {
  const auto found = measures_of(real_films<3>(count));
  CHECK(found.count_accuracy == 1.0);
  CHECK(found.velocity_error < 0.001);
  CHECK(found.energy_drift < 0.01);
  CHECK(found.turns == 0.0);
  CHECK(found.frozen == 0.0);
  CHECK(found.looping == 0.0);
  for (const double distance : found.change_distance) CHECK(distance < 0.03);
  CHECK(found.density == doctest::Approx(1.0).epsilon(0.4));
  CHECK(found.coverage > 0.85);
}

TEST_CASE("frozen films: nothing moves, everything else is right") {
  const auto found = measures_of(reordered(real_films<3>(count), [](std::size_t, std::size_t) { return 0; }));
  CHECK(found.count_accuracy == 1.0);
  CHECK(found.velocity_error < 1e-6);
  CHECK(found.turns == 0.0);
  CHECK(found.frozen == 1.0);
  CHECK(found.looping == 0.0);
  // The frames' own change is the distance: there is none in these.
  CHECK(found.change_distance[0] > 0.05);
  CHECK(found.change_distance[3] > 3 * found.change_distance[0]);
}

TEST_CASE("shuffled films: balls jump about") {
  const auto found = measures_of(
      reordered(real_films<3>(count), [](std::size_t film, std::size_t time) { return (7 * time + film) % 30; }));
  CHECK(found.count_accuracy == 1.0);
  CHECK(found.velocity_error > 0.5);
  CHECK(found.turns > 3.0);
  CHECK(found.frozen == 0.0);
  CHECK(found.change_distance[0] > 0.1);
}

TEST_CASE("a ball too many or too few is no film of three balls") {
  for (const auto& films : {real_films<4>(5), real_films<2>(5)}) {
    const auto found = measures_of(films);
    CHECK(found.count_accuracy == 0.0);
    CHECK(std::isnan(found.velocity_error));
    CHECK(std::isnan(found.turns));
    CHECK(std::isnan(found.energy_drift));
    CHECK(found.density == 0.0);
    CHECK(found.coverage == 0.0);
  }
  // Every other film is wrong.
  auto films = real_films<3>(4);
  const auto wrong = real_films<4>(1);
  for (const std::size_t film : {1, 3})
    std::ranges::copy(wrong, films.begin() + static_cast<std::ptrdiff_t>(film * film_size));
  CHECK(measures_of(films).count_accuracy == 0.5);
}

TEST_CASE("mode collapse shows in the coverage alone") {
  const auto one = real_films<3>(1, 5);
  std::vector<float> films;
  for (int i = 0; i < count; ++i) films.insert(films.end(), one.begin(), one.end());
  const auto found = measures_of(films);
  CHECK(found.count_accuracy == 1.0);
  CHECK(found.velocity_error < 0.001);
  CHECK(found.turns == 0.0);
  CHECK(found.coverage < 0.3);
}

TEST_CASE("films that loop") {
  const auto found = measures_of(reordered(real_films<3>(5), [](std::size_t, std::size_t time) { return time % 9; }));
  CHECK(found.looping == 1.0);
  CHECK(found.frozen == 0.0);
}

TEST_CASE("the measures have names, in their order") {
  FilmMeasures measures;
  measures.count_accuracy = 0.9;
  measures.coverage = 0.7;
  const auto named = named_values(measures);
  REQUIRE(named.size() == 12);
  CHECK(std::string(named.front().first) == "ball-count accuracy");
  CHECK(named.front().second == 0.9);
  CHECK(std::string(named.back().first) == "coverage");
  CHECK(named.back().second == 0.7);
}

TEST_CASE("films that cannot be measured are refused, and so is a reference that says nothing") {
  auto films = real_films<3>(2);
  CHECK(error_of([&] { (void)film_features(films, 0, 3); }) == "expected at least 1 film, got 0");
  CHECK(error_of([&] { (void)film_features(films, 2, 9); }) == "expected 1 to 8 balls to follow, got 9");
  CHECK(error_of([&] {
          (void)film_features(std::span(films).first(900), 2, 3);
        }).starts_with("expected 2 films of frames of 900 values"));
  CHECK(error_of([&] { (void)film_features(std::span(films).first(8 * 900), 1, 3); }) ==
        "expected films of more than 8 frames, got 8");
  CHECK(error_of([&] { (void)measure_films(film_features(real_films<2>(1), 1, 2), reference()); }) ==
        "expected films of 3 balls and 30 frames as the reference has, got 2 balls and 30 frames");
  const auto empty = film_features(std::vector<float>(10 * film_size, -1.0f), 10, 3);
  CHECK(error_of([&] { (void)measure_films(reference(), empty); }) ==
        "expected more films of the reference in which all balls are found than 5, got 0");
  films[film_size + 2 * frame_size + 3] = std::numeric_limits<float>::infinity();
  CHECK(error_of([&] { (void)film_features(films, 2, 3); }) ==
        "expected films of finite values about -1 to 1, got inf in film 1, frame 2");
  films[film_size + 2 * frame_size + 3] = 255;
  CHECK(error_of([&] { (void)film_features(films, 2, 3); }) ==
        "expected films of finite values about -1 to 1, got 255 in film 1, frame 2");
}
