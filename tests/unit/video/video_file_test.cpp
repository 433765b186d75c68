#include "zoetrope/io/video_file.hpp"

#include "support/error_of.hpp"
#include "video/video_fixtures.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;
using test::error_of;

TEST_CASE("what FFmpeg wrote without loss is read pixel for pixel") {
  for (const char* name : {"ffv1.mkv", "h264_rgb.mp4", "raw.avi", "animated.png", "palette.gif"}) {
    CAPTURE(name);
    const auto pictures = test::pictures_of(test::video_fixture(name));
    REQUIRE(pictures.size() == 8);
    for (int time = 0; time < 8; ++time) {
      const VideoPicture& picture = pictures[static_cast<std::size_t>(time)];
      CHECK(picture.height == 16);
      CHECK(picture.width == 24);
      REQUIRE(picture.channels == 3);
      CHECK(picture.seconds == doctest::Approx(time / 25.0));
      CHECK(picture.values == test::written_frame(time));
    }
  }
  const auto still = test::pictures_of(test::video_fixture("pictures/frame_7.png"));
  REQUIRE(still.size() == 1);
  CHECK(still[0].values == test::written_frame(2));
  const auto pixel = test::pictures_of(test::video_fixture("one_pixel.png"));
  REQUIRE(pixel.size() == 1);
  CHECK(pixel[0].values == std::vector<std::uint8_t>{255});
}

TEST_CASE("of a film that was trimmed, what is left is shown") {
  const auto pictures = test::pictures_of(test::video_fixture("trimmed.mp4"));
  REQUIRE(pictures.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(pictures[i].values == test::written_frame(static_cast<int>(i) + 3));
}

TEST_CASE("grey stays grey") {
  const auto pictures = test::pictures_of(test::video_fixture("grey.apng"));
  REQUIRE(pictures.size() == 8);
  for (const VideoPicture& picture : pictures) CHECK(picture.channels == 1);
}

TEST_CASE("what was written with loss is what FFmpeg's program reads, within 2 of 255") {
  for (const std::string name : {"h264.mp4", "vp9.webm", "mjpeg.avi"}) {
    CAPTURE(name);
    std::ifstream file(test::video_fixture(name + ".rgb"), std::ios::binary);
    const std::string wanted{std::istreambuf_iterator<char>(file), {}};
    std::size_t at = 0;
    int farthest = 0;
    for (const VideoPicture& picture : test::pictures_of(test::video_fixture(name)))
      for (const std::uint8_t value : picture.values)
        farthest = std::max(farthest, std::abs(int{value} - static_cast<unsigned char>(wanted.at(at++))));
    CHECK(at == wanted.size());
    CHECK(farthest <= 2);
  }
}

TEST_CASE("frames are turned where the file says so") {
  for (const int turn : {90, 180, 270}) {
    CAPTURE(turn);
    const auto pictures = test::pictures_of(test::video_fixture("turned_" + std::to_string(turn) + ".mp4"));
    REQUIRE(pictures.size() == 8);
    const auto upright = test::written_frame(3);
    const VideoPicture& picture = pictures[3];
    REQUIRE(picture.height == (turn == 180 ? 16 : 24));
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 24;
           ++x) { // as FFmpeg's program turns them: what was on top is on the left, at the bottom, on the right
        const int row = turn == 90 ? 23 - x : turn == 180 ? 15 - y : x;
        const int column = turn == 90 ? y : turn == 180 ? 23 - x : 15 - y;
        for (int c = 0; c < 3; ++c)
          REQUIRE(picture.values[static_cast<std::size_t>((row * picture.width + column) * 3 + c)] ==
                  upright[static_cast<std::size_t>((y * 24 + x) * 3 + c)]);
      }
  }
}

TEST_CASE("photographs are turned and mirrored as their cameras say") {
  const test::VideoFolder folder;
  const std::string upright = test::bytes_of(test::video_fixture("upright.jpg"));
  const VideoPicture stored = test::pictures_of(test::video_fixture("upright.jpg")).at(0);
  const int height = stored.height, width = stored.width;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    std::string exif("\xFF\xE1\0\x22"
                     "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0?\0\0\0\0\0\0\0",
                     36);
    exif[28] = static_cast<char>(orientation);
    const auto path = folder.write("photograph.jpg", upright.substr(0, 2) + exif + upright.substr(2));
    const VideoPicture shown = test::pictures_of(path).at(0);
    REQUIRE(shown.height == (orientation < 5 ? height : width));
    REQUIRE(shown.width == (orientation < 5 ? width : height));
    for (int y = 0; y < shown.height; ++y)
      for (int x = 0; x < shown.width; ++x) {
        // Exif 2.32, table of orientations: where row y and column x of what is shown lie.
        const int rows[] = {y, y, height - 1 - y, height - 1 - y, x, height - 1 - x, height - 1 - x, x};
        const int columns[] = {x, width - 1 - x, width - 1 - x, x, y, y, width - 1 - y, width - 1 - y};
        for (int c = 0; c < 3; ++c)
          REQUIRE(shown.values[static_cast<std::size_t>((y * shown.width + x) * 3 + c)] ==
                  stored.values[static_cast<std::size_t>(
                      (rows[orientation - 1] * width + columns[orientation - 1]) * 3 + c)]);
      }
  }
}

