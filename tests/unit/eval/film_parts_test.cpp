// Parts of a data set, and the classifier two-sample test on few films.

#include "zoetrope/eval/film_parts.hpp"

#include "support/error_of.hpp"
#include "support/sanitized.hpp"
#include "support/thread_setting.hpp"
#include "unit/eval/moving_squares.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/data/clips.hpp"
#include "zoetrope/eval/two_sample_test.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace {

using namespace zoetrope;
using test::error_of;

/// Films of these lengths, of 1x1 frames with value film / 100 + time / 10,000.
struct Numbered {
  std::vector<int> lengths;
  [[nodiscard]] std::uint64_t size() const { return lengths.size(); }
  [[nodiscard]] int frames(std::uint64_t film) const { return lengths[film]; }
  [[nodiscard]] static FrameSizes sizes(std::uint64_t) { return {1, 1, 1}; }
  [[nodiscard]] static std::string description() { return "numbered"; }
  static void read_frame(std::uint64_t film, int time, std::span<float> out) {
    out[0] = static_cast<float>(film) / 100 + static_cast<float>(time) / 10'000;
  }
};

using Film = Shape<1, 3, 1, 1>;
using Data = Clips<Film, Numbered>;

/// Every clip of every part once, no frame in two parts, films in two parts only where it says so.
template <class Clips>
void check_parts(const Clips& data, const FilmParts<Clips>& parts, int stride) {
  std::map<std::pair<std::uint64_t, int>, int> part_of_frame;
  std::map<std::uint64_t, std::set<int>> parts_of_film;
  std::set<std::uint64_t> seen;
  for (int part = 0; part < parts.parts(); ++part) {
    CHECK(parts.size(part) > 0);
    const auto clips = parts.clips(part, 1'000'000);
    CHECK(clips.size() == parts.size(part));
    for (const std::uint64_t clip : clips) {
      CHECK(seen.insert(clip).second);
      const auto from = data.origin(clip);
      parts_of_film[from.film].insert(part);
      for (int time = 0; time < 3; ++time)
        CHECK(part_of_frame.try_emplace({from.film, from.begin + time * stride}, part).first->second == part);
    }
  }
  const bool shared = std::ranges::any_of(parts_of_film, [](const auto& film) { return film.second.size() > 1; });
  CHECK(shared == parts.shares_films());
  if (!shared) CHECK(seen.size() == data.size());
}

} // namespace

TEST_CASE("films go into parts as a whole, of about the same number of clips") {
  std::vector<int> lengths;
  for (int film = 0; film < 60; ++film) lengths.push_back(5 + film * 7 % 40);
  for (const bool mirrored : {false, true}) {
    const Data data({lengths}, {.mirrored = mirrored});
    const FilmParts parts(data, 4);
    CHECK(!parts.shares_films());
    check_parts(data, parts, 1);
    for (int part = 0; part < 4; ++part) {
      CHECK(parts.size(part) > data.size() / 4 - 50);
      CHECK(parts.size(part) < data.size() / 4 + 50);
    }
    // A seed, and not the order in which films were found, says which.
    CHECK(FilmParts(data, 4).clips(0, 20) == parts.clips(0, 20));
    CHECK(FilmParts(data, 4, 2).clips(0, 20) != parts.clips(0, 20));
  }
}

TEST_CASE("too few films are cut, and no frame is in two parts") {
  for (const int stride : {1, 4})
    for (const bool mirrored : {false, true})
      for (const auto& lengths : {std::vector<int>{200}, std::vector<int>{90, 120, 77}}) {
        const Data data({lengths}, {.stride = stride, .mirrored = mirrored});
        const FilmParts parts(data, 4);
        CHECK(parts.shares_films());
        check_parts(data, parts, stride);
      }
  // One that cannot be cut is left out where there is no other way; where there is, none is cut.
  const Data one_short({{200, 4}});
  const FilmParts cut(one_short, 4);
  CHECK(cut.shares_films());
  check_parts(one_short, cut, 1);
  const Data enough({{200, 4, 100, 100, 9}});
  const FilmParts whole(enough, 4);
  CHECK(!whole.shares_films());
  check_parts(enough, whole, 1);
}

