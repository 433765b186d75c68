// Measures of films of any kind, on sets whose difference is known.

#include "zoetrope/eval/film_quality.hpp"

#include "support/error_of.hpp"
#include "support/thread_setting.hpp"
#include "unit/eval/balls/ball_films.hpp"
#include "unit/eval/moving_squares.hpp"
#include "zoetrope/backend/eigen.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace zoetrope;
using namespace zoetrope::test;

constexpr int real_count = 200;

/// What the reference and all sets are looked at with.
const StillnessSettings& stillness() {
  static const StillnessSettings settings = stillness_of(moving_squares(real_count, 1), real_count, 9);
  return settings;
}

FilmQualityFeatures features(const std::vector<float>& films) {
  return film_quality_features<SquareFilm>(films, static_cast<int>(films.size() / square_film_size), stillness());
}

const FilmQualityFeatures& quality_reference() {
  static const FilmQualityFeatures found = features(moving_squares(real_count, 1));
  return found;
}

FilmQuality quality(const std::vector<float>& films) { return film_quality(features(films), quality_reference()); }

std::vector<float> with_noise(std::vector<float> films, double deviation) {
  const RandomStream random(7, Stream::user, 1'000'000);
  for (std::size_t i = 0; i < films.size(); ++i) films[i] += static_cast<float>(deviation * random.normal(i));
  return films;
}

/// The first @p kept films again and again.
std::vector<float> copies(std::vector<float> films, std::size_t kept) {
  for (std::size_t i = kept * square_film_size; i < films.size(); ++i) films[i] = films[i % (kept * square_film_size)];
  return films;
}

} // namespace

TEST_CASE("real films against other real ones: the floor of every measure") {
  const auto floor = quality(moving_squares(real_count, 2));
  CHECK(floor.frozen == 0.0);
  CHECK(floor.looping == 0.0);
  for (const double distance : floor.change_distance) CHECK(distance < 0.03);
  CHECK(floor.spread == doctest::Approx(1.0).epsilon(0.1));
  CHECK(floor.density > 0.8);
  CHECK(floor.density < 1.2);
  CHECK(floor.coverage > 0.9);
}

TEST_CASE("collapse shows in coverage and spread") {
  const auto real = moving_squares(real_count, 2);
  const auto one = quality(copies(real, 1));
  CHECK(one.coverage < 0.1);
  CHECK(one.spread == 0.0);
  const auto five = quality(copies(real, 5));
  CHECK(five.coverage < 0.2);
  CHECK(five.spread > 0.5); // So spread alone does not tell.
}

TEST_CASE("noise, a shift of brightness, another speed and order of frames show in density and coverage") {
  const auto real = moving_squares(real_count, 2);
  const auto seen = [](const FilmQuality& found) { return found.density < 0.3 && found.coverage < 0.6; };
  CHECK(seen(quality(with_noise(real, 0.2))));
  CHECK(seen(quality(moving_squares(real_count, 2, {.dim = 0.1}))));
  CHECK(seen(quality(moving_squares(real_count, 2, {.speed = 3.0}))));
  // Frames and all changes at lag 1 are the same backwards, but nothing fades in and moves left in real films.
  const auto backwards = quality(in_order(real, [](std::size_t time) { return 8 - time; }));
  CHECK(seen(backwards));
  CHECK(backwards.change_distance[0] < 0.03);
  CHECK(seen(quality(in_order(real, [](std::size_t time) { return 5 * time % 9; }))));
}

