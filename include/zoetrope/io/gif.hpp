/// @file
/// Pictures as animated GIF files. Opt-in: needs giflib 5 (link with -lgif).
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/picture.hpp"

#include <gif_lib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zoetrope {

namespace detail {

/// The colours of a GIF, which has 256 at most: all greys for grey pictures, the very colours of colour pictures that
/// have no more, or a cube of 5 x 9 x 5 levels of red, green and blue and 28 greys between its own, so that what is
/// grey stays grey.
class GifPalette {
public:
  explicit GifPalette(std::span<const Picture> frames) : channels_(frames.front().channels) {
    if (channels_ == 1)
      for (int i = 0; i < 256; ++i) add(i, i, i);
    else if (!take_all_of(frames))
      lay_out();
  }

  [[nodiscard]] const std::array<GifColorType, 256>& colors() const { return colors_; }

  /// The number of the colour nearest to the pixel of 1 or 3 values at @p pixel, or near it: the cube's, or a grey.
  [[nodiscard]] GifPixelType nearest(const std::uint8_t* pixel) const {
    if (channels_ == 1) return *pixel;
    if (!exact_.empty()) return exact_.at(key(pixel));
    const int of_cube =
        (level(pixel[0], red_steps) * (green_steps + 1) + level(pixel[1], green_steps)) * (blue_steps + 1) +
        level(pixel[2], blue_steps);
    const int of_greys = greys_[static_cast<std::size_t>(level((pixel[0] + pixel[1] + pixel[2] + 1) / 3, grey_steps))];
    return static_cast<GifPixelType>(distance(pixel, of_greys) < distance(pixel, of_cube) ? of_greys : of_cube);
  }

private:
  /// Levels from 0 to so many, each of the cube's greys among the greys.
  static constexpr int red_steps = 4, green_steps = 8, blue_steps = 4, grey_steps = 32;

  static int value(int step, int steps) { return (step * 255 + steps / 2) / steps; }
  static int level(int value, int steps) { return (value * steps + 127) / 255; }
  static int key(const std::uint8_t* pixel) { return pixel[0] << 16 | pixel[1] << 8 | pixel[2]; }

  int add(int red, int green, int blue) {
    colors_[static_cast<std::size_t>(count_)] = {static_cast<GifByteType>(red), static_cast<GifByteType>(green),
                                                 static_cast<GifByteType>(blue)};
    return count_++;
  }

  /// False where the pictures have more than 256 colours.
  bool take_all_of(std::span<const Picture> frames) {
    for (const Picture& frame : frames)
      for (std::size_t i = 0; i < frame.pixels.size(); i += 3) {
        const std::uint8_t* pixel = &frame.pixels[i];
        if (exact_.contains(key(pixel))) continue;
        if (exact_.size() == colors_.size()) {
          exact_.clear();
          return false;
        }
        exact_.emplace(key(pixel), static_cast<GifPixelType>(exact_.size()));
      }
    for (const auto& [color, number] : exact_)
      colors_[number] = {static_cast<GifByteType>(color >> 16), static_cast<GifByteType>(color >> 8 & 255),
                         static_cast<GifByteType>(color & 255)};
    return true;
  }

  void lay_out() {
    for (int red = 0; red <= red_steps; ++red)
      for (int green = 0; green <= green_steps; ++green)
        for (int blue = 0; blue <= blue_steps; ++blue)
          add(value(red, red_steps), value(green, green_steps), value(blue, blue_steps));
    for (int grey = 0; grey <= grey_steps; ++grey) {
      const int step = grey * red_steps / grey_steps;
      const bool in_cube = step * grey_steps == grey * red_steps;
      greys_[static_cast<std::size_t>(grey)] =
          in_cube ? (step * (green_steps + 1) + step * green_steps / red_steps) * (blue_steps + 1) + step
                  : add(value(grey, grey_steps), value(grey, grey_steps), value(grey, grey_steps));
    }
  }

  [[nodiscard]] int distance(const std::uint8_t* pixel, int number) const {
    const auto& color = colors_[static_cast<std::size_t>(number)];
    const int red = pixel[0] - color.Red, green = pixel[1] - color.Green, blue = pixel[2] - color.Blue;
    return red * red + green * green + blue * blue;
  }

