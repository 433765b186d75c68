// Tracks of balls, and whether they move as free bodies do.

#include "zoetrope/eval/balls/motion.hpp"

#include "unit/eval/balls/ball_films.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

BallMotion motion_of(const std::vector<float>& film, int balls) {
  const BallFitter fitter;
  return measure_motion(track_balls(film, balls, fitter), fitter.world());
}

/// A ball that glides to the right, and from @p time on at @p angle degrees, @p factor times as fast.
std::vector<float> gliding(int time, double angle, double factor = 1.0) {
  return drawn_film([=](int now) {
    const double speed = 0.12, radians = angle * std::numbers::pi / 180.0;
    const double straight = speed * std::min(now, time), after = factor * speed * std::max(now - time, 0);
    return std::vector<PlaneVector>{{3.0 + straight + after * std::cos(radians), 4.0 + after * std::sin(radians)}};
  });
}

} // namespace

TEST_CASE("balls keep their numbers from frame to frame") {
  // Two balls whose order in the fit changes when one passes the other.
  const auto film = drawn_film([](int time) {
    return std::vector<PlaneVector>{{2.0 + 0.2 * time, 3.0}, {8.0 - 0.2 * time, 7.0}};
  });
  const auto tracks = track_balls(film, 2, BallFitter());
  REQUIRE(tracks.length() == 30);
  CHECK(tracks.right_frames() == 30);
  for (int time = 0; time < 29; ++time) {
    CAPTURE(time);
    REQUIRE(tracks.has_step(time));
    for (int ball = 0; ball < 2; ++ball) CHECK(std::abs(std::abs(tracks.step(time, ball)[0]) - 0.2) < 0.01);
    CHECK(tracks.step(time, 0)[0] * tracks.step(0, 0)[0] > 0.0);
  }
  CHECK(!tracks.has_step(29));
  CHECK(!tracks.has_step(-1));
}

TEST_CASE("frames with another number of balls are holes in the tracks") {
  const auto film = drawn_film([](int time) {
    std::vector<PlaneVector> balls{{2.0 + 0.1 * time, 3.0}};
    if (time == 10) balls.push_back({7.0, 7.0});
    if (time == 20) balls.clear();
    return balls;
  });
  const auto tracks = track_balls(film, 1, BallFitter());
  CHECK(tracks.right_frames() == 28);
  for (const int time : {9, 10, 19, 20}) CHECK(!tracks.has_step(time));
  CHECK(tracks.has_step(11));
}

TEST_CASE("three balls in four-ball films are never right") {
  CHECK(track_balls(real_films<4>(1), 3, BallFitter()).right_frames() == 0);
  CHECK(track_balls(real_films<2>(1), 3, BallFitter()).right_frames() == 0);
}

TEST_CASE("link_balls finds the order of the least distance") {
  std::vector<PlaneVector> next{{9.0, 1.0}, {1.1, 1.0}, {5.0, 5.2}};
  link_balls(std::vector<PlaneVector>{{1.0, 1.0}, {5.0, 5.0}, {9.0, 1.2}}, next);
  CHECK(next == std::vector<PlaneVector>{{1.1, 1.0}, {5.0, 5.2}, {9.0, 1.0}});
  CHECK_THROWS_AS(link_balls(std::vector<PlaneVector>{{1.0, 1.0}}, next), Error);
}

TEST_CASE("tracks of films that cannot be are refused") {
  const std::vector<float> film(film_size, -1.0f);
  CHECK_THROWS_AS((void)track_balls(film, 0, BallFitter()), Error);
  CHECK_THROWS_AS((void)track_balls(film, 9, BallFitter()), Error);
  CHECK_THROWS_AS((void)track_balls(std::span(film).first(901), 1, BallFitter()), Error);
  CHECK_THROWS_AS((void)track_balls({}, 1, BallFitter()), Error);
  CHECK_THROWS_AS((void)track_balls(film, 1, BallFitter(), 0.0), Error);
}

