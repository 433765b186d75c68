#include "zoetrope/data/clips.hpp"

#include "support/error_of.hpp"
#include "zoetrope/data/memory_films.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

using namespace zoetrope;
using test::error_of;

namespace {

/// Films of different lengths, whose frames are 2x3 pixels of value (10 film + time) / 100.
struct NumberedFilms {
  std::vector<int> lengths;
  FrameSizes frame{2, 3, 1};
  [[nodiscard]] std::uint64_t size() const { return lengths.size(); }
  [[nodiscard]] int frames(std::uint64_t film) const { return lengths[film]; }
  [[nodiscard]] FrameSizes sizes(std::uint64_t) const { return frame; }
  [[nodiscard]] static std::string description() { return "numbered films"; }
  void read_frame(std::uint64_t film, int time, std::span<float> out) const {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = (10.0F * static_cast<float>(film) + static_cast<float>(time)) / 100 + static_cast<float>(i) / 1000;
  }
};

void fit_frame(FrameSizes from, const std::vector<float>& values, FrameSizes to, Crop crop, std::vector<float>& out) {
  detail::FrameFit(from, to, crop).apply<float>(values, -1.0F, out);
}

using Film = Shape<1, 3, 2, 3>;
using Numbered = Clips<Film, NumberedFilms>;
static_assert(FilmDataset<Numbered>);
static_assert(FilmDataset<MemoryFilms<Film>>);

} // namespace

TEST_CASE("every clip of every film has an index, and begins where it says") {
  const Numbered clips({{5, 3, 4}});
  CHECK(clips.size() == 3 + 1 + 2);
  CHECK(clips.films() == 3);
  std::set<std::pair<std::uint64_t, int>> seen;
  for (std::uint64_t index = 0; index < clips.size(); ++index) {
    const auto from = clips.origin(index);
    CHECK(seen.insert({from.film, from.begin}).second);
    std::vector<float> film(Film::size), frame(Shape<1, 2, 3>::size);
    clips.film(index, film);
    for (int time = 0; time < 3; ++time) {
      clips.frame(index, time, frame);
      for (std::size_t i = 0; i < frame.size(); ++i) {
        CHECK(film[static_cast<std::size_t>(time) * 6 + i] == frame[i]);
        CHECK(frame[i] == (10.0F * static_cast<float>(from.film) + static_cast<float>(from.begin + time)) / 100 +
                              static_cast<float>(i) / 1000);
      }
    }
  }
  CHECK(error_of([&] { (void)clips.origin(6); }) == "there is no clip 6 among 6");
}

TEST_CASE("a stride takes every so many frames, and mirrored clips exchange left and right") {
  const Numbered strided({{7, 5}}, {.stride = 2});
  CHECK(strided.size() == 3 + 1);
  std::vector<float> film(Film::size);
  strided.film(2, film);
  CHECK(film[6] == 0.04F); // film 0 from frame 2 on
  const Numbered mirrored({{3}}, {.mirrored = true});
  CHECK(mirrored.size() == 2);
  std::vector<float> other(Film::size);
  mirrored.film(0, film);
  mirrored.film(1, other);
  for (std::size_t row = 0; row < 6; ++row)
    for (std::size_t x = 0; x < 3; ++x) CHECK(other[row * 3 + x] == film[row * 3 + 2 - x]);
}

TEST_CASE("films that hold no clip are refused by name, or left out where that is asked for") {
  CHECK(error_of([] {
          Numbered clips({{5, 2}});
        }) == "film 1 of numbered films has 2 frames, and a clip of 3 at a stride of 1 needs 3");
  CHECK(Numbered({{5, 2}}, {.skip_short = true}).films() == 1);
  CHECK(error_of([] {
          Numbered clips({{2, 1}}, {.skip_short = true});
        }) == "all 2 films of numbered films are too short for a clip of 3 frames at a stride of 1");
  CHECK(error_of([] { Numbered clips(NumberedFilms{}); }) == "clips expected at least one film in numbered films");
  CHECK(error_of([] { Numbered clips({{5}}, {.stride = 0}); }) == "clips expected a stride of at least 1, got 0");
  CHECK(error_of([] {
          Numbered clips({{5}, {2, 3, 5}});
        }) == "film 0 of numbered films expected frames of 1 to 4 channels, got 2x3x5");
}

