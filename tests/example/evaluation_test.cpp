#include "evaluation.hpp"

#include "balls_data.hpp"
#include "presets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

using program::Evaluation;

namespace {

/// A run on one ball whose measures are these four, with none of motion.
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

TEST_CASE("balls are checked for how they move") {
  const auto run = program::preset("demo");
  const bouncing_balls::BallsData data(run);
  constexpr int count = 40;
  auto films = program::real_films(data, count, 1000);
  const auto shortfalls = [&] {
    std::vector<std::string> names;
    for (const auto& measure : data.checks(films))
      if (!measure.good) names.push_back(measure.name);
    return names;
  };
  CHECK(data.checks(films).size() == 5);
  CHECK(shortfalls().empty());

  // Every other pair of frames the other way round: as many balls, at the same places, that tremble.
  const std::size_t frame_size = data.sizes().frame();
  const auto swap_frames = [&] {
    for (std::size_t first = 0; first < films.size(); first += 2 * frame_size)
      std::swap_ranges(films.begin() + static_cast<std::ptrdiff_t>(first),
                       films.begin() + static_cast<std::ptrdiff_t>(first + frame_size),
                       films.begin() + static_cast<std::ptrdiff_t>(first + frame_size));
  };
  swap_frames();
  const auto trembling = shortfalls();
  CHECK(std::ranges::count(trembling, "velocity error") == 1);
  CHECK(std::ranges::count(trembling, "turns in mid-air, a ball and film") == 1);
  CHECK(std::ranges::count(trembling, "ball-count accuracy") == 0);

  // The same film again and again.
  swap_frames();
  const auto film_size = static_cast<std::ptrdiff_t>(data.sizes().film());
  for (std::ptrdiff_t i = 1; i < count; ++i)
    std::copy(films.begin(), films.begin() + film_size, films.begin() + i * film_size);
  CHECK(shortfalls() == std::vector<std::string>{"coverage"});

  // Too few to say anything about coverage.
  CHECK(data.checks(std::span(films).first(data.sizes().film() * 3)).size() == 4);

  films.back() = std::nanf("");
  CHECK(shortfalls().size() == 5);
}

TEST_CASE("generators that draw no numbers at all fall short") {
  const double nan = std::nan("");
  CHECK(!evaluation_with(nan, 3.01, 0.851, 0.851).good());
  CHECK(!evaluation_with(1, nan, 0.851, 0.851).good());
  CHECK(!evaluation_with(1, 3.01, nan, 0.851).good());
  CHECK(!evaluation_with(1, 3.01, 0.851, nan).good());
}