TEST_CASE("real balls fly straight, keep their energy and turn only where something is near") {
  for (int film = 0; film < 5; ++film) {
    const auto one = motion_of(real_films<1>(1, static_cast<std::uint64_t>(film)), 1);
    const auto three = motion_of(real_films<3>(1, static_cast<std::uint64_t>(film)), 3);
    CAPTURE(film);
    CHECK(one.free_steps > 10);
    CHECK(three.free_steps > 10);
    CHECK(one.velocity_error / one.free_steps < 0.002);
    CHECK(three.velocity_error / three.free_steps < 0.002);
    CHECK(one.turns == 0);
    CHECK(three.turns == 0);
    CHECK(one.energy_drift < 0.01);
    // Three balls may touch something all the time, and then nothing is known.
    CHECK(!(three.energy_drift >= 0.01));
  }
}

TEST_CASE("a ball that turns in mid-air is seen, and by how much its velocity changes") {
  const auto straight = motion_of(gliding(15, 0.0), 1);
  CHECK(straight.turns == 0);
  CHECK(straight.free_steps == 28);
  CHECK(straight.velocity_error < 0.01);

  const auto turned = motion_of(gliding(15, 90.0), 1);
  CHECK(turned.turns == 1);
  CHECK(turned.velocity_error == doctest::Approx(0.12 * std::sqrt(2.0)).epsilon(0.05));
  CHECK(turned.energy_drift < 0.01);

  CHECK(motion_of(gliding(15, 20.0), 1).turns == 0);
  CHECK(motion_of(gliding(15, 40.0), 1).turns == 1);
}

TEST_CASE("a turn at a wall or at another ball is none") {
  const auto at_wall = drawn_film([](int time) {
    return std::vector<PlaneVector>{{1.2 + 0.2 * std::abs(time - 15), 5.0}};
  });
  CHECK(motion_of(at_wall, 1).turns == 0);
  const auto at_ball = drawn_film([](int time) {
    const double gap = 1.2 + 0.1 * std::abs(time - 15);
    return std::vector<PlaneVector>{{5.0 - gap, 5.0}, {5.0 + gap, 5.0}};
  });
  CHECK(motion_of(at_ball, 2).turns == 0);
  // The same path with nothing near.
  const auto in_mid_air = drawn_film([](int time) {
    return std::vector<PlaneVector>{{3.0 + 0.2 * std::abs(time - 15), 5.0}};
  });
  CHECK(motion_of(in_mid_air, 1).turns == 1);
}

TEST_CASE("energy that a film gains or loses shows") {
  CHECK(motion_of(gliding(15, 0.0, 2.0), 1).energy_drift == doctest::Approx(0.75).epsilon(0.05));
  CHECK(motion_of(gliding(15, 0.0, 0.5), 1).energy_drift == doctest::Approx(0.75).epsilon(0.05));
  CHECK(motion_of(gliding(15, 0.0, 0.0), 1).energy_drift == doctest::Approx(1.0).epsilon(0.35));
}

TEST_CASE("a film without a right frame has no motion to judge") {
  const auto motion = motion_of(std::vector<float>(film_size, -1.0f), 1);
  CHECK(motion.free_steps == 0);
  CHECK(std::isnan(motion.energy_drift));
}

TEST_CASE("settings of motion must be positive") {
  const BallTracks tracks{1, {{{5.0, 5.0}}}};
  CHECK_THROWS_AS((void)measure_motion(tracks, {}, {.contact_gap = 0.0}), Error);
  CHECK_THROWS_AS((void)measure_motion(tracks, {}, {.turn_angle = -1.0}), Error);
  CHECK_THROWS_AS((void)measure_motion(tracks, {}, {.turning_speed = 0.0}), Error);
  CHECK_THROWS_AS((void)measure_motion(tracks, {}, {.min_energy = std::nan("")}), Error);
}