TEST_CASE("a run tells clips from others by their description") {
  const NumberedFilms films{{5, 6}};
  std::set<std::string> all;
  for (const int stride : {1, 2})
    for (const Crop crop : {Crop::center, Crop::stretch, Crop::borders})
      for (const bool mirrored : {false, true})
        all.insert(Numbered(films, {.stride = stride, .crop = crop, .mirrored = mirrored}).description());
  CHECK(all.size() == 12);
  CHECK(Numbered(films).description() == "numbered films, 7 clips of 3 frames at a stride of 1, cropped to 2x3x1");
}

TEST_CASE("frames become smaller by the mean of what a pixel covers, and larger by repeating") {
  const auto fit = [](FrameSizes from, std::vector<float> values, FrameSizes to, Crop crop) {
    std::vector<float> out(to.values());
    fit_frame(from, values, to, crop, out);
    return out;
  };
  CHECK(fit({2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 1}, Crop::center) == std::vector<float>{3.5F, 5.5F});
  CHECK(fit({1, 2, 1}, {1, 2}, {2, 4, 1}, Crop::center) == std::vector<float>{1, 1, 2, 2, 1, 1, 2, 2});
  // Three values to two: each result covers one and a half.
  const auto thirds = fit({1, 3, 1}, {0, 3, 6}, {1, 2, 1}, Crop::stretch);
  CHECK(thirds[0] == doctest::Approx(1));
  CHECK(thirds[1] == doctest::Approx(5));
  // The middle of what is too wide, or too high.
  CHECK(fit({1, 4, 1}, {9, 1, 2, 9}, {1, 2, 1}, Crop::center) == std::vector<float>{1, 2});
  CHECK(fit({2, 6, 1}, {9, 9, 1, 2, 9, 9, 9, 9, 3, 4, 9, 9}, {1, 1, 1}, Crop::center) == std::vector<float>{2.5F});
  CHECK(fit({6, 2, 1}, {9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9}, {1, 1, 1}, Crop::center) == std::vector<float>{2.5F});
  CHECK(fit({1, 2, 1}, {3, 4}, {2, 2, 1}, Crop::borders) == std::vector<float>{3, 4, -1, -1});
  CHECK(fit({1, 2, 1}, {3, 4}, {2, 2, 1}, Crop::stretch) == std::vector<float>{3, 4, 3, 4});
  // A pixel becomes any size, and any size a pixel.
  CHECK(fit({1, 1, 1}, {7}, {2, 3, 1}, Crop::stretch) == std::vector<float>(6, 7.0F));
  std::vector<float> many(1000);
  std::iota(many.begin(), many.end(), 0.0F);
  CHECK(fit({1, 1000, 1}, many, {1, 1, 1}, Crop::stretch)[0] == doctest::Approx(499.5));
}

TEST_CASE("the mean of a frame stays, whatever its sizes") {
  for (const int from : {3, 7, 30, 31, 64})
    for (const int to : {1, 2, 5, 30, 33}) {
      const FrameSizes sizes{from, from, 1}, wanted{to, to, 1};
      std::vector<float> values(sizes.values()), out(wanted.values());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) / 8 - 1;
      fit_frame(sizes, values, wanted, Crop::stretch, out);
      const auto mean = [](const std::vector<float>& v) {
        return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
      };
      CHECK(mean(out) == doctest::Approx(mean(values)).epsilon(1e-5));
    }
}

TEST_CASE("colour becomes grey, grey becomes colour, and opacity is left out") {
  const std::vector<float> pixels{1, 0, 0, 9, 0, 1, 0, 9}; // red, green, with opacity
  std::vector<float> grey(2), colour(6);
  fit_frame({1, 2, 4}, pixels, {1, 2, 1}, Crop::center, grey);
  CHECK(grey == std::vector<float>{0.299F, 0.587F});
  fit_frame({1, 2, 4}, pixels, {1, 2, 3}, Crop::center, colour);
  CHECK(colour == std::vector<float>{1, 0, 0, 0, 1, 0});
  fit_frame({1, 2, 2}, std::vector<float>{0.5F, 9, 0.25F, 9}, {1, 2, 3}, Crop::center, colour);
  CHECK(colour == std::vector<float>{0.5F, 0.5F, 0.5F, 0.25F, 0.25F, 0.25F});
}

