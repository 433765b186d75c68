#include "zoetrope/data/npy_films.hpp"

#include "support/error_of.hpp"
#include "zoetrope/data/memory_films.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace zoetrope;
using test::error_of;

namespace {

using GreyFilm = Shape<1, 5, 4, 3>;
using ColourFilm = Shape<3, 5, 4, 3>;

std::filesystem::path npy_fixture(const std::string& name) {
  return std::filesystem::path(ZOETROPE_FIXTURES) / "npy" / (name + ".npy");
}

/// As messages name it.
std::string path_of(const std::string& name) { return "'" + npy_fixture(name).string() + "'"; }

/// What make_npy_fixtures.py writes, from 0 to 255.
int written(int film, int time, int height, int width, int channel) {
  return (97 * film + 31 * time + 7 * height + 3 * width + channel) % 256;
}

/// Checks every value of the first two films. In files of floats, 256ths, 1 is white.
template <FilmShape Film>
void check_films(const NpyFilms<Film>& films, std::uint64_t count, double white) {
  CHECK(films.size() == count);
  std::vector<float> values(Film::size);
  for (std::uint64_t film = 0; film < count; ++film) {
    films.film(film, values);
    std::size_t at = 0;
    for (int time = 0; time < 5; ++time)
      for (int height = 0; height < 4; ++height)
        for (int width = 0; width < 3; ++width)
          for (int channel = 0; channel < Film::channels; ++channel, ++at) {
            CAPTURE(film);
            CAPTURE(at);
            CHECK(values[at] ==
                  doctest::Approx(written(static_cast<int>(film), time, height, width, channel) * 2 / white - 1)
                      .epsilon(1e-6));
          }
  }
}

void write_npy(const std::filesystem::path& path, const std::string& header, std::size_t data) {
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(header.size()) << '\0' << header << std::string(data, '\0');
}

} // namespace

TEST_CASE("films in .npy files of every type, order of bytes and of axes are those that NumPy wrote") {
  for (const char* type : {"u1", "little_f2", "big_f2", "little_f4", "big_f4", "little_f8", "big_f8"}) {
    CAPTURE(type);
    const double white = std::string(type) == "u1" ? 255 : 256;
    check_films(NpyFilms<GreyFilm>(npy_fixture(type)), 2, white);
    check_films(NpyFilms<ColourFilm>(npy_fixture(std::string(type) + "_fortran")), 2, white);
  }
  for (const char* version : {"version_2", "version_3"}) check_films(NpyFilms<GreyFilm>(npy_fixture(version)), 2, 255);
}

TEST_CASE("axes are told by name") {
  check_films(NpyFilms<GreyFilm>(npy_fixture("moving_mnist"), {.axes = "tfhw"}), 2, 255);
  check_films(NpyFilms<GreyFilm>(npy_fixture("reference"), {.axes = "fhwt"}), 2, 256);
  check_films(NpyFilms<GreyFilm>(npy_fixture("one_film")), 1, 255);
  CHECK(error_of([] { NpyFilms<GreyFilm> films(npy_fixture("u1"), {.axes = "fthwc"}); }) ==
        path_of("u1") + ": expected an array of 5 axes (fthwc), got 4");
  for (const char* wrong : {"fth", "tthw", "fthx", "thwcfa"}) {
    CAPTURE(wrong);
    CHECK(error_of([&] { NpyFilms<GreyFilm> films(npy_fixture("u1"), {.axes = wrong}); }) ==
          path_of("u1") +
              ": expected the axes t, h, w and perhaps f and c (time, height, width, film, channel), each once, "
              "got '" +
              std::string(wrong) + "'");
  }
  // Read as it lies, Moving MNIST's layout would be 5 films of 2 frames.
  CHECK(error_of([] { NpyFilms<GreyFilm> films(npy_fixture("moving_mnist")); }).find("has 2 frames, and a clip of 5") !=
        std::string::npos);
}

