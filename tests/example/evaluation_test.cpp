#include "evaluation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using program::Evaluation;

namespace {

/// A run on one ball whose four measures are these.
Evaluation evaluation_with(double generated_ratio, double random_ratio, double near_brightness,
                           double relative_spread) {
  Evaluation result;
  result.real = {0.02, 0.001};
  result.generated.mean = 0.02 * generated_ratio;
  result.random_latents.mean = 0.02 * random_ratio;
  result.near_brightness = near_brightness;
  result.relative_spread = relative_spread;
  return result;
}

/// Checks that measure @p index alone falls short, and that the table says so.
void check_short(const Evaluation& evaluation, std::size_t index) {
  const auto measures = evaluation.measures();
  REQUIRE(measures.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(measures[i].good == (i != index));
  CHECK(!evaluation.good());
  const std::string table = evaluation.markdown();
  CHECK(table.find("| " + measures[index].wanted + " | falls short |") != table.npos);
}

} // namespace

TEST_CASE("a run just inside all four limits is good, at either end") {
  for (const auto& evaluation : {evaluation_with(0.801, 3.01, 0.851, 0.851), evaluation_with(1.249, 3.01, 0.851, 0.851),
                                 evaluation_with(1, 9, 1, 1)}) {
    const auto measures = evaluation.measures();
    CHECK(std::all_of(measures.begin(), measures.end(), [](const auto& measure) { return measure.good; }));
    CHECK(evaluation.good());
    CHECK(evaluation.markdown().find("falls short") == std::string::npos);
  }
}

TEST_CASE("a run just outside one limit falls short") {
  check_short(evaluation_with(0.799, 3.01, 0.851, 0.851), 0);
  check_short(evaluation_with(1.251, 3.01, 0.851, 0.851), 0);
  check_short(evaluation_with(1, 2.99, 0.851, 0.851), 1);
  check_short(evaluation_with(1, 3.01, 0.849, 0.851), 2);
  check_short(evaluation_with(1, 3.01, 0.851, 0.849), 3);
}

TEST_CASE("generators that draw no numbers at all fall short") {
  const double nan = std::nan("");
  CHECK(!evaluation_with(nan, 3.01, 0.851, 0.851).good());
  CHECK(!evaluation_with(1, nan, 0.851, 0.851).good());
  CHECK(!evaluation_with(1, 3.01, nan, 0.851).good());
  CHECK(!evaluation_with(1, 3.01, 0.851, nan).good());
}
