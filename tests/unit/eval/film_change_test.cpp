#include "zoetrope/eval/film_change.hpp"

#include "unit/eval/balls/ball_films.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;
using namespace zoetrope::test;

TEST_CASE("film_change by hand") {
  const std::vector<float> film{0.0f, 0.0f, 1.0f, -1.0f, 1.0f, 0.0f, 0.0f, 0.0f};
  CHECK(film_change(film, 4, 1) == std::vector<double>{1.0, 0.5, 0.5});
  CHECK(film_change(film, 4, 2) == std::vector<double>{0.5, 1.0});
  CHECK(film_change(film, 4, 3) == std::vector<double>{0.0});
  CHECK_THROWS_AS((void)film_change(film, 4, 0), Error);
  CHECK_THROWS_AS((void)film_change(film, 4, 4), Error);
  CHECK_THROWS_AS((void)film_change(film, 3, 1), Error);
  CHECK_THROWS_AS((void)film_change({}, 3, 1), Error);
}

TEST_CASE("real films neither stand still nor loop") {
  const auto one = real_films<1>(30), three = real_films<3>(30);
  for (const auto* films : {&one, &three})
    for (std::size_t film = 0; film < 30; ++film) {
      CAPTURE(film);
      const auto pixels = std::span(*films).subspan(film * film_size, film_size);
      CHECK(!is_frozen(pixels, 30));
      CHECK(!is_looping(pixels, 30));
    }
}

TEST_CASE("a film that stands still for five frames is frozen") {
  const auto film = real_films<3>(1);
  const auto frozen_for = [&](std::size_t run) {
    return reordered(film, [=](std::size_t, std::size_t time) {
      return time < 10 ? time : time < 10 + run ? std::size_t{10} : time - run + 1;
    });
  };
  CHECK(is_frozen(frozen_for(5), 30));
  CHECK(!is_frozen(frozen_for(4), 30));
  CHECK(is_frozen(frozen_for(4), 30, {.run = 4}));
  CHECK(is_frozen(std::vector<float>(film_size, 0.3f), 30));
  // What does not move does not loop either.
  CHECK(!is_looping(std::vector<float>(film_size, 0.3f), 30));
}

TEST_CASE("a film that comes back and goes on as before loops") {
  const auto film = real_films<3>(1);
  for (const std::size_t period : {2, 3, 8, 15, 25}) {
    CAPTURE(period);
    CHECK(is_looping(reordered(film, [=](std::size_t, std::size_t time) { return time % period; }), 30));
  }
  // Not enough of the second round is left.
  CHECK(!is_looping(reordered(film, [](std::size_t, std::size_t time) { return time % 27; }), 30));
  // Back through the same frames.
  CHECK(!is_looping(reordered(film, [](std::size_t, std::size_t time) { return time < 15 ? time : 29 - time; }), 30));
}

TEST_CASE("settings of stillness that cannot be are refused") {
  const std::vector<float> film(film_size, 0.0f);
  CHECK_THROWS_AS((void)is_frozen(film, 30, {.run = 1}), Error);
  CHECK_THROWS_AS((void)is_frozen(film, 30, {.run = 31}), Error);
  CHECK_THROWS_AS((void)is_frozen(film, 30, {.frozen_change = 0.0}), Error);
  CHECK_THROWS_AS((void)is_looping(film, 30, {.repeated_change = 0.0}), Error);
}