TEST_CASE("what density and coverage see of films of three balls" * doctest::skip()) {
  constexpr int films = 400;
  const auto real = real_films<3>(films), other = real_films<3>(films, 10'000);
  const auto stillness = stillness_of(real, films, 30);
  const auto known = [&](const std::vector<float>& pixels) {
    return film_quality_features<paper::Film>(pixels, films, stillness);
  };
  const auto against = known(real);
  const auto print = [&](const char* name, const std::vector<float>& pixels) {
    const auto found = film_quality(known(pixels), against);
    std::printf("| %s | %.2f | %.2f | %.2f |\n", name, found.density, found.coverage, found.spread);
  };
  const auto copies_of = [&](std::size_t kept) {
    auto result = other;
    for (std::size_t i = kept * film_size; i < result.size(); ++i) result[i] = result[i % (kept * film_size)];
    return result;
  };
  print("other real films", other);
  print("one film again and again", copies_of(1));
  print("ten films again and again", copies_of(10));
  print("four balls", real_films<4>(films, 10'000));
  print("noise of 0.05", with_noise(other, 0.05));
  print("noise of 0.2", with_noise(other, 0.2));
  auto dim = other;
  for (float& value : dim) value = 0.8F * value - 0.2F;
  print("a tenth darker", dim);
  print("half as fast", reordered(other, [](std::size_t, std::size_t time) { return time / 2; }));
  print("each two frames exchanged", reordered(other, [](std::size_t, std::size_t time) { return time ^ 1; }));
  print("one frame for all times", reordered(other, [](std::size_t, std::size_t) { return std::size_t{15}; }));
}

TEST_CASE("films that stand still, repeat themselves or jump show in changes") {
  const auto real = moving_squares(real_count, 2);
  const auto frozen = quality(in_order(real, [](std::size_t) { return 4; }));
  CHECK(frozen.frozen == 1.0);
  CHECK(frozen.looping == 0.0);
  CHECK(frozen.change_distance[3] > 0.1);
  const auto looping = quality(in_order(real, [](std::size_t time) { return 3 * (time % 3); }));
  CHECK(looping.looping > 0.9);
  CHECK(looping.frozen == 0.0);
  const auto jumping = quality(in_order(real, [](std::size_t time) { return 5 * time % 9; }));
  CHECK(jumping.change_distance[0] > 5 * quality(real).change_distance[0]);
}

TEST_CASE("what stands still follows the real films' own motion") {
  auto faint = moving_squares(20, 3);
  for (float& value : faint) value = 0.01F * value;
  const auto settings = stillness_of(faint, 20, 9);
  CHECK(settings.frozen_change < 1e-4);
  int moving = 0;
  for (std::size_t film = 0; film < 20; ++film) {
    const auto pixels = std::span(faint).subspan(film * square_film_size, square_film_size);
    CHECK(is_frozen(pixels, 9));
    moving += !is_frozen(pixels, 9, settings);
  }
  CHECK(moving >= 19); // One is as dark and slow as hardly any.
  // Films that never move give a positive change too.
  CHECK(stillness_of(std::vector<float>(90, 0.5F), 1, 9).frozen_change == 1e-6);
  CHECK_THROWS_AS((void)stillness_of(std::vector<float>(90, 0.5F), 7, 9), Error);
  CHECK_THROWS_AS((void)stillness_of(std::vector<float>(90, 0.5F), 0, 9), Error);
}

TEST_CASE("features of groups join to those of all films, whatever the number of threads") {
  const support::ThreadSetting setting;
  const auto films = moving_squares(45, 4);
  const auto part = [&](std::size_t first, std::size_t last) {
    return std::vector<float>(films.begin() + static_cast<std::ptrdiff_t>(first * square_film_size),
                              films.begin() + static_cast<std::ptrdiff_t>(last * square_film_size));
  };
  set_thread_count(1);
  const auto whole = features(films);
  set_thread_count(3);
  FilmQualityFeatures joined;
  for (const auto& group : {part(0, 3), part(3, 20), part(20, 45)}) append(joined, features(group));
  CHECK(joined.films == 45);
  CHECK(joined.points == whole.points);
  CHECK(joined.pixels == whole.pixels);
  CHECK(joined.changes == whole.changes);
  CHECK(named_values(film_quality(joined, quality_reference())) ==
        named_values(film_quality(whole, quality_reference())));
}

TEST_CASE("only lags that films are longer than are named") {
  const auto names = [](const FilmQuality& found) {
    std::vector<std::string> result;
    for (const auto& [name, value] : named_values(found)) {
      CHECK(std::isfinite(value));
      result.push_back(name);
    }
    return result;
  };
  CHECK(names(quality(moving_squares(10, 2))) ==
        std::vector<std::string>{"frozen films", "looping films", "change distance, lag 1", "change distance, lag 2",
                                 "change distance, lag 4", "change distance, lag 8", "pixel spread relative to real",
                                 "density", "coverage"});
  using Short = Shape<1, 8, 16, 16>;
  std::vector<float> films(10 * Short::size);
  RandomStream(5, Stream::user).fill_normal(0, films.data(), films.size());
  const auto found = film_quality_features<Short>(films, 10, {});
  CHECK(names(film_quality(found, found)).size() == 8);
  CHECK(std::isnan(film_quality(found, found).change_distance[3]));
}

TEST_CASE("spread is taken at every row, column and channel") {
  for (const std::size_t size : {27000UL, 49152UL, 8640UL, 3UL * 64 * 128 * 128, 2048UL, 1UL}) {
    CAPTURE(size);
    const std::size_t step = detail::kept_step(size);
    CHECK((size + step - 1) / step <= 8191);
    std::set<std::size_t> channels, columns;
    for (std::size_t i = 0; i < size; i += step) {
      channels.insert(i % 3);
      columns.insert(i / 3 % 16);
    }
    if (size < 48) continue;
    CHECK(channels.size() == 3);
    CHECK(columns.size() == 16);
  }
}

TEST_CASE("random features: of the film and the seed alone, of two scales where frames are large") {
  const auto films = moving_squares(3, 6);
  const auto all = random_film_features<SquareFilm>(films, 3);
  CHECK(all.size() == 3 * random_feature_dimensions<SquareFilm>);
  const std::vector<float> last(films.end() - static_cast<std::ptrdiff_t>(square_film_size), films.end());
  const auto alone = random_film_features<SquareFilm>(last, 1);
  CHECK(std::equal(alone.begin(), alone.end(), all.end() - static_cast<std::ptrdiff_t>(alone.size())));
  CHECK(random_film_features<SquareFilm>(last, 1, 2) != alone);

  static_assert(random_feature_dimensions<Shape<1, 30, 30, 30>> == 32);
  static_assert(random_feature_dimensions<Shape<3, 16, 32, 32>> == 32);
  static_assert(random_feature_dimensions<Shape<3, 16, 33, 16>> == 64);
  static_assert(random_feature_dimensions<Shape<3, 16, 64, 64>> == 64);
  static_assert(random_feature_dimensions<Shape<1, 64, 128, 128>> == 96);
  using Large = Shape<2, 8, 35, 18>;
  std::vector<float> large(Large::size, 0.5F);
  const auto found = random_film_features<Large>(large, 1);
  // A film of one value is the same at half its size.
  std::vector<float> half(Shape<2, 8, 17, 9>::size);
  detail::HalfSides<Large>::shrink(large, half.data());
  CHECK(half == std::vector<float>(half.size(), 0.5F));
  CHECK(std::vector<double>(found.begin() + 32, found.end()) == random_film_features<Shape<2, 8, 17, 9>>(half, 1));
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<float>(i);
  detail::HalfSides<Large>::shrink(large, half.data());
  CHECK(half[0] == (0 + 2 + 36 + 38) / 4.0F);
  CHECK(half.back() == static_cast<float>((7 * 35 + 32) * 36 + 33 + 19)); // the mean of 0, 2, 36 and 38 more
}

TEST_CASE("films and settings that do not fit are refused") {
  const auto films = moving_squares(8, 2);
  CHECK_THROWS_AS((void)random_film_features<SquareFilm>(films, 7), Error);
  CHECK_THROWS_AS((void)random_film_features<SquareFilm>({}, 0), Error);
  auto broken = films;
  broken[square_film_size + 5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)features(broken); }) == "expected films of finite values, got nan in film 1");
  CHECK_THROWS_AS((void)film_quality_features<SquareFilm>(films, 8, {.run = 10}), Error);

  CHECK_THROWS_AS((void)film_quality(features(films), features(moving_squares(5, 3))), Error); // 5 neighbours
  CHECK_NOTHROW((void)film_quality(features(films), features(moving_squares(6, 3))));
  CHECK_THROWS_AS((void)film_quality(features(moving_squares(1, 3)), features(films)), Error);
  CHECK_THROWS_AS(
      (void)film_quality(film_quality_features<SquareFilm>(films, 8, {.frozen_change = 0.5}), quality_reference()),
      Error);
  auto all = features(films);
  CHECK_THROWS_AS(append(all, film_quality_features<SquareFilm>(films, 8, stillness(), 2)), Error);
  CHECK_THROWS_AS(append(all, film_quality_features<Shape<3, 9, 16, 20>>(films, 8, {})), Error);
}
