#include "zoetrope/io/pictures.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

/// The pixels and times of a GIF, as giflib reads them back.
struct ReadGif {
  explicit ReadGif(const std::filesystem::path& path) {
    int error = 0;
    GifFileType* gif = DGifOpenFileName(path.c_str(), &error);
    REQUIRE(gif != nullptr);
    REQUIRE(DGifSlurp(gif) == GIF_OK);
    for (int i = 0; i < gif->ImageCount; ++i) {
      const SavedImage& image = gif->SavedImages[i];
      auto& frame =
          frames.emplace_back(Picture{image.ImageDesc.Width, image.ImageDesc.Height, 3, std::vector<std::uint8_t>()});
      for (int j = 0; j < frame.width * frame.height; ++j) {
        const GifColorType color = gif->SColorMap->Colors[image.RasterBits[j]];
        frame.pixels.insert(frame.pixels.end(), {color.Red, color.Green, color.Blue});
      }
      GraphicsControlBlock control{};
      REQUIRE(DGifSavedExtensionToGCB(gif, i, &control) == GIF_OK);
      delays.push_back(control.DelayTime);
    }
    DGifCloseFile(gif, &error);
  }
  std::vector<Picture> frames;
  std::vector<int> delays;
};

std::uint32_t big_endian(const std::string& file, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(file.at(at + i));
  return value;
}

} // namespace

TEST_CASE("frame_grid puts every pixel where it belongs") {
  // Three frames of 1 x 2 pixels in two columns, every pixel 2 x 2, a gap of 1.
  const std::vector<float> frames{-1.0f, 1.0f, 0.0f, -1.0f, 1.0f, 1.0f};
  const Picture grid = frame_grid(frames, 3, 1, 2, 1, 2, 2, 1);
  REQUIRE(grid.width == 11);
  REQUIRE(grid.height == 7);
  REQUIRE(grid.channels == 1);
  const std::string drawn = [&] {
    std::string text;
    for (std::size_t i = 0; i < grid.pixels.size(); ++i) {
      if (i % 11 == 0) text += '\n';
      text += grid.pixels[i] == 0 ? '.' : grid.pixels[i] == 255 ? '#' : '-';
    }
    return text;
  }();
  CHECK(drawn == "\n-----------"
                 "\n-..##---..-"
                 "\n-..##---..-"
                 "\n-----------"
                 "\n-####------"
                 "\n-####------"
                 "\n-----------");
}

TEST_CASE("values outside [-1, 1] and NaN become bytes too") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> frame{-infinity, -2.0f, -1.0f, -0.5f, 0.5f, 1.0f, 2.0f, infinity, nan};
  const Picture picture = frame_grid(frame, 1, 1, 9, 1, 1, 1, 0);
  CHECK(picture.pixels == std::vector<std::uint8_t>{0, 0, 0, 64, 191, 255, 255, 255, 0});
}

TEST_CASE("colour frames keep their channels") {
  const std::vector<float> frames{1.0f, -1.0f, -1.0f, -1.0f, 1.0f, -1.0f};
  const Picture picture = frame_grid(frames, 2, 1, 1, 3, 2, 1, 0);
  CHECK(picture.channels == 3);
  CHECK(picture.pixels == std::vector<std::uint8_t>{255, 0, 0, 0, 255, 0});
}

TEST_CASE("frame_grid refuses sizes that do not fit") {
  const std::vector<float> frames(8, 0.0f);
  CHECK_NOTHROW(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 2)));
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 3, 2, 2, 1, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 0, 2, 2, 1, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, -2, -2, 1, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 1, 2, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 0)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 2, 0)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 2, 2, -1)), Error);
  const int most = std::numeric_limits<int>::max();
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, most)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 2, most)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, 2, 2, 2, 1, 2, 2, most)), Error);
  CHECK_THROWS_AS(static_cast<void>(frame_grid(frames, most, most, most, 1, 2)), Error);
}

TEST_CASE("film_grids shows the same moment of every film") {
  // Two films of three frames of one pixel.
  const std::vector<float> films{-1.0f, 0.0f, 1.0f, 1.0f, 1.0f, -1.0f};
  const auto pictures = film_grids(films, 2, 3, 1, 1, 1, 2, 1, 0);
  REQUIRE(pictures.size() == 3);
  CHECK(pictures[0].pixels == std::vector<std::uint8_t>{0, 255});
  CHECK(pictures[1].pixels == std::vector<std::uint8_t>{128, 255});
  CHECK(pictures[2].pixels == std::vector<std::uint8_t>{255, 0});
  CHECK_THROWS_AS(static_cast<void>(film_grids(films, 2, 2, 1, 1, 1, 2)), Error);
  CHECK_THROWS_AS(static_cast<void>(film_grids(films, 0, 3, 1, 1, 1, 2)), Error);
}