TEST_CASE("truth values are black and white, and another range is one that is given") {
  const NpyFilms<GreyFilm> truth(npy_fixture("bool"));
  std::vector<float> values(GreyFilm::size);
  truth.film(1, values);
  for (int time = 0; time < 5; ++time)
    CHECK(values[static_cast<std::size_t>(time) * 12] == (written(1, time, 0, 0, 0) > 127 ? 1.0F : -1.0F));

  const std::vector<std::uint8_t> ends{0, 255, 0};
  const MemoryFilms<Shape<1, 1, 1, 3>> bytes(std::span<const std::uint8_t>(ends), {1, 1, 1, 3});
  std::vector<float> exact(3);
  bytes.film(0, exact);
  CHECK(exact == std::vector<float>{-1, 1, -1});

  const NpyFilms<GreyFilm> inverted(npy_fixture("u1"), {.range = ValueRange{255, 0}});
  inverted.film(0, values);
  CHECK(values[0] == 1.0F);
  CHECK(inverted.description().find("255 black and 0 white") != std::string::npos);
  const NpyFilms<GreyFilm> narrow(npy_fixture("little_f4"), {.range = ValueRange{0, 0.5}});
  CHECK(error_of([&] { narrow.film(1, values); }).find("expected values from 0 to 0.5, got 0.5") != std::string::npos);
}

TEST_CASE("what is no array of films is refused in a sentence") {
  const auto refused = [](const char* name) { return error_of([&] { NpyArchive archive(npy_fixture(name)); }); };
  CHECK(refused("int64") == path_of("int64") +
                                ": expected an array of bytes (u1) or of floats (f2, f4, f8), got i8; in " +
                                "Python, numpy.save(path, array.astype(numpy.uint8)) makes bytes");
  CHECK(refused("complex").find("got c8") != std::string::npos);
  CHECK(refused("structured") == path_of("structured") + ": expected an array of numbers, got one of structures");
  CHECK(refused("none") == path_of("none") + ": axis f has no values");
  CHECK(refused("nowhere") == path_of("nowhere") + " cannot be opened for reading: No such file or directory");
  CHECK(error_of([] { NpyArchive archive(ZOETROPE_FIXTURES); }) == "'" ZOETROPE_FIXTURES "' is not a file");
}

TEST_CASE("a .npy file that is cut short or tampered with is refused in a sentence") {
  const auto path = std::filesystem::temp_directory_path() / "zoetrope_npy_films_test.npy";
  const auto refused = [&](const std::string& header, std::size_t data = 120) {
    write_npy(path, header, data);
    const std::string message = error_of([&] { NpyArchive archive(path); });
    CHECK(!message.empty());
    return message;
  };
  const std::string good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 5, 4, 3), }";
  write_npy(path, good, 120);
  CHECK(NpyArchive(path).size() == 2);
  CHECK(refused(good, 121).find("expected 120 bytes of numbers, got 121") != std::string::npos);
  CHECK(refused("{'descr': '\x1b[2J', }").find("got '?[2J'") != std::string::npos);
  CHECK(refused(good, 119).find("expected 120 bytes of numbers, got 119") != std::string::npos);
  CHECK(refused("").find("expected '{'") != std::string::npos);
  CHECK(refused("{'descr': '|u1'}").find("expected the keys descr, fortran_order and shape") != std::string::npos);
  CHECK(refused("{'descr': '|u1', 'fortran_order': 1, 'shape': (2,)}").find("True or False, got '1,") !=
        std::string::npos);
  CHECK(refused("{'descr': '|u1', 'x': 1}").find("a key 'x'") != std::string::npos);
  CHECK(refused("{'descr': '|u1', 'fortran_order': False, 'shape': (2, -5, 4, 3)}").find("a size, got '-5") !=
        std::string::npos);
  CHECK(refused("{'descr': '|u1', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615, 4)}")
            .find("larger than any memory") != std::string::npos);
  CHECK(refused("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999, 5, 4)}").find("a size") !=
        std::string::npos);
  CHECK(refused("{'descr': '<f99999999999999999999', 'fortran_order': False, 'shape': (5, 4, 3)}")
            .find("such as '<f4'") != std::string::npos);
  CHECK(refused(good + " 1").find("nothing behind '}'") != std::string::npos);
  const std::vector<std::string> starts{"", "\x93NUMP", "\x93NUMPY\1", "\x93NUMPY\2\1\1\1",
                                        std::string("\x93NUMPY\1\0\xff\xff{", 11)};
  for (const std::string& start : starts) {
    std::ofstream(path, std::ios::binary) << start;
    CHECK(!error_of([&] { NpyArchive archive(path); }).empty());
  }
  std::filesystem::remove(path);
}