TEST_CASE("a data set that does not tell films apart has one for each number") {
  for (const std::uint64_t count : {5, 4095, 4096, 10'000}) {
    CAPTURE(count);
    const BouncingBalls<1> data{.films = count};
    const FilmParts parts(data, 2);
    CHECK(!parts.shares_films());
    std::set<std::uint64_t> seen;
    for (const int part : {0, 1})
      for (const auto clip : parts.clips(part, count)) CHECK(seen.insert(clip).second);
    CHECK(seen.size() == count);
    CHECK(*seen.rbegin() == count - 1);
  }
}

TEST_CASE("films of a part, evenly spread") {
  const Data data({{50, 60, 70, 80}});
  const FilmParts parts(data, 2);
  const auto clips = parts.clips(1, 7);
  REQUIRE(clips.size() == 7);
  CHECK(std::set(clips.begin(), clips.end()).size() == 7);
  CHECK(clips.front() == parts.clip(1, 0));
  const auto films = parts.films(1, 7);
  REQUIRE(films.size() == 7 * 3);
  std::vector<float> film(3);
  for (std::size_t i = 0; i < 7; ++i) {
    data.film(clips[i], film);
    CHECK(std::equal(film.begin(), film.end(), films.begin() + static_cast<std::ptrdiff_t>(3 * i)));
  }
  CHECK(parts.clips(0, 0).empty());
}

TEST_CASE("a sample set trains with one part and judges with another") {
  const Data data({{30, 30, 30, 30, 30, 30}});
  const FilmParts parts(data, 3);
  const auto set = parts.sample_set(2, 0, 40, 5);
  std::vector<float> samples(100 * 3), again(3);
  set(0, samples);
  const auto part_of = [&](float value) {
    std::vector<float> film(3);
    for (int part = 0; part < 3; ++part)
      for (const auto clip : parts.clips(part, 1000)) {
        data.film(clip, film);
        if (film[0] == value) return part;
      }
    return -1;
  };
  std::set<float> drawn;
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(part_of(samples[3 * i]) == (i < 40 ? 2 : 0));
    drawn.insert(samples[3 * i]);
  }
  CHECK(drawn.size() > 50);
  // A sample is a function of its number.
  set(57, again);
  CHECK(std::equal(again.begin(), again.end(), samples.begin() + 57 * 3));
}

TEST_CASE("parts that cannot be are refused") {
  const Data three({{3, 3, 3}});
  CHECK(error_of([&] { FilmParts(three, 4); }) ==
        "expected films for 4 parts that have none in common, got 3 films of 3 clips");
  CHECK_NOTHROW(FilmParts(three, 3));
  CHECK_THROWS_AS(FilmParts(three, 0), Error);
  const BouncingBalls<1> one{.films = 1};
  CHECK_THROWS_AS(FilmParts(one, 2), Error);
  const FilmParts parts(three, 3);
  CHECK_THROWS_AS((void)parts.size(3), Error);
  CHECK_THROWS_AS((void)parts.size(-1), Error);
  CHECK_THROWS_AS((void)parts.clip(0, 1), Error);
  CHECK_THROWS_AS((void)parts.sample_set(0, 0, 10, 1), Error);
  CHECK_THROWS_AS((void)parts.sample_set(0, 3, 10, 1), Error);
}

// Left out under the sanitizers for its time alone.
TEST_CASE("few films, drawn again and again: the classifier is judged on films that it was not trained on" *
          doctest::skip(support::sanitized)) {
  using namespace test;
  struct Squares {
    using Film = SquareFilm;
    std::vector<float> films;
    [[nodiscard]] std::uint64_t size() const { return films.size() / square_film_size; }
    void film(std::uint64_t index, std::span<float> out) const {
      std::copy_n(films.begin() + static_cast<std::ptrdiff_t>(index * square_film_size), square_film_size, out.begin());
    }
    void frame(std::uint64_t, int, std::span<float>) const {}
    [[nodiscard]] static std::string description() { return "squares"; }
  };
  const Squares real{moving_squares(40, 1)}, fast{moving_squares(40, 2, {.speed = 3.0})};
  const TwoSampleSettings settings{.steps = 60, .batch_size = 16, .held_out = 200};
  const FilmParts halves(real, 2), fast_halves(fast, 2), quarters(real, 4);
  const auto accuracy = [&](const auto& first, const auto& second) {
    return classifier_two_sample_test<arch::FilmClassifierOf<SquareFilm>>(first, second, settings).accuracy;
  };
  const auto trained = settings.training_samples();
  CHECK(trained == 480);
  CHECK(accuracy(halves.sample_set(0, 1, trained, 1), fast_halves.sample_set(0, 1, trained, 2)) > 0.85);
  const double floor = accuracy(quarters.sample_set(0, 1, trained, 1), quarters.sample_set(2, 3, trained, 2));
  CHECK(std::abs(floor - 0.5) < 0.25);
  // What FilmParts is for: judged on the films that it learnt, ten each, it seems to know real from real.
  const auto by_heart = [&](int part) {
    return [&, part](std::uint64_t first, std::span<float> out) {
      quarters.sample_set(part, part == 0 ? 1 : 3, first + 1'000'000, 1)(first, out);
    };
  };
  CHECK(accuracy(by_heart(0), by_heart(2)) > 0.9);
}

TEST_CASE("classifiers of other shapes end in one value; the paper's is as it was") {
  static_assert(arch::FilmClassifierOf<Shape<3, 64, 128, 128>>::Layers::Output::size == 1);
  static_assert(arch::FilmClassifierOf<Shape<3, 8, 16, 128>>::Layers::Output::size == 1);
  static_assert(arch::FilmClassifierOf<Shape<1, 64, 16, 16>>::Layers::Output::size == 1);
  static_assert(arch::FilmClassifierOf<Shape<1, 9, 17, 31>>::Layers::Output::size == 1);
  using Old = arch::FilmClassifier::Layers;
  static_assert(std::is_same_v<Old::Input, Shape<1, 30, 30, 30>> && Old::layer_count == 7);
  static_assert(Old::parameter_count == 8 * 64 + 8 + 16 * 8 * 64 + 16 + 32 * 16 * 64 + 32 + 32 * 27 + 1);
  CHECK(arch::FilmClassifier::description() == "FilmClassifier");
  CHECK(arch::FilmClassifierOf<Shape<3, 16, 32, 32>>::description() == "FilmClassifier, shape 3x16x32x32");
}
