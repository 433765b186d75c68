#include "zoetrope/eval/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <list>
#include <vector>

using namespace zoetrope;

TEST_CASE("consecutive_mse counts the pixels that change sides of 0") {
  // Three frames of four pixels: 2 of 4 change, then 1 of 4.
  const std::vector<float> film{-1.0f, 0.0f, 0.1f, 1.0f, 0.2f, 0.0f, -0.1f, 0.5f, 0.9f, 0.3f, 0.0f, 0.5f};
  CHECK(consecutive_mse(film, 3) == doctest::Approx((0.5 + 0.25) / 2));
  CHECK(consecutive_mse(film, 2) == doctest::Approx(3.0 / 6));
  CHECK(consecutive_mse(std::vector<float>(20, 0.7f), 5) == 0.0);
  CHECK(consecutive_mse(std::vector<float>{-1.0f, 1.0f, -1.0f}, 3) == 1.0);
}

TEST_CASE("consecutive_mse refuses what is no film") {
  const std::vector<float> film(12);
  CHECK_THROWS_AS(static_cast<void>(consecutive_mse(film, 1)), Error);
  CHECK_THROWS_AS(static_cast<void>(consecutive_mse(film, -3)), Error);
  CHECK_THROWS_AS(static_cast<void>(consecutive_mse(film, 5)), Error);
  CHECK_THROWS_AS(static_cast<void>(consecutive_mse({}, 2)), Error);
}

TEST_CASE("mean and sample deviation") {
  const auto found = mean_and_deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(found.mean == doctest::Approx(5.0));
  CHECK(found.deviation == doctest::Approx(std::sqrt(32.0 / 7)));
  const auto far_from_zero = mean_and_deviation(std::list<double>{1e9 + 1, 1e9 + 2, 1e9 + 3});
  CHECK(far_from_zero.mean == doctest::Approx(1e9 + 2));
  CHECK(far_from_zero.deviation == doctest::Approx(1.0));
  CHECK(mean_and_deviation(std::vector<float>(5, 0.1f)).deviation == 0.0);
  CHECK_THROWS_AS(static_cast<void>(mean_and_deviation(std::vector<double>{1.0})), Error);
  CHECK_THROWS_AS(static_cast<void>(mean_and_deviation(std::vector<double>{})), Error);
}

TEST_CASE("pixel_spread averages the deviations of the pixels, not over them") {
  // Two pixels, three samples: deviations 1 and 0.
  CHECK(pixel_spread(std::vector<float>{0, 5, 1, 5, 2, 5}, 3) == doctest::Approx(0.5));
  CHECK(pixel_spread(std::vector<float>{-1, 1, 0, -1, 1, 0}, 2) == 0.0);
  CHECK_THROWS_AS(static_cast<void>(pixel_spread(std::vector<float>{1, 2}, 1)), Error);
  CHECK_THROWS_AS(static_cast<void>(pixel_spread(std::vector<float>{1, 2, 3}, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(pixel_spread({}, 2)), Error);
}

TEST_CASE("brightness sums values taken to [0, 1]") {
  CHECK(brightness(std::vector<float>{-1.0f, 1.0f, 0.0f, 0.5f}) == doctest::Approx(0.0 + 1.0 + 0.5 + 0.75));
  CHECK(brightness(std::vector<float>(900, -1.0f)) == 0.0);
}

TEST_CASE("fraction_near takes its tolerance as a share of the target") {
  const std::vector<double> values{84.9, 85.1, 100.0, 114.9, 115.1, 0.0, std::numeric_limits<double>::quiet_NaN(),
                                   99.0};
  CHECK(fraction_near(values, 100.0, 0.15) == 4.0 / 8);
  CHECK(fraction_near(values, 100.0, 0.0) == 1.0 / 8);
  CHECK(fraction_near(std::vector<float>{-2.0f, -1.0f}, -2.0, 0.1) == 0.5);
  CHECK_THROWS_AS(static_cast<void>(fraction_near(std::vector<double>{}, 1.0, 0.1)), Error);
  CHECK_THROWS_AS(static_cast<void>(fraction_near(values, 1.0, -0.1)), Error);
}
