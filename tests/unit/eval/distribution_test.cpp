#include "zoetrope/eval/distribution.hpp"

#include "zoetrope/core/random.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace zoetrope;

namespace {

/// @p count numbers of N(mean, 1).
std::vector<double> normal(std::size_t count, std::uint64_t seed, double mean = 0.0) {
  const RandomStream random(seed, Stream::user);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(mean + random.normal(i));
  return values;
}

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("wasserstein_1 by hand") {
  CHECK(wasserstein_1({1.0}, {4.0}) == doctest::Approx(3.0));
  CHECK(wasserstein_1({3.0, 1.0, 2.0}, {2.0, 3.0, 1.0}) == 0.0);
  CHECK(wasserstein_1({0.0, 1.0}, {0.0, 3.0}) == doctest::Approx(1.0));
  // Half of the mass at 0 goes to 1: sizes may differ.
  CHECK(wasserstein_1({0.0, 0.0}, {0.0, 1.0}) == doctest::Approx(0.5));
  CHECK(wasserstein_1({0.0}, {0.0, 1.0, 2.0}) == doctest::Approx(1.0));
  // By quantiles: 2 a third of the way, 3 another, 1 the last.
  CHECK(wasserstein_1({-1.0, 5.0}, {1.0, 2.0, 6.0}) == doctest::Approx(2.0));
}

TEST_CASE("wasserstein_1 is a distance, and a shift's length") {
  const auto a = normal(2000, 1), b = normal(1500, 2), shifted = normal(2000, 1, 0.7);
  CHECK(wasserstein_1(a, b) == doctest::Approx(wasserstein_1(b, a)));
  CHECK(wasserstein_1(a, b) < 0.1);
  CHECK(wasserstein_1(a, shifted) == doctest::Approx(0.7));
}

TEST_CASE("wasserstein_1 of nothing and of values that are not finite is refused") {
  CHECK_THROWS_AS((void)wasserstein_1({}, {1.0}), Error);
  CHECK_THROWS_AS((void)wasserstein_1({1.0}, {}), Error);
  CHECK_THROWS_AS((void)wasserstein_1({1.0, not_a_number}, {1.0}), Error);
  CHECK_THROWS_AS((void)wasserstein_1({1.0}, {std::numeric_limits<double>::infinity()}), Error);
}

TEST_CASE("density and coverage by hand") {
  // Neighbourhoods reach 1, 1, 1 and 4 far with one neighbour.
  const std::vector<double> real{0.0, 1.0, 2.0, 6.0};
  auto found = density_and_coverage(std::vector<double>{0.5}, real, 1, 1);
  CHECK(found.density == doctest::Approx(2.0));
  CHECK(found.coverage == doctest::Approx(0.5));
  found = density_and_coverage(std::vector<double>{0.5, 9.0, 100.0}, real, 1, 1);
  CHECK(found.density == doctest::Approx(1.0));
  CHECK(found.coverage == doctest::Approx(0.75));
  found = density_and_coverage(std::vector<double>{}, real, 1, 1);
  CHECK(found.density == 0.0);
  CHECK(found.coverage == 0.0);
}

TEST_CASE("of real samples all but 2^-5 is covered, of collapsed ones almost nothing") {
  const auto real = normal(4 * 400, 1), other = normal(4 * 400, 2);
  const auto good = density_and_coverage(other, real, 4);
  CHECK(good.density == doctest::Approx(1.0).epsilon(0.15));
  CHECK(good.coverage == doctest::Approx(1.0 - 1.0 / 32.0).epsilon(0.03));

  std::vector<double> same;
  for (int i = 0; i < 400; ++i) same.insert(same.end(), other.begin(), other.begin() + 4);
  CHECK(density_and_coverage(same, real, 4).coverage < 0.05);

  const auto far = density_and_coverage(normal(4 * 400, 3, 30.0), real, 4);
  CHECK(far.density == 0.0);
  CHECK(far.coverage == 0.0);
}

TEST_CASE("samples that do not fit together are refused") {
  const auto real = normal(20, 1);
  CHECK_THROWS_AS((void)density_and_coverage(real, real, 0), Error);
  CHECK_THROWS_AS((void)density_and_coverage(real, real, 3), Error);
  CHECK_THROWS_AS((void)density_and_coverage(real, real, 4, 5), Error);
  CHECK_THROWS_AS((void)density_and_coverage(real, real, 2, 0), Error);
  auto broken = real;
  broken[3] = not_a_number;
  CHECK_THROWS_AS((void)density_and_coverage(broken, real, 2), Error);
  CHECK_THROWS_AS((void)density_and_coverage(real, broken, 2), Error);
}
