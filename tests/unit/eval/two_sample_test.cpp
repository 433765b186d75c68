// The classifier two-sample test, on sets whose difference is known.

#include "zoetrope/eval/two_sample_test.hpp"
#include "support/error_of.hpp"
#include "zoetrope/backend/eigen.hpp"

#include "support/sanitized.hpp"
#include "support/thread_setting.hpp"
#include "unit/eval/balls/ball_films.hpp"
#include "zoetrope/data/bouncing_balls.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace zoetrope;
using test::error_of;
using test::film_size;

/// Real films, other ones for another offset.
template <int Balls>
auto real_films_from(std::uint64_t offset) {
  return [offset](std::uint64_t first, std::span<float> out) {
    const BouncingBalls<Balls> data{.films = 1'000'000};
    for (std::size_t i = 0; i < out.size() / film_size; ++i)
      data.film(offset + first + i, out.subspan(i * film_size, film_size));
  };
}

/// Films of three balls with their frames in the order @p frame_at(film, time).
template <class FrameAt>
auto reordered_films(const FrameAt& frame_at) {
  return [frame_at](std::uint64_t first, std::span<float> out) {
    real_films_from<3>(500'000)(first, out);
    const std::vector<float> before(out.begin(), out.end());
    for (std::size_t i = 0; i < out.size() / film_size; ++i)
      for (std::size_t time = 0; time < 30; ++time) {
        const std::size_t from = i * film_size + frame_at(i, time) * 900;
        std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(from), 900,
                    out.begin() + static_cast<std::ptrdiff_t>(i * film_size + time * 900));
      }
  };
}

/// Films of three balls that are @p speed times as fast and tremble by @p jitter (standard deviation, box units).
auto unlike_films(std::uint64_t seed, double speed, double jitter) {
  return [=](std::uint64_t first, std::span<float> out) {
    parallel_for(static_cast<std::ptrdiff_t>(out.size() / film_size), [&](std::ptrdiff_t film) {
      const BouncingBalls<3> data{.seed = seed, .films = 1'000'000};
      const std::uint64_t index = first + static_cast<std::uint64_t>(film);
      const RandomStream random(seed, Stream::user, static_cast<std::uint32_t>(index));
      auto states = data.start(index);
      for (auto& velocity : states.velocities)
        for (double& component : velocity) component *= speed;
      std::uint64_t draw = 0;
      const auto pixels = test::drawn_film([&](int time) {
        if (time > 0) data.advance(states);
        std::vector<PlaneVector> positions(states.positions.begin(), states.positions.end());
        for (auto& position : positions)
          for (double& coordinate : position) coordinate += jitter * random.normal(draw++);
        return positions;
      });
      std::ranges::copy(pixels, out.begin() + film * static_cast<std::ptrdiff_t>(film_size));
    });
  };
}

/// Judges samples of 16 values at once: small and fast.
struct TinyClassifier {
  using Sample = Shape<1, 4, 4>;
  using Layers = Sequential<Sample, layer::Convolution<4, Extents<4, 4>, Extents<1, 1>, Extents<0, 0>>,
                            layer::LeakyRelu, layer::Linear<1>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "TinyClassifier"; }
};

/// Normal noise around @p mean.
auto noise(float mean, std::uint64_t seed) {
  return [=](std::uint64_t first, std::span<float> out) {
    RandomStream(seed, Stream::user).fill_normal(first * 16, out.data(), out.size());
    for (float& value : out) value += mean;
  };
}

constexpr TwoSampleSettings small{
    .steps = 300, .batch_size = 16, .held_out = 400, .optimizer = {.learning_rate = 1e-2}};

template <class First, class Second>
TwoSampleResult judge_noise(const First& first, const Second& second, const TwoSampleSettings& settings = small) {
  return classifier_two_sample_test<TinyClassifier>(first, second, settings);
}

} // namespace

// Left out under the sanitizers: "the number of threads..." trains the same classifier there, in fewer steps.
TEST_CASE("the classifier tells real films from frozen, shuffled ones and from those with a ball too many" *
          doctest::skip(support::sanitized)) {
  const auto accuracy = [](const auto& films) {
    return classifier_two_sample_test(real_films_from<3>(0), films, {.steps = 60, .held_out = 64}).accuracy;
  };
  CHECK(accuracy(reordered_films([](std::size_t, std::size_t) { return 0; })) > 0.95);
  CHECK(accuracy(reordered_films([](std::size_t film, std::size_t time) { return (7 * time + film) % 30; })) > 0.95);
  CHECK(accuracy(real_films_from<4>(0)) > 0.95);
}

