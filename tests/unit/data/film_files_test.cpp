#include "zoetrope/data/film_files.hpp"

#include "support/error_of.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include <sys/stat.h>

using namespace zoetrope;
using test::error_of;

namespace {

/// A PNG file of chunks of these kinds, of a hundred bytes each.
std::string png_with(const std::vector<std::string>& kinds) {
  std::string text = "\x89PNG\r\n\x1a\n";
  for (const std::string& kind : kinds) text += std::string("\0\0\0\x64", 4) + kind + std::string(104, 'x');
  return text;
}

/// A folder that goes with the test.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const std::string& name = "films")
      : path(std::filesystem::temp_directory_path() / ("zoetrope_film_files_test_" + name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text = "") const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  [[nodiscard]] std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const FilmFiles& film : find_film_files(path).films) {
      std::string name = film.path.lexically_relative(path).generic_string();
      for (const auto& picture : film.pictures) name += " " + picture.filename().string();
      names.push_back(name);
    }
    return names;
  }
};

} // namespace

TEST_CASE("numbers in names count as numbers") {
  const auto before = [](const char* a, const char* b) {
    CHECK(detail::before_by_numbers(a, b));
    CHECK(!detail::before_by_numbers(b, a));
  };
  before("a2", "a10");
  before("a2b", "a10");
  before("a", "a1");
  before("1", "a");
  before("a01b2", "a1b10");
  before("a007", "a7"); // of one number, the longer: any order that is always the same
  before("a99999999999999999999998", "a99999999999999999999999");
  CHECK(!detail::before_by_numbers("a1", "a1"));
}

TEST_CASE("every video is a film, and the pictures of a folder are one") {
  const Folder folder;
  for (const char* name : {"b.mp4", "a10.WEBM", "a2.mkv", "clip/x_9.png", "clip/x_10.png", "clip/x_1.jpg", "notes.txt",
                           ".hidden.mp4", ".cache/y.mp4", "deep/deeper/z.gif", "фильм/кадр 1.png"})
    folder.write(name);
  folder.write("sprite.png", png_with({"IHDR", "iCCP", "acTL", "IDAT"}));
  folder.write("clip/x_2.png", png_with({"IHDR", "IDAT", "acTL"})); // still
  CHECK(folder.found() == std::vector<std::string>{"a2.mkv", "a10.WEBM", "b.mp4",
                                                   "clip x_1.jpg x_2.png x_9.png x_10.png", "deep/deeper/z.gif",
                                                   "sprite.png", "фильм кадр 1.png"});
  const auto ignored = find_film_files(folder.path).ignored;
  REQUIRE(ignored.size() == 1);
  CHECK(ignored[0].filename() == "notes.txt");
  CHECK(find_film_files(folder.path / "notes.txt").films.size() == 1); // who names a file means it
}

TEST_CASE("links are followed, once, and what is no file is not opened") {
  const Folder folder, elsewhere("elsewhere");
  elsewhere.write("a.mp4");
  folder.write("b.mp4");
  std::filesystem::create_directory_symlink(elsewhere.path, folder.path / "link");
  std::filesystem::create_directory_symlink(folder.path, elsewhere.path / "back");
  std::filesystem::create_symlink(elsewhere.path / "a.mp4", folder.path / "c.mp4");
  std::filesystem::create_symlink(folder.path / "nowhere", folder.path / "d.mp4");
  REQUIRE(::mkfifo((folder.path / "e.png").c_str(), 0600) == 0);
  CHECK(folder.found() == std::vector<std::string>{"b.mp4", "c.mp4", "link/a.mp4"});
  CHECK(find_film_files(folder.path).ignored.size() == 2);
}

TEST_CASE("where there is no film, it is said what there is") {
  const Folder folder;
  const std::string name = "'" + folder.path.string() + "'";
  CHECK(error_of([&] { (void)find_film_files(folder.path); }) ==
        "expected videos, animated pictures or numbered pictures in " + name + ", found 0 other files");
  folder.write("readme.txt");
  CHECK(error_of([&] { (void)find_film_files(folder.path); }) ==
        "expected videos, animated pictures or numbered pictures in " + name +
            ", found 1 other files such as 'readme.txt'");
  CHECK(error_of([&] { (void)find_film_files(folder.path / "no"); }) ==
        "there is no file or folder '" + (folder.path / "no").string() + "'");
}
