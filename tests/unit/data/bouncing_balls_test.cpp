#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/eval/metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace zoetrope;

namespace {

template <int Balls>
double energy(const BallStates<Balls>& states) {
  double sum = 0.0;
  for (const auto& velocity : states.velocities) sum += velocity[0] * velocity[0] + velocity[1] * velocity[1];
  return sum;
}

double distance(const PlaneVector& a, const PlaneVector& b) { return std::hypot(a[0] - b[0], a[1] - b[1]); }

/// MSE between neighbouring frames of @p count films.
template <int Balls>
MeanAndDeviation consecutive(int count) {
  const BouncingBalls<Balls> data;
  std::vector<float> film(27'000);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    data.film(static_cast<std::uint64_t>(i), film);
    values.push_back(consecutive_mse(film, 30));
  }
  return mean_and_deviation(values);
}

/// The same between frames of different films, 30 to a group.
template <int Balls>
MeanAndDeviation independent(int groups) {
  const BouncingBalls<Balls> data;
  std::vector<float> frames(27'000);
  std::vector<double> values;
  for (int group = 0; group < groups; ++group) {
    for (int i = 0; i < 30; ++i)
      data.frame(static_cast<std::uint64_t>(group * 30 + i), (group + 7 * i) % 30,
                 std::span(frames).subspan(static_cast<std::size_t>(i) * 900, 900));
    values.push_back(consecutive_mse(frames, 30));
  }
  return mean_and_deviation(values);
}

/// Whether a mean over @p count values is within three standard errors of @p reference, which is rounded to four
/// digits. The reference is exact, or itself a mean over so many of the same spread.
bool agrees(const MeanAndDeviation& found, int count, double reference,
            double reference_count = std::numeric_limits<double>::infinity()) {
  const double error = found.deviation * std::sqrt(1.0 / count + 1.0 / reference_count);
  return std::abs(found.mean - reference) < 3 * error + 0.00005;
}

template <int Balls>
void check_physics() {
  const BouncingBalls<Balls> data;
  constexpr double radius = 1.2;
  int wall_hits = 0, ball_hits = 0;
  for (std::uint64_t film = 0; film < 200; ++film) {
    auto states = data.start(film);
    CHECK(energy(states) == doctest::Approx(0.25));
    for (std::size_t i = 0; i < Balls; ++i) {
      for (const double position : states.positions[i]) REQUIRE((position >= 2.0 && position <= 10.0 - radius));
      for (std::size_t j = 0; j < i; ++j) REQUIRE(distance(states.positions[i], states.positions[j]) >= 2 * radius);
    }
    for (int time = 0; time < 60; ++time) {
      const auto before = states;
      BouncingBalls<Balls>::advance(states);
      for (std::size_t i = 0; i < Balls; ++i)
        for (std::size_t axis = 0; axis < 2; ++axis) {
          const double position = states.positions[i][axis];
          // At most one substep at full speed beyond the wall, and two more to come back.
          REQUIRE(position > radius - 0.5);
          REQUIRE(position < 10.0 - radius + 0.5);
          // No ball moves faster than all the energy allows.
          REQUIRE(std::abs(position - before.positions[i][axis]) <= 0.5 + 1e-12);
          const double turned = states.velocities[i][axis] + before.velocities[i][axis];
          wall_hits += before.velocities[i][axis] != 0 && turned == 0.0;
        }
      ball_hits += states.velocities != before.velocities;
    }
    CHECK(energy(states) == doctest::Approx(0.25));
  }
  CHECK(wall_hits > 100);
  if (Balls > 1) CHECK(ball_hits > wall_hits / 2);
}

} // namespace

TEST_CASE("Table 1: consecutive frames of 1,000 films") {
  const auto one = consecutive<1>(1000);
  const auto three = consecutive<3>(1000);
  MESSAGE("1 ball: ", one.mean, " ± ", one.deviation, ", 3 balls: ", three.mean, " ± ", three.deviation);
  CHECK(agrees(one, 1000, 0.0223));
  CHECK(agrees(three, 1000, 0.0358));
  // The spread of a deviation over 30 films is 1 / sqrt(58) of it; three of those, and the rounding of the printed one.
  CHECK(std::abs(one.deviation - 0.0004) < 3 * one.deviation / std::sqrt(58.0) + 0.00005);
  CHECK(std::abs(three.deviation - 0.0021) < 3 * three.deviation / std::sqrt(58.0) + 0.00005);
}

TEST_CASE("Table 1: independent frames") {
  const auto one = independent<1>(1000);
  const auto three = independent<3>(1000);
  MESSAGE("1 ball: ", one.mean, " ± ", one.deviation, ", 3 balls: ", three.mean, " ± ", three.deviation);
  CHECK(agrees(one, 1000, 0.0776, 30));
  CHECK(agrees(three, 1000, 0.2066, 30));
}

TEST_CASE("balls start apart, stay in the box and keep their energy") {
  check_physics<1>();
  check_physics<2>();
  check_physics<3>();
  check_physics<6>();
}

TEST_CASE("start positions are even over those that touch no wall") {
  const BouncingBalls<1> data{.films = 20'000};
  double sum = 0.0, squares = 0.0, product = 0.0;
  for (std::uint64_t i = 0; i < data.films; ++i) {
    const auto [x, y] = data.start(i).positions[0];
    sum += x + y;
    squares += (x - 5.4) * (x - 5.4) + (y - 5.4) * (y - 5.4);
    product += (x - 5.4) * (y - 5.4);
  }
  const double n = 40'000.0, variance = 6.8 * 6.8 / 12;
  CHECK(std::abs(sum / n - 5.4) < 4 * std::sqrt(variance / n));
  CHECK(std::abs(squares / n - variance) < 4 * variance * std::sqrt(0.8 / n));
  CHECK(std::abs(product / 20'000) < 4 * variance / std::sqrt(20'000.0));
}

TEST_CASE("a wall sends a ball back, and does not care how deep it is in it") {
  BallStates<1> states{.positions = {{{1.25, 5.0}}}, .velocities = {{{-0.3, 0.4}}}};
  BouncingBalls<1>::advance(states);
  // The first substep leads to 1.1, inside the wall; the second leads out again.
  CHECK(states.positions[0][0] == doctest::Approx(1.25));
  CHECK(states.positions[0][1] == doctest::Approx(5.4));
  CHECK(states.velocities[0] == PlaneVector{0.3, 0.4});

  BallStates<1> deep{.positions = {{{9.9, 9.9}}}, .velocities = {{{-0.1, 0.2}}}};
  BouncingBalls<1>::advance(deep);
  CHECK(deep.velocities[0] == PlaneVector{-0.1, -0.2});
}

TEST_CASE("a ball that hits a resting one head-on passes all its speed on") {
  BallStates<2> states{.positions = {{{3.0, 5.0}, {5.5, 5.0}}}, .velocities = {{{0.5, 0.0}, {0.0, 0.0}}}};
  BouncingBalls<2>::advance(states);
  CHECK(states.velocities[0][0] == doctest::Approx(0.0));
  CHECK(states.velocities[1][0] == doctest::Approx(0.5));
  CHECK(states.positions[0][0] == doctest::Approx(3.25));
  CHECK(states.positions[1][0] == doctest::Approx(5.75));
}

TEST_CASE("a glancing collision exchanges only the part along the line of centres") {
  // The second substep brings the centres onto a diagonal, just touching.
  const double side = 2.39 / std::sqrt(2.0);
  BallStates<2> states{.positions = {{{4.0, 4.0}, {4.4 + side, 4.0 + side}}},
                       .velocities = {{{0.0, 0.0}, {-0.4, 0.0}}}};
  BouncingBalls<2>::advance(states);
  CHECK(states.velocities[0][0] == doctest::Approx(-0.2));
  CHECK(states.velocities[0][1] == doctest::Approx(-0.2));
  CHECK(states.velocities[1][0] == doctest::Approx(-0.2));
  CHECK(states.velocities[1][1] == doctest::Approx(0.2));
}

TEST_CASE("pixels equal the formula over the whole frame, in double") {
  const BouncingBalls<3, 17, 5> data{.seed = 4, .films = 50};
  std::vector<float> frame(17 * 17);
  double largest = 0.0;
  for (std::uint64_t film = 0; film < data.size(); ++film) {
    auto states = data.start(film);
    for (int time = 0; time < 5; ++time) {
      if (time > 0) data.advance(states);
      std::fill(frame.begin(), frame.end(), std::numeric_limits<float>::quiet_NaN());
      data.frame(film, time, frame);
      for (int row = 0; row < 17; ++row)
        for (int column = 0; column < 17; ++column) {
          double sum = 0.0;
          for (const auto& position : states.positions) {
            const double across = (column + 0.5) * 10 / 17 - position[0], down = (row + 0.5) * 10 / 17 - position[1];
            sum += std::exp(-std::pow((across * across + down * down) / (1.2 * 1.2), 4));
          }
          const double error =
              std::abs(2 * std::min(sum, 1.0) - 1 - frame[static_cast<std::size_t>(row * 17 + column)]);
          largest = std::isnan(error) ? 9.0 : std::max(largest, error);
        }
    }
  }
  CHECK(largest < 1e-5);
}

TEST_CASE("a film is its frames, and the same in whatever order films are read") {
  const BouncingBalls<3> data;
  std::vector<float> film(27'000, 9.0f), again(27'000), other(27'000), frame(900, 9.0f);
  data.film(17, film);
  for (int time = 29; time >= 0; --time) {
    data.frame(17, time, frame);
    CHECK(std::equal(frame.begin(), frame.end(), film.begin() + 900 * time));
  }
  data.film(99'999, other);
  BouncingBalls<3>{.films = 18}.film(17, again);
  CHECK(again == film);
  CHECK(other != film);
  BouncingBalls<3>{.seed = 11}.film(17, again);
  CHECK(again != film);
  const auto [low, high] = std::minmax_element(film.begin(), film.end());
  CHECK(*low == -1.0f);
  CHECK(*high == doctest::Approx(1.0f));
}

TEST_CASE("what does not fit is an Error") {
  const BouncingBalls<1, 8, 4> data{.films = 3};
  std::vector<float> film(256), frame(64);
  CHECK_NOTHROW(data.film(2, film));
  CHECK_NOTHROW(data.frame(2, 3, frame));
  CHECK_THROWS_AS(data.film(3, film), Error);
  CHECK_THROWS_AS(data.frame(3, 0, frame), Error);
  CHECK_THROWS_AS(data.film(0, frame), Error);
  CHECK_THROWS_AS(data.frame(0, 0, film), Error);
  CHECK_THROWS_AS(data.frame(0, 4, frame), Error);
  CHECK_THROWS_AS(data.frame(0, -1, frame), Error);
  const BouncingBalls<1, 8, 4> huge{.films = std::uint64_t{1} << 40};
  CHECK_THROWS_AS(huge.film(std::uint64_t{1} << 32, film), Error);
}
