// Whether a generator's samples differ as real ones do.

#include "zoetrope/eval/diversity.hpp"

#include "support/error_of.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/data/bouncing_balls.hpp"

#include <doctest/doctest.h>

namespace {

using namespace zoetrope;
using test::error_of;

constexpr int sample_count = 64;
constexpr std::size_t frame_size = 900;

/// Frames of @p films different films, again and again.
std::vector<float> frames(std::uint64_t first, std::uint64_t films = sample_count) {
  const BouncingBalls<1> data{.films = 10'000};
  std::vector<float> result(sample_count * frame_size);
  for (std::size_t i = 0; i < sample_count; ++i)
    data.frame(first + i % films, static_cast<int>(i % films % 30),
               std::span(result).subspan(i * frame_size, frame_size));
  return result;
}

} // namespace

TEST_CASE("diversity by hand") {
  const std::vector<float> samples{0, 0, 1, 0, 1, 1}, real{0, 0, 2, 0, 2, 2};
  const auto found = diversity(samples, real, 3);
  CHECK(found.spread == doctest::Approx(0.5));
  CHECK(found.nearest == doctest::Approx(0.5));
  // Distances are to the nearest other one: 1, 1 and 3, of one value each.
  const auto uneven = diversity(std::vector<float>{0, 1, 4}, std::vector<float>{0, 2, 4}, 3);
  CHECK(uneven.nearest == doctest::Approx((1.0 + 1 + 3) / (2 + 2 + 2)));
}

TEST_CASE("real samples are as diverse as others, and collapse to one or to few shows") {
  const support::ThreadSetting setting;
  const auto real = frames(0);
  const auto good = diversity(frames(1000), real, sample_count);
  CHECK(good.spread == doctest::Approx(1.0).epsilon(0.1));
  CHECK(good.nearest == doctest::Approx(1.0).epsilon(0.2));
  CHECK(!is_collapsed(good));
  const auto one = diversity(frames(1000, 1), real, sample_count);
  CHECK(one.spread == 0.0);
  CHECK(one.nearest == 0.0);
  CHECK(is_collapsed(one));
  const auto few = diversity(frames(1000, 8), real, sample_count);
  CHECK(few.spread > collapsed_spread); // So spread alone does not tell.
  CHECK(few.nearest == 0.0);
  CHECK(is_collapsed(few));
  set_thread_count(1);
  CHECK(diversity(frames(1000), real, sample_count).nearest == good.nearest);
}

TEST_CASE("real samples that are all alike say nothing of others") {
  const auto found = diversity(std::vector<float>{0, 0, 1, 0, 1, 1}, std::vector<float>(6, 0.5F), 3);
  CHECK(std::isnan(found.spread));
  CHECK(std::isnan(found.nearest));
  CHECK(!is_collapsed(found));
  // Where each is there twice, spread still does.
  const auto twice = diversity(std::vector<float>{0, 0, 0, 0}, std::vector<float>{0, 0, 1, 1}, 4);
  CHECK(std::isnan(twice.nearest));
  CHECK(is_collapsed(twice));
}

TEST_CASE("samples that cannot be compared are refused") {
  const std::vector<float> four(4);
  CHECK_THROWS_AS((void)diversity(four, std::vector<float>(6), 2), Error);
  CHECK_THROWS_AS((void)diversity(four, four, 1), Error);
  CHECK_THROWS_AS((void)diversity(four, four, 3), Error);
  CHECK_THROWS_AS((void)diversity(std::vector<float>{}, std::vector<float>{}, 2), Error);
  auto broken = four;
  broken[2] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { (void)diversity(broken, four, 2); }) == "expected samples of finite values, got nan");
}

TEST_CASE("a warning says what was measured, what is usual and where to read on") {
  CHECK(
      collapse_warning("frames", {0.02, 0.03}) ==
      "The generator has collapsed in stage frames: its frames are nearly all alike, their pixels spread 0.02 times as "
      "far as real ones' (usual: 0.9 to 1.1). docs/troubleshooting.md says what helps.");
  CHECK(
      collapse_warning("sequences", {0.8, 0.1}) ==
      "The generator has collapsed in stage sequences: its films are a few again and again, the nearest two 0.10 times "
      "as far apart as real ones (usual: 0.4 to 1.3). docs/troubleshooting.md says what helps.");
}

TEST_CASE("a warning comes once, at the second measurement in a row, and anew after a recovery or in another stage") {
  const Diversity bad{0.1, 0.1}, good{0.95, 0.9};
  CollapseWatch watch;
  std::string given;
  const auto note = [&](const char* stage, const Diversity& found) { given += watch.note(stage, found) ? 'w' : '.'; };
  for (const auto& found : {bad, good, bad, bad, bad, bad, good, bad, bad, bad}) note("frames", found);
  for (const auto& found : {bad, bad, bad}) note("sequences", found);
  CHECK(given == "...w....w."
                 ".w.");
}