TEST_CASE("the classifier does not tell real films from other real ones" * doctest::skip(support::sanitized)) {
  const auto result = classifier_two_sample_test(real_films_from<3>(0), real_films_from<3>(300'000),
                                                 {.steps = 60, .batch_size = 16, .held_out = 128});
  CHECK(result.deviation == doctest::Approx(0.5 / std::sqrt(128.0)));
  CHECK(std::abs(result.accuracy - 0.5) < 4 * result.deviation);
}

TEST_CASE("how small a difference the classifier sees" * doctest::skip()) {
  double sum = 0, squares = 0;
  constexpr int runs = 24;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const double accuracy =
        classifier_two_sample_test(unlike_films(100 + run, 1, 0), unlike_films(500 + run, 1, 0), {.seed = run})
            .accuracy;
    sum += accuracy;
    squares += accuracy * accuracy;
  }
  const double mean = sum / runs;
  std::printf("real against real, %d times: %.3f, standard deviation %.3f\n", runs, mean,
              std::sqrt(squares / runs - mean * mean));
  for (const double speed : {1.1, 1.2, 1.5})
    std::printf("%.1f times as fast: %.3f\n", speed,
                classifier_two_sample_test(unlike_films(1, 1, 0), unlike_films(2, speed, 0)).accuracy);
  for (const double jitter : {0.05, 0.1, 0.2})
    std::printf("positions off by %.2f: %.3f\n", jitter,
                classifier_two_sample_test(unlike_films(1, 1, 0), unlike_films(2, 1, jitter)).accuracy);
}

TEST_CASE("the accuracy follows how far two distributions are apart") {
  CHECK(std::abs(judge_noise(noise(0, 1), noise(0, 2)).accuracy - 0.5) < 0.1);
  // The best rule for a difference d of the means, in all 16 values, is right with the probability Phi(2 d).
  CHECK(std::abs(judge_noise(noise(0, 1), noise(0.25f, 2)).accuracy - 0.691) < 0.08);
  CHECK(std::abs(judge_noise(noise(0, 1), noise(0.5f, 2)).accuracy - 0.841) < 0.07);
  CHECK(judge_noise(noise(0, 1), noise(2, 2)).accuracy == 1.0);
}

TEST_CASE("of the same samples twice exactly half are recognised") {
  CHECK(judge_noise(noise(0, 1), noise(0, 1)).accuracy == 0.5);
}

TEST_CASE("every sample is asked for once, those that judge last") {
  std::vector<std::uint64_t> asked;
  const auto recorded = [&](std::uint64_t first, std::span<float> out) {
    for (std::size_t i = 0; i < out.size() / 16; ++i) asked.push_back(first + i);
    noise(0, 1)(first, out);
  };
  CHECK(judge_noise(recorded, noise(0, 2), {.steps = 5, .batch_size = 8, .held_out = 22}).accuracy >= 0);
  REQUIRE(asked.size() == 5 * 4 + 11);
  for (std::size_t i = 0; i < asked.size(); ++i) CHECK(asked[i] == i);
}

TEST_CASE("the number of threads does not change the result, the seed does") {
  const TwoSampleSettings settings{.steps = 20, .batch_size = 8, .held_out = 64};
  const auto result = [&](int threads, std::uint64_t seed) {
    set_thread_count(threads);
    auto with_seed = settings;
    with_seed.seed = seed;
    return classifier_two_sample_test(real_films_from<3>(0), real_films_from<3>(300'000), with_seed).accuracy;
  };
  const support::ThreadSetting setting;
  const double one = result(1, 10), three = result(3, 10), other = result(3, 11);
  CHECK(one == three);
  CHECK(one != other);
}

TEST_CASE("settings and samples that cannot be are refused") {
  const auto refused = [](const TwoSampleSettings& settings) {
    return error_of([&] { (void)judge_noise(noise(0, 1), noise(0, 2), settings); })
        .starts_with("expected at least 1 step, an even batch of at least 4 and an even number of held-out samples");
  };
  CHECK(refused({.steps = 0}));
  CHECK(refused({.batch_size = 2}));
  CHECK(refused({.batch_size = 7}));
  CHECK(refused({.held_out = 0}));
  CHECK(refused({.held_out = 9}));

  const auto broken = [](std::uint64_t first, std::span<float> out) {
    noise(0, 1)(first, out);
    for (std::size_t i = 0; i < out.size() / 16; ++i)
      if (first + i == 21) out[16 * i + 3] = std::numeric_limits<float>::quiet_NaN();
  };
  CHECK(error_of([&] { (void)judge_noise(noise(0, 1), broken); }) ==
        "expected samples of finite values, got nan in the second set, sample 21");
  CHECK(error_of([&] { (void)judge_noise(broken, noise(0, 1)); }) ==
        "expected samples of finite values, got nan in the first set, sample 21");
}