TEST_CASE("an animated PNG is one, however much stands before it says so") {
  const test::VideoFolder folder;
  const std::string film = test::bytes_of(test::video_fixture("animated.png"));
  const std::size_t begin = 8 + 25; // behind IHDR
  for (const std::size_t length : {0, 3000, 100'000}) {
    CAPTURE(length);
    const std::string chunk = "tEXt" + std::string(length, 'a');
    std::uint32_t check = 0xFFFFFFFF;
    for (const char c : chunk) {
      check ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) check = (check >> 1) ^ (0xEDB88320 & (0 - (check & 1)));
    }
    const auto number = [](std::uint32_t value) {
      return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                         static_cast<char>(value)};
    };
    const auto path = folder.write("film.png", film.substr(0, begin) + number(static_cast<std::uint32_t>(length)) +
                                                   chunk + number(~check) + film.substr(begin));
    CHECK(test::pictures_of(path).size() == 8);
  }
}

TEST_CASE("a file that is cut short is refused wherever it is cut") {
  const test::VideoFolder folder;
  for (const std::string name : {"ffv1.mkv", "h264_rgb.mp4", "faststart.mp4", "vp9.webm", "raw.avi", "animated.png",
                                 "palette.gif", "mjpeg.avi"}) {
    const std::string whole = test::bytes_of(test::video_fixture(name));
    const std::size_t parts = 200;
    for (std::size_t part = 0; part < parts; ++part) {
      CAPTURE(name);
      CAPTURE(part);
      const auto path = folder.write(name, whole.substr(0, whole.size() * part / parts));
      std::size_t frames = 0;
      const std::string error = error_of([&] { frames = test::pictures_of(path).size(); });
      // Behind the last frame there may be a few bytes that no frame needs.
      CHECK((error.starts_with("'" + path.string() + "'") || (part > parts * 9 / 10 && frames == 8)));
    }
  }
}

TEST_CASE("what is no film is refused in a sentence") {
  const test::VideoFolder folder;
  const auto refused = [&](const std::string& name, const std::string& text) {
    const auto path = folder.write(name, text);
    return error_of([&] { (void)test::pictures_of(path); }).substr(path.string().size() + 2);
  };
  const std::string none = " is no video or picture that can be read, or is cut short";
  CHECK(refused("empty.mp4", "") == " is empty");
  CHECK(refused("text.mp4", "no film at all\n") == none);
  CHECK(refused("zeros.gif", std::string(1000, '\0')) == none);
  // Lists of other files: none of these is opened.
  const std::string other = test::video_fixture("ffv1.mkv").string();
  CHECK(refused("list.mp4", "#EXTM3U\n#EXTINF:1,\n" + other + "\n") == none);
  CHECK(refused("concat.mp4", "ffconcat version 1.0\nfile '" + other + "'\n") == none);
  CHECK(error_of([&] { VideoFile file(folder.path); }) == "'" + folder.path.string() + "' is not a file");
  const auto nowhere = folder.path / "nowhere.mp4";
  CHECK(error_of([&] { VideoFile file(nowhere); }) ==
        "'" + nowhere.string() + "' cannot be opened for reading: No such file or directory");
  const auto large = test::video_fixture("20000x20000.png");
  CHECK(error_of([&] { (void)test::pictures_of(large); }) ==
        "'" + large.string() + "' cannot be decoded: it is damaged, or has frames of more than 67108864 pixels");
}

TEST_CASE("names in any script, and such as look like addresses, are names") {
  const test::VideoFolder folder;
  const std::string film = test::bytes_of(test::video_fixture("ffv1.mkv"));
  for (const char* name : {"кино.mkv", "映画.mkv", "http:fake.mkv", "concat:a|b.mkv", "a %03d 'b'.mkv", "pipe:0"}) {
    CAPTURE(name);
    CHECK(test::pictures_of(folder.write(name, film)).size() == 8);
  }
}

TEST_CASE("damage anywhere ends in a sentence or in frames, never in a crash") {
  const test::VideoFolder folder;
  unsigned random = 1;
  int refused = 0;
  for (const char* name : {"ffv1.mkv", "h264_rgb.mp4", "vp9.webm", "animated.png", "palette.gif", "mjpeg.avi"}) {
    const std::string whole = test::bytes_of(test::video_fixture(name));
    for (int trial = 0; trial < 20; ++trial) {
      std::string damaged = whole;
      for (int i = 0; i < 4; ++i) {
        random = random * 1664525 + 1013904223;
        damaged[(random >> 8) % damaged.size()] = static_cast<char>(random >> 24);
      }
      const auto path = folder.write(name, damaged);
      const std::string error = error_of([&] { (void)test::pictures_of(path); });
      if (error.empty()) continue;
      ++refused;
      CHECK(error.starts_with("'" + path.string() + "'"));
    }
  }
  CHECK(refused > 30);
}
