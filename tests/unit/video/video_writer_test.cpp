#include "zoetrope/io/video_writer.hpp"

#include "support/error_of.hpp"
#include "video/video_fixtures.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace zoetrope;
using test::error_of;

namespace {

/// Frames in which a bright bar walks over a slope of shades.
std::vector<Picture> walking_bar(int count, int width, int height, int channels) {
  std::vector<Picture> frames;
  for (int time = 0; time < count; ++time) {
    Picture frame{width, height, channels, {}};
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int c = 0; c < channels; ++c)
          frame.pixels.push_back(static_cast<std::uint8_t>(
              (x / 4 + time) % 8 == 0 ? 220 : 20 + 80 * c * (channels - 1) / 2 + 100 * y / height));
    frames.push_back(std::move(frame));
  }
  return frames;
}

double mean_difference(const VideoPicture& found, const Picture& written) {
  double sum = 0;
  for (int y = 0; y < written.height; ++y)
    for (int x = 0; x < written.width; ++x)
      for (int c = 0; c < written.channels; ++c)
        sum += std::abs(found.values[static_cast<std::size_t>((y * found.width + x) * 3 + c)] -
                        written.pixels[static_cast<std::size_t>((y * written.width + x) * written.channels + c)]);
  return sum / static_cast<double>(written.pixels.size());
}

} // namespace

TEST_CASE("a film that was written as MP4 or WebM is read again") {
  const test::VideoFolder folder;
  for (const std::string name : {"film.mp4", "film.webm"})
    for (const int channels : {1, 3})
      for (const int side : {32, 33}) {
        CAPTURE(name);
        CAPTURE(channels);
        CAPTURE(side);
        const auto frames = walking_bar(20, side, side, channels);
        const auto path = folder.path / name;
        write_video(path, frames, 10);
        const auto found = test::pictures_of(path);
        REQUIRE(found.size() == frames.size());
        for (std::size_t i = 0; i < frames.size(); ++i) {
          CHECK(found[i].width == side + side % 2);
          CHECK(found[i].height == side + side % 2);
          CHECK(found[i].seconds == doctest::Approx(static_cast<double>(i) / 10).epsilon(0.01));
          CHECK(mean_difference(found[i], frames[i]) < (channels == 1 ? 3 : 8));
        }
        const std::string bytes = test::bytes_of(path);
        int others = 0;
        for (int again = 0; again < 10; ++again) {
          write_video(path, frames, 10);
          others += static_cast<int>(test::bytes_of(path) != bytes);
        }
        CHECK(others == 0);
      }
}

TEST_CASE("what is no film is not written") {
  const test::VideoFolder folder;
  const auto path = folder.path / "film.mp4";
  const std::string name = "'" + path.string() + "'";
  auto frames = walking_bar(3, 16, 16, 3);
  CHECK(error_of([&] { write_video(folder.path / "film.avi", frames); }) ==
        "expected a video's name to end in .mp4 or .webm, got '" + (folder.path / "film.avi").string() + "'");
  CHECK(error_of([&] { write_video(path, {}); }) == name + " expected at least one frame");
  CHECK(error_of([&] { write_video(path, frames, 0); }) == name + " expected 0.01 to 1000 frames per second, got 0");
  frames[2] = walking_bar(1, 16, 18, 3)[0];
  CHECK(error_of([&] { write_video(path, frames); }) ==
        name + ": expected pictures of one size, 16 x 16 x 3, got 16 x 18 x 3");
  frames[2].pixels.pop_back();
  CHECK(!error_of([&] { write_video(path, frames); }).empty());
  CHECK(std::filesystem::is_empty(folder.path));
  CHECK(error_of([&] {
          write_video(folder.path / "no" / "film.mp4", walking_bar(2, 16, 16, 1));
        }).starts_with("expected to write '"));
}
