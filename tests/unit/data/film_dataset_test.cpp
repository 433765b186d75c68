#include "zoetrope/data/film_dataset.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>

using namespace zoetrope;

namespace {

struct Complete {
  using Film = Shape<3, 16, 32, 24>;
  std::uint64_t size() const { return 1; }
  void film(std::uint64_t, std::span<float>) const {}
  void frame(std::uint64_t, int, std::span<float>) const {}
  static std::string description() { return "Complete"; }
};

struct NoFilmShape : Complete {
  using Film = int;
};
struct FlatFilm : Complete {
  using Film = Shape<1, 30, 30>;
};
struct SizeOfInt : Complete {
  int size() const { return 1; }
};
struct ReadingChangesIt : Complete {
  void film(std::uint64_t, std::span<float>) {}
};
struct FrameWithoutTime : Complete {
  void frame(std::uint64_t, std::span<float>) const {}
};

struct Nameless : Complete {
private:
  using Complete::description;
};

static_assert(FilmDataset<Complete>);
static_assert(DescribesItself<Complete> && !DescribesItself<Nameless> && !FilmDataset<Nameless>);
static_assert(!detail::HasFilmShape<int> && !detail::HasFilmShape<NoFilmShape> && !detail::HasFilmShape<FlatFilm>);
static_assert(detail::HasFilmCount<NoFilmShape> && !detail::HasFilmCount<SizeOfInt>);
static_assert(!detail::WritesFilms<ReadingChangesIt> && detail::WritesFrames<ReadingChangesIt>);
static_assert(!detail::WritesFrames<FrameWithoutTime> && detail::WritesFilms<FrameWithoutTime>);
static_assert(!FilmDataset<NoFilmShape> && !FilmDataset<FlatFilm> && !FilmDataset<SizeOfInt> &&
              !FilmDataset<ReadingChangesIt> && !FilmDataset<FrameWithoutTime>);
static_assert(std::same_as<FrameOf<Complete::Film>, Shape<3, 32, 24>>);

} // namespace

TEST_CASE("FilmDataset is checked when this file compiles") { CHECK(film_length<Complete::Film> == 16); }
