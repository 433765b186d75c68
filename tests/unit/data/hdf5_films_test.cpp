#include "zoetrope/data/hdf5_films.hpp"

#include "support/error_of.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

using namespace zoetrope;
using test::error_of;

namespace {

using GreyHdf5 = Shape<1, 5, 4, 3>;
using ColourHdf5 = Shape<3, 5, 4, 3>;

std::filesystem::path hdf5_fixture(const std::string& name) {
  return std::filesystem::path(ZOETROPE_FIXTURES) / "hdf5" / (name + ".h5");
}

/// As messages name it.
std::string hdf5_where(const std::string& name, const std::string& data = "films") {
  return "'" + hdf5_fixture(name).string() + "', data set '" + data + "'";
}

/// What make_hdf5_fixtures.py writes, from 0 to 255.
int hdf5_value(int film, int time, int height, int width, int channel) {
  return (97 * film + 31 * time + 7 * height + 3 * width + channel) % 256;
}

/// Checks every value, of films and of frames, against @p expected(film, time, height, width, channel).
template <FilmShape Film, class Expected>
void check_hdf5_values(const Hdf5Films<Film>& films, const Expected& expected, std::uint64_t count = 2) {
  CHECK(films.size() == count);
  std::vector<float> values(Film::size), frame(FrameOf<Film>::size);
  for (std::uint64_t film = 0; film < count; ++film) {
    films.film(film, values);
    std::size_t at = 0;
    for (int time = 0; time < 5; ++time) {
      films.frame(film, time, frame);
      CHECK(std::equal(frame.begin(), frame.end(), values.begin() + static_cast<std::ptrdiff_t>(at)));
      for (int height = 0; height < 4; ++height)
        for (int width = 0; width < 3; ++width)
          for (int channel = 0; channel < Film::channels; ++channel, ++at) {
            CAPTURE(film);
            CAPTURE(at);
            CHECK(values[at] ==
                  doctest::Approx(expected(static_cast<int>(film), time, height, width, channel)).epsilon(1e-6));
          }
    }
  }
}

/// In files of floats, 256ths, 1 is white.
template <FilmShape Film>
void check_hdf5_films(const Hdf5Films<Film>& films, double white, std::uint64_t count = 2) {
  check_hdf5_values(
      films, [white](auto... at) { return hdf5_value(at...) * 2 / white - 1; }, count);
}

} // namespace

TEST_CASE("films in HDF5 files of every type, order of bytes and layout are those that h5py wrote") {
  for (const std::uint64_t memory : {1 << 20, 0}) {
    CAPTURE(memory);
    const Hdf5Settings settings{.scratch = {.memory = memory}};
    for (const std::string type : {"u1", "little_f2", "big_f2", "little_f4", "big_f4", "little_f8", "big_f8"}) {
      CAPTURE(type);
      const double white = type == "u1" ? 255 : 256;
      const Hdf5Films<GreyHdf5> grey(hdf5_fixture(type), settings);
      CHECK(grey.archive().mapped());
      check_hdf5_films(grey, white);
      const Hdf5Films<ColourHdf5> colour(hdf5_fixture(type + "_gzip"), settings);
      CHECK(!colour.archive().mapped());
      check_hdf5_films(colour, white);
    }
    for (const char* layout : {"chunked", "checksums", "compact", "virtual"}) {
      CAPTURE(layout);
      const Hdf5Films<GreyHdf5> films(hdf5_fixture(layout), settings);
      CHECK(!films.archive().mapped());
      check_hdf5_films(films, 255);
    }
    const Hdf5Films<GreyHdf5> reference(hdf5_fixture("reference"), {.array = {.axes = "fhwt"}, .scratch = {memory}});
    check_hdf5_films(reference, 256);
    const Hdf5Films<GreyHdf5> in_part(hdf5_fixture("fill_in_part"), settings);
    check_hdf5_values(in_part,
                      [](int film, auto... at) { return (film == 0 ? 51 : hdf5_value(1, at...)) / 127.5 - 1; });
  }
  check_hdf5_films(Hdf5Films<GreyHdf5>(hdf5_fixture("user_block")), 255);
  check_hdf5_films(Hdf5Films<GreyHdf5>(hdf5_fixture("one_film")), 255, 1);
}

TEST_CASE("truth values in HDF5 files are black and white") {
  for (const char* name : {"bool", "bool_gzip"}) {
    const Hdf5Films<GreyHdf5> films(hdf5_fixture(name));
    CHECK(films.archive().range() == ValueRange{0, 1});
    check_hdf5_values(films, [](auto... at) { return hdf5_value(at...) > 127 ? 1 : -1; });
  }
  const Hdf5Films<GreyHdf5> inverted(hdf5_fixture("bool"), {.array = {.range = ValueRange{1, 0}}});
  check_hdf5_values(inverted, [](auto... at) { return hdf5_value(at...) > 127 ? -1 : 1; });
}