  int channels_, count_ = 0;
  std::array<GifColorType, 256> colors_{};
  std::unordered_map<int, GifPixelType> exact_;
  std::array<int, grey_steps + 1> greys_{};
};

/// Encodes a GIF in memory through giflib.
class GifEncoder {
public:
  /// For @p frames, which are all of one size.
  explicit GifEncoder(std::span<const Picture> frames)
      : width_(frames.front().width), height_(frames.front().height), palette_(frames) {
    int error = 0;
    gif_ = EGifOpen(&bytes_, append, &error);
    require(gif_ != nullptr, "giflib did not start: ", reason(error));
    EGifSetGifVersion(gif_, true);
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(
        GifMakeMapObject(256, palette_.colors().data()), GifFreeMapObject);
    if (map == nullptr || EGifPutScreenDesc(gif_, width_, height_, 8, 0, map.get()) == GIF_ERROR) abandon();
  }

  GifEncoder(const GifEncoder&) = delete;
  GifEncoder& operator=(const GifEncoder&) = delete;
  ~GifEncoder() { close(); }

  /// Plays what follows again and again.
  void loop_forever() {
    constexpr std::array<GifByteType, 3> endless{1, 0, 0};
    ok(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE));
    ok(EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0"));
    ok(EGifPutExtensionBlock(gif_, static_cast<int>(endless.size()), endless.data()));
    ok(EGifPutExtensionTrailer(gif_));
  }

  /// Adds @p picture, to be shown for @p delay hundredths of a second.
  void add(const Picture& picture, int delay) {
    const GraphicsControlBlock control{DISPOSE_DO_NOT, false, delay, NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> extension{};
    EGifGCBToExtension(&control, extension.data());
    ok(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(extension.size()), extension.data()));
    ok(EGifPutImageDesc(gif_, 0, 0, width_, height_, false, nullptr));
    std::vector<GifPixelType> line(static_cast<std::size_t>(width_));
    const std::uint8_t* pixel = picture.pixels.data();
    for (int row = 0; row < height_; ++row) {
      for (auto& color : line) {
        color = palette_.nearest(pixel);
        pixel += picture.channels;
      }
      ok(EGifPutLine(gif_, line.data(), width_));
    }
  }

  /// Ends the file and gives its bytes.
  [[nodiscard]] std::vector<std::byte> finish() {
    const int error = close();
    require(error == 0, "giflib did not finish: ", reason(error));
    return std::move(bytes_);
  }

private:
  static int append(GifFileType* gif, const GifByteType* data, int size) {
    auto& all = *static_cast<std::vector<std::byte>*>(gif->UserData);
    const auto* first = reinterpret_cast<const std::byte*>(data);
    all.insert(all.end(), first, first + size);
    return size;
  }

  static const char* reason(int error) {
    const char* text = GifErrorString(error);
    return text == nullptr ? "no reason given" : text;
  }

  void ok(int result) const {
    if (result == GIF_ERROR) fail("giflib stopped: ", reason(gif_->Error));
  }

  /// For the constructor, which has no destructor to close after it.
  [[noreturn]] void abandon() {
    const int error = gif_->Error;
    close();
    fail("giflib stopped: ", reason(error));
  }

  int close() {
    if (gif_ == nullptr) return 0;
    int error = 0;
    const bool closed = EGifCloseFile(std::exchange(gif_, nullptr), &error) != GIF_ERROR;
    return closed ? 0 : error;
  }

  int width_, height_;
  GifPalette palette_;
  std::vector<std::byte> bytes_;
  GifFileType* gif_ = nullptr;
};

} // namespace detail

/// Writes @p frames, all of one size, as a GIF that loops forever and shows each for @p delay_centiseconds hundredths
/// of a second; as a whole or not at all. Grey is exact, and so are up to 256 colours; more are rounded to 253 fixed
/// ones: what is grey by at most 4, to a grey. Throws Error.
inline void write_gif(const std::filesystem::path& path, std::span<const Picture> frames, int delay_centiseconds = 8) {
  require(!frames.empty(), "expected at least one frame for '", path.string(), "'");
  require(delay_centiseconds >= 0 && delay_centiseconds <= 65'535,
          "a frame of a GIF shows for 0 to 65535 hundredths of a second, got ", delay_centiseconds);
  const Picture& first = frames.front();
  for (const Picture& frame : frames) {
    detail::check(frame);
    require(frame.width == first.width && frame.height == first.height && frame.channels == first.channels,
            "the frames of a GIF are of one size, got ", frame.width, " x ", frame.height, " x ", frame.channels,
            " after ", first.width, " x ", first.height, " x ", first.channels);
  }
  detail::GifEncoder encoder(frames);
  encoder.loop_forever();
  for (const Picture& frame : frames) encoder.add(frame, delay_centiseconds);
  write_file(path, encoder.finish());
}

} // namespace zoetrope