TEST_CASE("films in memory are those that lie there, of any number type") {
  std::vector<std::uint8_t> bytes(2 * 3 * 2 * 3);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const MemoryFilms<Film> of_bytes(std::span<const std::uint8_t>(bytes), {2, 3, 2, 3});
  std::vector<double> doubles(bytes.begin(), bytes.end());
  const MemoryFilms<Film> of_doubles(std::span<const double>(doubles), {2, 3, 2, 3}, {.range = ValueRange{0, 255}});
  std::vector<float> one(Film::size), other(Film::size);
  for (std::uint64_t film = 0; film < 2; ++film) {
    of_bytes.film(film, one);
    of_doubles.film(film, other);
    for (std::size_t i = 0; i < one.size(); ++i) {
      CHECK(one[i] == doctest::Approx((static_cast<double>(film) * 18 + static_cast<double>(i)) / 127.5 - 1));
      CHECK(other[i] == doctest::Approx(one[i]).epsilon(1e-6));
    }
  }
  doubles[20] = 1e9;
  CHECK(error_of([&] { of_doubles.film(1, other); }) ==
        "films in memory, film 1, frame 0: expected values from 0 to 255, got 1e+09");
  CHECK(error_of([&] {
          MemoryFilms<Film> films(std::span<const double>(doubles), {2, 3, 2, 3});
        }).find("some frames have values from 0 to 1e+09") != std::string::npos);
  CHECK(error_of([&] {
          MemoryFilms<Film> films(std::span<const std::uint8_t>(bytes), {3, 3, 2, 3});
        }) == "films in memory: expected 54 bytes of numbers, got 36");
  CHECK(error_of([&] {
          MemoryFilms<Film> films(std::span<const std::uint8_t>(bytes), {1, 3, 2, 3});
        }) == "films in memory: expected 18 bytes of numbers, got 36");
  // Two lengths of 2^32 and more do not wrap around.
  CHECK(!error_of([&] {
           MemoryFilms<Film> films(std::span<const std::uint8_t>(bytes), {std::uint64_t{1} << 63, 4, 1, 1});
         }).empty());
}

TEST_CASE("a range of one's own is any two numbers, and doubles lose nothing before they are scaled") {
  const auto films_of = [](const std::vector<double>& values, std::optional<ValueRange> range) {
    const MemoryFilms<Shape<1, 1, 1, 4>> films(std::span<const double>(values), {1, 1, 1, 4}, {.range = range});
    std::vector<float> result(4);
    films.film(0, result);
    return result;
  };
  CHECK(films_of({0, 250, 500, 1000}, ValueRange{0, 1000}) == std::vector<float>{-1, -0.5F, 0, 1});
  CHECK(films_of({1e9, 1e9 + 1, 1e9 + 3, 1e9 + 4}, ValueRange{1e9, 1e9 + 4}) == std::vector<float>{-1, -0.5F, 0.5F, 1});
  CHECK(films_of({255, 0, 127.5, 255.1}, {}) == std::vector<float>{1, -1, 0, 1});
  // What is taken for 0 to 1 can be read as that.
  CHECK(films_of({-0.0004, 0, 1, 0.5}, {}) == std::vector<float>{-1, -1, 1, 0});
  CHECK(films_of({-0.0008, 0, 1, 0.5}, {})[2] == 1);
  const double infinity = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();
  for (const ValueRange& wrong : {ValueRange{0, infinity}, ValueRange{none, 1}, ValueRange{3, 3}})
    CHECK(error_of([&] {
            films_of({0, 1, 2, 3}, wrong);
          }).find("expected two different, finite values") != std::string::npos);
  CHECK(error_of([&] { films_of({0, 1, none, 3}, {}); }).find("expected finite values, got nan") != std::string::npos);
  CHECK(error_of([&] { films_of({0, 1, none, 1}, ValueRange{}); }).find("from 0 to 255, got nan") != std::string::npos);
}

TEST_CASE("resized frames stay within [-1, 1], and white stays white") {
  for (int from = 1; from < 120; ++from)
    for (const int to : {1, 2, 3, 7, 16, 30, 64}) {
      std::vector<float> white(static_cast<std::size_t>(from) * 3, 1.0F), out(static_cast<std::size_t>(to));
      fit_frame({1, from, 3}, white, {1, to, 1}, Crop::stretch, out);
      CHECK(std::all_of(out.begin(), out.end(), [](float value) { return value == 1.0F; }));
    }
}