TEST_CASE("a data set to which nothing was written is its fill value, as far as memory is allowed to it") {
  check_hdf5_values(Hdf5Films<GreyHdf5>(hdf5_fixture("fill")), [](auto...) { return 51 / 127.5 - 1; });
  CHECK(error_of([] { Hdf5Archive archive(hdf5_fixture("fill"), {.scratch = {.memory = 119}}); }) ==
        hdf5_where("fill") + ": expected numbers, got only 0 bytes of them; with the fill value of all others they " +
            "would take 120 bytes, more than the 119 of memory that the settings allow");
}

TEST_CASE("the only data set of films in an HDF5 file needs no name") {
  check_hdf5_films(Hdf5Films<GreyHdf5>(hdf5_fixture("nested")), 255);
  for (const char* name : {"train/deep/films", "/train/deep/films", "link"})
    check_hdf5_films(Hdf5Films<GreyHdf5>(hdf5_fixture("nested"), {.dataset = name}), 255);
  check_hdf5_films(Hdf5Films<GreyHdf5>(hdf5_fixture("two"), {.dataset = "first"}), 255);
  check_hdf5_values(Hdf5Films<GreyHdf5>(hdf5_fixture("two"), {.dataset = "group/second"}),
                    [](int film, auto... at) { return hdf5_value(1 - film, at...) / 127.5 - 1; });
  // The numbers are in another file, at a byte of that.
  const Hdf5Films<GreyHdf5> elsewhere(hdf5_fixture("external_link"), {.dataset = "films"});
  CHECK(!elsewhere.archive().mapped());
  check_hdf5_films(elsewhere, 256);

  const auto refused = [](const char* file, const std::string& data = "") {
    return error_of([&] { Hdf5Archive archive(hdf5_fixture(file), {.dataset = data}); });
  };
  const auto path = [](const char* file) { return "'" + hdf5_fixture(file).string() + "'"; };
  CHECK(refused("two") == path("two") +
                              ": expected one data set of 3 to 5 axes of numbers, or the name of one in the " +
                              "settings, got 2: 'first', 'group/second'");
  CHECK(refused("nothing") == path("nothing") + ": expected a data set of 3 to 5 axes of numbers, got none");
  CHECK(refused("two", "third") ==
        path("two") + ": expected a data set 'third', which cannot be opened: object 'third' doesn't exist");
  CHECK(refused("two", "group") ==
        path("two") + ": expected a data set 'group', which cannot be opened: not a dataset");
  CHECK(refused("levels") == path("levels") + ": expected groups of at most 32 levels, found more");
}

TEST_CASE("what is no array of films in an HDF5 file is refused in a sentence") {
  const auto refused = [](const std::string& data) {
    return error_of([&] { Hdf5Archive archive(hdf5_fixture("refused"), {.dataset = data}); });
  };
  const std::pair<const char*, const char*> types[] = {
      {"int64", "signed integers of 64 bits"},
      {"int8", "signed integers of 8 bits"},
      {"uint16", "unsigned integers of 16 bits"},
      {"bfloat16", "floats of 16 bits in another format"},
      {"long_double", "floats of 80 bits in another format"},
      {"enumeration", "an enumeration"},
      {"complex", "compounds of several members"},
      {"compound", "compounds of several members"},
      {"text", "text"},
  };
  for (const auto& [name, type] : types)
    CHECK(refused(name) == hdf5_where("refused", name) +
                               ": expected unsigned bytes, truth values or IEEE floats of 16, 32 or 64 bits, got " +
                               type +
                               "; in Python, file.create_dataset('films', data=array.astype('uint8')) makes bytes");
  CHECK(refused("no_film") == hdf5_where("refused", "no_film") + ": axis f has no values");
  const std::string axes = ": expected the axes t, h, w and perhaps f and c (time, height, width, film, channel), each "
                           "once, got '' for ";
  for (const char* name : {"scalar", "null"}) CHECK(refused(name) == hdf5_where("refused", name) + axes + "0 axes");
  CHECK(refused("matrix") == hdf5_where("refused", "matrix") + axes + "2 axes");
  CHECK(error_of([] { Hdf5Archive archive(hdf5_fixture("u1"), {.array = {.axes = "fthwc"}}); }) ==
        hdf5_where("u1") + ": expected an array of 5 axes (fthwc), got 4");

  const Hdf5Films<GreyHdf5> narrow(hdf5_fixture("little_f4"), {.array = {.range = ValueRange{0, 0.5}}});
  std::vector<float> values(GreyHdf5::size);
  CHECK(error_of([&] { narrow.film(1, values); }) ==
        hdf5_where("little_f4") + ", film 1, frame 1: expected values from 0 to 0.5, got 0.51171875");
}

