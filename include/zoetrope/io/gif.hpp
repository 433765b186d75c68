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
#include <utility>
#include <vector>

namespace zoetrope {

namespace detail {

/// The fixed colours of a GIF: all 256 greys, or a cube of 6 x 7 x 6 levels of red, green and blue.
class GifPalette {
public:
  explicit GifPalette(int channels) : channels_(channels) {
    for (int i = 0; i < 256; ++i) {
      auto& color = colors_[static_cast<std::size_t>(i)];
      if (channels_ == 1)
        color = {byte(i, 255), byte(i, 255), byte(i, 255)};
      else if (i < 252)
        color = {byte(i / 42, 5), byte(i / 6 % 7, 6), byte(i % 6, 5)};
    }
  }

  [[nodiscard]] const std::array<GifColorType, 256>& colors() const { return colors_; }

  /// The number of the colour nearest to the pixel of 1 or 3 values at @p pixel.
  [[nodiscard]] GifPixelType nearest(const std::uint8_t* pixel) const {
    if (channels_ == 1) return *pixel;
    return static_cast<GifPixelType>(level(pixel[0], 5) * 42 + level(pixel[1], 6) * 6 + level(pixel[2], 5));
  }

private:
  static GifByteType byte(int step, int steps) { return static_cast<GifByteType>((step * 255 + steps / 2) / steps); }
  static int level(int value, int steps) { return (value * steps + 127) / 255; }

  int channels_;
  std::array<GifColorType, 256> colors_{};
};

/// Encodes a GIF in memory through giflib.
class GifEncoder {
public:
  GifEncoder(int width, int height, int channels) : width_(width), height_(height), palette_(channels) {
    int error = 0;
    gif_ = EGifOpen(&bytes_, append, &error);
    require(gif_ != nullptr, "giflib did not start: ", reason(error));
    EGifSetGifVersion(gif_, true);
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(
        GifMakeMapObject(256, palette_.colors().data()), GifFreeMapObject);
    if (map == nullptr || EGifPutScreenDesc(gif_, width, height, 8, 0, map.get()) == GIF_ERROR) abandon();
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
/// of a second; as a whole or not at all. Grey is exact, colours are rounded to 252. Throws Error.
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
  detail::GifEncoder encoder(first.width, first.height, first.channels);
  encoder.loop_forever();
  for (const Picture& frame : frames) encoder.add(frame, delay_centiseconds);
  write_file(path, encoder.finish());
}

} // namespace zoetrope
