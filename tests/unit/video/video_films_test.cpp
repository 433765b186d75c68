#include "zoetrope/data/video_films.hpp"

#include "support/error_of.hpp"
#include "support/thread_setting.hpp"
#include "video/video_fixtures.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

using namespace zoetrope;
using test::error_of;

namespace {

using Film = Shape<3, 5, 16, 24>;
static_assert(FilmDataset<VideoFilms<Film>>);

/// Checks that the first frame of clip @p index is frame @p time of the fixtures.
template <class Films>
void check_first_frame(const Films& films, std::uint64_t index, int time) {
  std::vector<float> frame(Shape<3, 16, 24>::size);
  films.frame(index, 0, frame);
  const auto wanted = test::written_frame(time);
  for (std::size_t i = 0; i < frame.size(); ++i)
    REQUIRE(frame[i] == doctest::Approx(wanted[i] / 127.5 - 1).epsilon(1e-6));
}

/// Files of every kind, of eight frames each.
void fill(const test::VideoFolder& folder) {
  (void)folder.copy("ffv1.mkv", "a.mkv");
  (void)folder.copy("palette.gif", "deep/b.gif");
  (void)folder.copy("animated.png", "c.png");
  for (int i = 5; i < 13; ++i) {
    const std::string picture = "frame_" + std::to_string(i) + ".png";
    (void)folder.copy("pictures/" + picture, "d/" + picture);
  }
  (void)folder.write("notes.txt", "not a film");
}

} // namespace

TEST_CASE("films of a folder, whatever their kind, are cut into clips") {
  const test::VideoFolder folder;
  fill(folder);
  const VideoFilms<Film> films(folder.path);
  CHECK(films.films() == 4);
  CHECK(films.size() == 4 * 4);
  for (std::uint64_t index = 0; index < films.size(); ++index)
    check_first_frame(films, index, static_cast<int>(index % 4));
  std::vector<float> film(Film::size), frame(Shape<3, 16, 24>::size);
  films.film(6, film);
  films.frame(6, 4, frame);
  CHECK(std::equal(frame.begin(), frame.end(), film.end() - frame.size()));
  CHECK(films.archive().ignored().size() == 1);
  CHECK(films.archive().bad().empty());
  CHECK(films.archive().name(1) == "'" + (folder.path / "c.png").string() + "'");
}

TEST_CASE("a film's frames are the same in memory and in a file, and read by one thread and by two") {
  const test::VideoFolder folder;
  fill(folder);
  std::set<std::string> descriptions;
  const support::ThreadSetting setting;
  for (const int threads : {1, 2})
    for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{5000}, std::uint64_t{1} << 30}) {
      set_thread_count(threads);
      const VideoFilms<Film> films(folder.path, {}, {.scratch = {.memory = memory}});
      check_first_frame(films, 13, 1);
      descriptions.insert(films.description());
    }
  CHECK(descriptions.size() == 1);
  CHECK(descriptions.begin()->find(folder.path.parent_path().string()) == std::string::npos);
}

TEST_CASE("films of more frames than are kept together, and of one file") {
  const test::VideoFolder folder;
  for (int i = 0; i < 200; ++i)
    (void)folder.copy("pictures/frame_" + std::to_string(5 + i % 8) + ".png", std::to_string(i) + ".png");
  const VideoFilms<Film> films(folder.path);
  CHECK(films.size() == 196);
  for (const std::uint64_t index : {0, 59, 63, 64, 65, 127, 128, 195})
    check_first_frame(films, index, static_cast<int>(index % 8));
  check_first_frame(VideoFilms<Film>(test::video_fixture("ffv1.mkv")), 3, 3);
}

TEST_CASE("frames are resized before they are kept, and become grey where that is wanted") {
  const VideoFilms<Shape<1, 3, 4, 4>> films(test::video_fixture("ffv1.mkv"), {.crop = Crop::center});
  std::vector<float> frame(16);
  films.frame(2, 0, frame);
  const auto wanted = test::written_frame(2);
  double sum = 0; // of the 4x4 pixels behind the first one, 4 columns being cut off on the left
  for (int y = 0; y < 4; ++y)
    for (int x = 4; x < 8; ++x) {
      const std::uint8_t* pixel = wanted.data() + (y * 24 + x) * 3;
      sum += 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    }
  CHECK(frame[0] == doctest::Approx(std::floor(sum / 16 + 0.5) / 127.5 - 1));
  const VideoFilms<Shape<1, 3, 8, 8>> bordered(test::video_fixture("ffv1.mkv"), {.crop = Crop::borders});
  std::vector<float> larger(64);
  bordered.frame(0, 0, larger);
  CHECK(larger[0] == -1);
  CHECK(larger[3 * 8] > -1);
}