TEST_CASE("a PNG has its signature, sizes and end") {
  const TemporaryFolder folder;
  for (const int channels : {1, 3}) {
    const Picture picture{5, 4, channels, std::vector<std::uint8_t>(static_cast<std::size_t>(20 * channels), 77)};
    write_png(folder / "a.png", picture);
    const std::string file = read_bytes(folder / "a.png");
    CHECK(file.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    CHECK(big_endian(file, 16) == 5);
    CHECK(big_endian(file, 20) == 4);
    CHECK(file.at(24) == 8);                       // bits a channel
    CHECK(file.at(25) == (channels == 1 ? 0 : 2)); // grey or colour
    CHECK(file.substr(file.size() - 8, 4) == "IEND");
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a grey GIF keeps every pixel, shows every frame as long as asked, and loops forever") {
  const TemporaryFolder folder;
  std::vector<Picture> frames(3, Picture{16, 16, 1, std::vector<std::uint8_t>(256)});
  for (std::size_t frame = 0; frame < 3; ++frame)
    for (std::size_t i = 0; i < 256; ++i)
      frames[frame].pixels[i] = static_cast<std::uint8_t>(frame == 0 ? i : i * (frame * 74 + 1) % 251);
  write_gif(folder / "a.gif", frames, 12);

  const ReadGif read(folder / "a.gif");
  REQUIRE(read.frames.size() == 3);
  CHECK(read.delays == std::vector<int>{12, 12, 12});
  for (std::size_t frame = 0; frame < 3; ++frame) {
    REQUIRE(read.frames[frame].pixels.size() == 768);
    for (std::size_t i = 0; i < 768; ++i) REQUIRE(read.frames[frame].pixels[i] == frames[frame].pixels[i / 3]);
  }
  const std::string file = read_bytes(folder / "a.gif");
  CHECK(file.substr(0, 6) == "GIF89a");
  CHECK(file.find(std::string("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19)) != std::string::npos);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a colour GIF of up to 256 colours keeps every pixel, those of all its frames together") {
  const TemporaryFolder folder;
  // Two frames of 128 colours each, the gap's grey among them.
  std::vector<Picture> frames(2, Picture{16, 8, 3, std::vector<std::uint8_t>(384)});
  for (std::size_t frame = 0; frame < 2; ++frame)
    for (std::size_t i = 0; i < 384; ++i)
      frames[frame].pixels[i] = static_cast<std::uint8_t>((frame * 128 + i / 3) * (i % 3 == 1 ? 89 : 1) + i % 3 * 7);
  for (std::size_t i = 0; i < 3; ++i) frames[1].pixels[i] = 128;
  write_gif(folder / "a.gif", frames);
  const ReadGif read(folder / "a.gif");
  REQUIRE(read.frames.size() == 2);
  for (std::size_t frame = 0; frame < 2; ++frame) CHECK(read.frames[frame].pixels == frames[frame].pixels);
}

TEST_CASE("a GIF of more colours keeps each channel near, and grey as grey") {
  const TemporaryFolder folder;
  // Every grey, and 768 colours.
  Picture picture{64, 16, 3, std::vector<std::uint8_t>(3072)};
  for (std::size_t i = 0; i < 768; ++i) picture.pixels[i] = static_cast<std::uint8_t>(i / 3);
  for (std::size_t i = 768; i < 3072; ++i) picture.pixels[i] = static_cast<std::uint8_t>(i * i / 3 * 89 % 256);
  write_gif(folder / "a.gif", std::span(&picture, 1));
  const ReadGif read(folder / "a.gif");
  REQUIRE(read.frames.size() == 1);
  const auto& pixels = read.frames[0].pixels;
  int largest = 0;
  for (std::size_t i = 0; i < 3072; ++i) largest = std::max(largest, std::abs(pixels[i] - picture.pixels[i]));
  CHECK(largest <= 48);
  CHECK(largest > 4);
  for (std::size_t grey = 0; grey < 256; ++grey) {
    CAPTURE(grey);
    CHECK(pixels[3 * grey] == pixels[3 * grey + 1]);
    CHECK(pixels[3 * grey] == pixels[3 * grey + 2]);
    CHECK(std::abs(pixels[3 * grey] - static_cast<int>(grey)) <= 4);
  }
  // The gap between the frames of a grid, black and white.
  for (const std::size_t grey : {0, 128, 255}) CHECK(pixels[3 * grey] == grey);
}

TEST_CASE("pictures that are not whole, or do not fit together, are refused and leave no file") {
  const TemporaryFolder folder;
  const Picture good{2, 2, 1, {1, 2, 3, 4}};
  const Picture short_of_pixels{2, 2, 1, {1, 2, 3}};
  const Picture two_channels{1, 1, 2, {1, 2}};
  const Picture other_size{4, 1, 1, {1, 2, 3, 4}};
  for (const auto& bad : {short_of_pixels, two_channels, Picture{}, Picture{-2, -2, 1, {1, 2, 3, 4}}}) {
    CHECK_THROWS_AS(write_png(folder / "a.png", bad), Error);
    CHECK_THROWS_AS(write_gif(folder / "a.gif", std::span(&bad, 1)), Error);
  }
  CHECK_THROWS_AS(write_gif(folder / "a.gif", std::vector{good, other_size}), Error);
  CHECK_THROWS_AS(write_gif(folder / "a.gif", {}), Error);
  CHECK_THROWS_AS(write_gif(folder / "a.gif", std::span(&good, 1), -1), Error);
  CHECK_THROWS_AS(write_gif(folder / "a.gif", std::span(&good, 1), 65'536), Error);
  CHECK_THROWS_AS(write_png(folder / "missing/a.png", good), Error);
  CHECK_THROWS_AS(write_gif(folder / "missing/a.gif", std::span(&good, 1)), Error);
  CHECK(folder.entries() == 0);
}
