#include "support/error_of.hpp"
#include "unit/eval/balls/ball_films.hpp"
#include "unit/io/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

BallFit fit_of(const std::vector<PlaneVector>& positions, double brightness = 1.0) {
  std::vector<float> frame;
  draw(frame, positions, brightness);
  return BallFitter()(frame);
}

/// The largest distance from one of @p expected to the nearest of @p found.
double farthest_from(const std::vector<PlaneVector>& expected, const std::vector<PlaneVector>& found) {
  double farthest = 0.0;
  for (const auto& wanted : expected) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& position : found)
      nearest = std::min(nearest, std::hypot(position[0] - wanted[0], position[1] - wanted[1]));
    farthest = std::max(farthest, nearest);
  }
  return farthest;
}

void check_found(const std::vector<PlaneVector>& positions) {
  const auto fit = fit_of(positions);
  REQUIRE(fit.positions.size() == positions.size());
  CHECK(farthest_from(positions, fit.positions) < 0.01);
  CHECK(fit.residual < 1e-3);
}

} // namespace

TEST_CASE("balls are found where they are, whatever their position in a pixel") {
  check_found({});
  for (const double across : {1.2, 3.0, 5.1, 5.25, 8.8}) {
    CAPTURE(across);
    check_found({{across, 4.4}});
    check_found({{4.4, across}, {7.7, 8.1}});
  }
}

TEST_CASE("touching balls are told apart, and so are balls at walls and in corners") {
  check_found({{3.0, 3.0}, {5.4, 3.0}});
  check_found({{3.0, 3.0}, {3.0 + 2.4 / std::sqrt(2.0), 3.0 + 2.4 / std::sqrt(2.0)}, {8.8, 8.8}});
  check_found({{5.0, 5.0}, {7.4, 5.0}, {6.2, 5.0 + 1.2 * std::sqrt(3.0)}});
  check_found({{1.0, 1.0}, {9.0, 9.0}, {1.0, 9.0}});
  // As near as an elastic collision lets them come.
  check_found({{4.0, 6.0}, {6.1, 6.0}});
}

TEST_CASE("every ball of real films is found, six of them too") {
  const auto check = [](const auto& data, int films, int every) {
    const BallFitter fitter;
    std::vector<float> frame(frame_size);
    for (std::uint64_t film = 0; film < static_cast<std::uint64_t>(films); ++film) {
      auto states = data.start(film);
      for (int time = 0; time < 30; ++time) {
        if (time > 0) data.advance(states);
        if (time % every != 0) continue;
        CAPTURE(film);
        CAPTURE(time);
        data.frame(film, time, frame);
        const auto fit = fitter(frame);
        REQUIRE(fit.positions.size() == states.positions.size());
        CHECK(farthest_from({states.positions.begin(), states.positions.end()}, fit.positions) < 0.01);
      }
    }
  };
  check(BouncingBalls<3>{}, 10, 1);
  check(BouncingBalls<6>{}, 5, 5);
}

TEST_CASE("a frame without discs has no balls, and says by its residual that something is there") {
  CHECK(fit_of({}).residual == 0.0);
  const auto white = BallFitter()(std::vector<float>(frame_size, 1.0f));
  CHECK(white.residual > 2.0);
  const auto grey = BallFitter()(std::vector<float>(frame_size, -0.6f));
  CHECK(grey.positions.empty());
  CHECK(grey.residual > 0.3);
}

TEST_CASE("a ball counts from a brightness of 0.63 on") {
  CHECK(fit_of({{5.0, 5.0}}, 0.6).positions.empty());
  CHECK(fit_of({{5.0, 5.0}}, 0.7).positions.size() == 1);
  // Half a ball is missing: its square is what the residual says.
  CHECK(fit_of({{5.0, 5.0}}, 0.7).residual == doctest::Approx(0.09).epsilon(0.05));
}

TEST_CASE("a frame that cannot be one, and settings that cannot be, are refused") {
  std::vector<float> frame(frame_size, -1.0f);
  frame[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)BallFitter()(frame); }) ==
        "expected a frame of finite values about -1 to 1, got nan at pixel 7");
  frame[7] = -128;
  CHECK(error_of([&] { (void)BallFitter()(frame); }) ==
        "expected a frame of finite values about -1 to 1, got -128 at pixel 7");
  CHECK(error_of([&] { (void)BallFitter()(std::span(frame).first(899)); }) ==
        "expected a frame of 900 values, got 899");
  CHECK(error_of([] { BallFitter({.box_size = 0.0}); }).starts_with("expected a box of positive size"));
  CHECK(error_of([] { BallFitter({.radius = 5.1}); }).starts_with("expected a positive radius of at most half"));
  CHECK(error_of([] { BallFitter({.resolution = 0}); }).starts_with("expected a resolution from 1"));
  CHECK(error_of([] { BallFitter({}, {.max_balls = 0}); }) == "expected to fit at least 1 ball, got 0");
  CHECK(error_of([] { BallFitter({}, {.min_gain = 0.0}); }) == "expected a positive minimum gain, got 0");
}
