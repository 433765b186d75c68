// The training film nearest to a generated one.

#include "zoetrope/eval/film_parts.hpp"
#include "zoetrope/eval/nearest_film.hpp"

#include "support/error_of.hpp"
#include "support/thread_setting.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/data/bouncing_balls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>

namespace {

using namespace zoetrope;
using test::error_of;

using TinyFilm = Shape<1, 4, 3, 2>;

/// Noise, reproducible by its number; counts how often it was read.
struct Noise {
  using Film = TinyFilm;
  std::uint64_t films = 100, refused = ~std::uint64_t{0};
  std::atomic<int>* reads = nullptr;
  [[nodiscard]] std::uint64_t size() const { return films; }
  void film(std::uint64_t index, std::span<float> out) const {
    require(index != refused, "film ", index, " cannot be read");
    if (reads != nullptr) ++*reads;
    RandomStream(4, Stream::user, static_cast<std::uint32_t>(index)).fill_normal(0, out.data(), out.size());
  }
  void frame(std::uint64_t, int, std::span<float>) const {}
  [[nodiscard]] static std::string description() { return "noise"; }
};

std::vector<float> films_of(const Noise& data, const std::vector<std::uint64_t>& numbers) {
  std::vector<float> films(numbers.size() * TinyFilm::size);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    data.film(numbers[i], std::span(films).subspan(i * TinyFilm::size, TinyFilm::size));
  return films;
}

} // namespace

TEST_CASE("a copy is found with its number, and how far from it a film is") {
  const Noise data;
  auto films = films_of(data, {42, 0, 99});
  for (std::size_t i = TinyFilm::size; i < 2 * TinyFilm::size; ++i) films[i] += i % 2 == 0 ? 0.1F : -0.1F;
  const auto found = nearest_films(films, 3, data);
  REQUIRE(found.films.size() == 3);
  CHECK(found.films[0].clip == 42);
  CHECK(found.films[0].distance == 0.0);
  CHECK(found.films[1].clip == 0);
  CHECK(found.films[1].distance == doctest::Approx(0.1));
  CHECK(found.films[2].clip == 99);
  CHECK(found.looked_at == 100);
  CHECK(found.clips == 100);
  CHECK(found.median_distance() == 0.0);
}

TEST_CASE("the nearest is what comparing each with each finds, on any number of threads") {
  const support::ThreadSetting setting;
  const Noise data{.films = 1000}, other{.films = 2000};
  const auto films = films_of(other, {1000, 1500, 1999, 1200});
  const auto all = films_of(data, [] {
    std::vector<std::uint64_t> numbers(1000);
    for (std::size_t i = 0; i < 1000; ++i) numbers[i] = i;
    return numbers;
  }());
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    const auto found = nearest_films(films, 4, data);
    for (std::size_t film = 0; film < 4; ++film) {
      double nearest = 1e9;
      std::size_t clip = 0;
      for (std::size_t i = 0; i < 1000; ++i) {
        double sum = 0;
        for (std::size_t v = 0; v < TinyFilm::size; ++v)
          sum += std::pow(films[film * TinyFilm::size + v] - all[i * TinyFilm::size + v], 2);
        if (sum < nearest) {
          nearest = sum;
          clip = i;
        }
      }
      CHECK(found.films[film].clip == clip);
      CHECK(found.films[film].distance == doctest::Approx(std::sqrt(nearest / TinyFilm::size)));
    }
  }
}

TEST_CASE("of equally near clips the first is named") {
  struct Same : Noise {
    void film(std::uint64_t, std::span<float> out) const { std::ranges::fill(out, 0.25F); }
  };
  const std::vector<float> film(TinyFilm::size, 0.5F);
  const auto found = nearest_films(film, 1, Same{{.films = 1000}});
  CHECK(found.films[0].clip == 0);
  CHECK(found.films[0].distance == 0.25);
}

TEST_CASE("of many clips some are looked at, evenly spread, and the result says so") {
  std::atomic<int> reads = 0;
  const Noise data{.films = 1'000'000'007, .refused = 5, .reads = &reads};
  const auto films = films_of(data, {0, 7});
  reads = 0;
  const auto found = nearest_films(films, 2, data, 500);
  CHECK(reads == 500);
  CHECK(found.looked_at == 500);
  CHECK(found.clips == 1'000'000'007);
  CHECK(found.films[0].clip == 0);
  CHECK(found.films[1].clip != 7);
  CHECK(found.films[1].distance > 0.5);
  // Those that are named are looked at, and no others.
  const std::vector<std::uint64_t> clips{9, 7};
  const auto named = nearest_films(films, 2, data, clips);
  CHECK(named.films[1].clip == 7);
  CHECK(named.looked_at == 2);
}

TEST_CASE("learning by heart shows beside the distance of unseen films") {
  const BouncingBalls<1> data{.films = 400};
  const FilmParts parts(data, 2);
  const auto unseen = nearest_films(parts.films(1, 10), 10, data, parts.clips(0, 200));
  auto copied = parts.films(0, 10);
  const RandomStream random(3, Stream::user);
  for (std::size_t i = 0; i < copied.size(); ++i) copied[i] += static_cast<float>(0.05 * random.normal(i));
  const auto learnt = nearest_films(copied, 10, data, parts.clips(0, 200));
  CHECK(learnt.median_distance() == doctest::Approx(0.05).epsilon(0.05));
  CHECK(unseen.median_distance() > 5 * learnt.median_distance());
}

TEST_CASE("films that do not fit, no clips and clips that cannot be read are refused") {
  const Noise data;
  const std::vector<float> film(TinyFilm::size);
  CHECK_THROWS_AS((void)nearest_films(film, 2, data), Error);
  CHECK_THROWS_AS((void)nearest_films({}, 0, data), Error);
  CHECK_THROWS_AS((void)nearest_films(film, 1, data, 0), Error);
  CHECK_THROWS_AS((void)nearest_films(film, 1, Noise{.films = 0}), Error);
  CHECK(error_of([&] { (void)nearest_films(film, 1, Noise{.refused = 61}); }) == "film 61 cannot be read");
  auto broken = film;
  broken[3] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS((void)nearest_films(broken, 1, data), Error);
}