TEST_CASE("a rate repeats frames, or leaves some out") {
  const auto path = test::video_fixture("ffv1.mkv"); // 25 a second
  const auto frames = [&](double rate) {
    return VideoFilms<Shape<3, 1, 16, 24>>(path, {}, {.frames_per_second = rate});
  };
  const auto twice = frames(50), half = frames(12.5), third = frames(25.0 / 3), same = frames(25);
  CHECK(twice.size() == 16);
  CHECK(half.size() == 4);
  CHECK(third.size() == 3);
  CHECK(same.size() == 8);
  for (std::uint64_t i = 0; i < 16; ++i) check_first_frame(twice, i, static_cast<int>(i / 2));
  for (std::uint64_t i = 0; i < 4; ++i) check_first_frame(half, i, static_cast<int>(2 * i));
  for (std::uint64_t i = 0; i < 3; ++i) check_first_frame(third, i, static_cast<int>(3 * i));
  for (std::uint64_t i = 0; i < 8; ++i) check_first_frame(same, i, static_cast<int>(i));
  CHECK(error_of([&] { (void)frames(-1); }) == "expected 0 to 1000 frames per second, got -1");
}

TEST_CASE("what is wrong is said film by film, and can be left out") {
  const test::VideoFolder folder;
  fill(folder);
  const std::string whole = test::bytes_of(test::video_fixture("ffv1.mkv"));
  const auto cut = folder.write("cut.mkv", whole.substr(0, whole.size() / 2));
  const auto text = folder.write("text.avi", "no film");
  const auto mixed = folder.path / "mixed";
  (void)folder.copy("pictures/frame_5.png", "mixed/1.png");
  (void)folder.copy("one_pixel.png", "mixed/2.png");
  const std::string mixed_reason =
      "'" + (mixed / "2.png").string() + "': expected frames of one size, got 1x1 after 24x16";
  CHECK(error_of([&] { VideoFilms<Film> films(folder.path); }) ==
        "3 of 7 films in '" + folder.path.filename().string() + "' cannot be used:\n  '" + cut.string() +
            "' is cut short\n  " + mixed_reason + "\n  '" + text.string() +
            "' is no video or picture that can be read, or is cut short");
  const VideoFilms<Film> rest(folder.path, {}, {.skip_bad = true});
  CHECK(rest.films() == 4);
  REQUIRE(rest.archive().bad().size() == 3);
  CHECK(rest.archive().bad()[1].path == mixed);
  CHECK(rest.archive().bad()[1].reason == mixed_reason);
  CHECK(error_of([&] { VideoFilms<Film> films(cut); }) == "'" + cut.string() + "' is cut short");
  CHECK(error_of([&] { VideoFilms<Film> films(cut, {}, {.skip_bad = true}); }) ==
        "none of the 1 films in 'cut.mkv' can be read; '" + cut.string() + "' is cut short");
}

TEST_CASE("a film that is too short for a clip is called by its name") {
  const auto path = test::video_fixture("one.gif");
  CHECK(error_of([&] { VideoFilms<Film> films(path); }) ==
        "'" + path.string() + "' has 1 frames, and a clip of 5 at a stride of 1 needs 5");
}

TEST_CASE("a data set's name does not depend on how the path to it is written") {
  const test::VideoFolder folder;
  fill(folder);
  const std::string description = VideoFilms<Film>(folder.path).description();
  for (const auto& path :
       {folder.path / "", folder.path / ".", folder.path / "deep" / "..", std::filesystem::relative(folder.path)})
    CHECK(VideoFilms<Film>(path).description() == description);
}

TEST_CASE("a picture of several frames is none of a film") {
  const test::VideoFolder folder;
  const std::string picture = "P6\n4 2\n255\n" + std::string(24, 'x');
  (void)folder.write("1.ppm", picture);
  const auto both = folder.write("2.ppm", picture + picture);
  CHECK(error_of([&] { VideoFilms<Film> films(folder.path); }) ==
        "'" + both.string() + "' has more than one frame, where one of the pictures of a film was expected");
}

TEST_CASE("progress rises to 1, and what it throws comes out") {
  const test::VideoFolder folder;
  fill(folder);
  std::vector<double> shares;
  const VideoFilms<Film> films(folder.path, {}, {.progress = [&](double share) { shares.push_back(share); }});
  CHECK(std::is_sorted(shares.begin(), shares.end()));
  CHECK(shares.size() >= 4);
  CHECK(shares.back() == doctest::Approx(1));
  CHECK_THROWS_AS(VideoFilms<Film>(folder.path, {}, {.progress = [](double) { throw std::runtime_error("stop"); }}),
                  std::runtime_error);
  CHECK(error_of([&] {
          VideoFilms<Film> none(folder.path, {}, {.scratch = {.memory = 100, .folder = folder.path / "no"}});
        }).starts_with("a temporary file in '"));
}