TEST_CASE("what is no whole HDF5 file, or lacks a part, is refused in a sentence") {
  const auto refused = [](const std::string& file, const std::string& data = "films") {
    return error_of([&] { Hdf5Archive archive(hdf5_fixture(file), {.dataset = data}); });
  };
  const auto path = [](const char* file) { return "'" + hdf5_fixture(file).string() + "'"; };
  CHECK(refused("no_hdf5") == path("no_hdf5") + " cannot be read as HDF5: file signature not found");
  CHECK(refused("empty") == path("empty") + " cannot be read as HDF5: file signature not found");
  CHECK(refused("truncated") == path("truncated") + " cannot be read as HDF5: truncated file: eof = 5180, " +
                                    "sblock->base_addr = 0, stored_eof = 5200");
  CHECK(refused("nowhere") == path("nowhere") + " cannot be opened for reading: No such file or directory");
  CHECK(error_of([] { Hdf5Archive archive(ZOETROPE_FIXTURES); }) == "'" ZOETROPE_FIXTURES "' is not a file");
  CHECK(refused("unknown_filter") ==
        hdf5_where("unknown_filter") +
            ": expected filters that HDF5's library has, got 'deflate' (32001); in Python, " +
            "after import hdf5plugin, file.create_dataset('films', data=array, compression='gzip') writes the array " +
            "with another");
  CHECK(refused("virtual_missing")
            .starts_with(hdf5_where("virtual_missing") + ": expected a part of it as 'films' in 'nowhere.h5': "));
  CHECK(refused("virtual_missing", "circle") == hdf5_where("virtual_missing", "circle") +
                                                    ": expected a part of it as 'circle' in '.', not one that is " +
                                                    "virtual too");
  CHECK(refused("external_missing") ==
        hdf5_where("external_missing") +
            ": expected a part of it in 'zoetrope_nowhere.bin': No such file or directory");
}

TEST_CASE("a shape that no disk holds is refused before anything is read") {
  const auto refused = [](const std::string& data) {
    return error_of([&] { Hdf5Archive archive(hdf5_fixture("hostile"), {.dataset = data}); });
  };
  CHECK(refused("rows") ==
        hdf5_where("hostile", "rows") + ": axis t has 1099511627776 values, and at most 1073741824 are possible");
  CHECK(refused("overflow") == hdf5_where("hostile", "overflow") + ": the array is larger than any memory");
  const std::pair<const char*, int> written[] = {{"films", 0}, {"started", 12}};
  for (const auto& [name, bytes] : written)
    CHECK(refused(name) == hdf5_where("hostile", name) + ": expected numbers, got only " + std::to_string(bytes) +
                               " bytes of them; with the fill value of all others they would take 13194139533312 " +
                               "bytes, more than the 1073741824 of memory that the settings allow");
  CHECK(error_of([] {
          Hdf5Archive archive(hdf5_fixture("chunked"), {.scratch = {.memory = 0, .folder = "/nowhere"}});
        }) == hdf5_where("chunked") +
                  " cannot be read: a temporary file in '/nowhere', for what is more than 0 bytes " +
                  "of memory, cannot be made: No such file or directory");
}

TEST_CASE("chunks that are damaged or too short are refused in a sentence") {
  const auto path = std::filesystem::temp_directory_path() / "zoetrope_hdf5_films_test.h5";
  const auto refused = [&](const char* name, const auto& damage) {
    std::ifstream whole(hdf5_fixture(name), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
    damage(bytes);
    std::ofstream(path, std::ios::binary) << bytes;
    return error_of([&] { Hdf5Archive archive(path); });
  };
  const std::string where = "'" + path.string() + "', data set 'films'";
  // The last byte of the file is one of the last chunk.
  CHECK(refused("checksums", [](std::string& bytes) { bytes.back() = static_cast<char>(bytes.back() ^ 1); }) ==
        where + " cannot be read: data error detected by Fletcher32 checksum");
  // A tree of chunks of 24 bytes: the first has its own size behind the tree's head, two neighbours and the level.
  CHECK(refused("chunked", [](std::string& bytes) { bytes.at(bytes.find("TREE\1") + 24) = 23; }) ==
        where + ": expected 6 chunks of 24 bytes, got 143 bytes in all");
  std::filesystem::remove(path);
}

TEST_CASE("the description of films in an HDF5 file says what they are, wherever the file is") {
  const std::string description =
      "'chunked.h5', data set 'films', 2 films of 5 frames of 4x3x1, 0 black and 255 white, "
      "checksum 3f5c77010be07f91";
  CHECK(Hdf5Archive(hdf5_fixture("chunked")).description() == description);
  const auto folder = std::filesystem::temp_directory_path() / "zoetrope_hdf5_films_test";
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(hdf5_fixture("chunked"), folder / "chunked.h5",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(Hdf5Archive(folder / "chunked.h5", {.dataset = "/films", .scratch = {.memory = 0}}).description() ==
        description);
  std::filesystem::remove_all(folder);
}

TEST_CASE("several threads open and read HDF5 files at once") {
  const Hdf5Films<ColourHdf5> shared(hdf5_fixture("u1_gzip"));
  std::vector<float> expected(ColourHdf5::size);
  shared.film(1, expected);
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& count : wrong)
    threads.emplace_back([&] {
      std::vector<float> values(ColourHdf5::size);
      for (int i = 0; i < 20; ++i) {
        shared.film(1, values);
        count += values != expected;
        const Hdf5Films<ColourHdf5> own(hdf5_fixture("u1_gzip"), {.scratch = {.memory = 0}});
        own.film(1, values);
        count += values != expected;
        count += error_of([] { Hdf5Archive archive(hdf5_fixture("truncated")); }).empty();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}
