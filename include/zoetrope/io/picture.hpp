/// @file
/// Pictures in memory, made of frames: grids of samples and rows of film.
#pragma once

#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

/// Pixels of [0, 255], row by row, channels-last; 1 channel is grey, 3 are red, green and blue.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;
};

namespace detail {

inline constexpr std::uint8_t gap_grey = 128;
/// PNG would take more, GIF does not.
inline constexpr std::int64_t longest_side = 65'535;
inline constexpr std::int64_t max_values = std::int64_t{1} << 30;

/// The byte of a value of [-1, 1]; what lies outside is clipped, and NaN is black.
inline std::uint8_t to_byte(float value) {
  if (!(value > -1.0f)) return 0;
  return static_cast<std::uint8_t>(std::lround((std::min(value, 1.0f) + 1.0f) * 127.5f));
}

/// How many values a picture has. Throws Error if it has no pixels, too many, or neither 1 nor 3 channels.
inline std::size_t value_count(std::int64_t width, std::int64_t height, int channels) {
  require(channels == 1 || channels == 3, "a picture has 1 or 3 channels, got ", channels);
  require(width > 0 && height > 0 && width <= longest_side && height <= longest_side &&
              width * height * channels <= max_values,
          "a picture has 1 to ", longest_side, " pixels a side and at most ", max_values, " values, got ", width, " x ",
          height, " x ", channels);
  return static_cast<std::size_t>(width * height * channels);
}

/// Throws Error unless @p picture has as many pixels as its sizes say.
inline void check(const Picture& picture) {
  const auto expected = value_count(picture.width, picture.height, picture.channels);
  require(picture.pixels.size() == expected, "a picture of ", picture.width, " x ", picture.height, " x ",
          picture.channels, " has ", expected, " values, got ", picture.pixels.size());
}

/// Puts @p frame [height, width, channels] into @p picture with its upper left corner at (@p left, @p top), every pixel
/// @p scale times as large.
inline void paste(Picture& picture, std::span<const float> frame, int width, int scale, int left, int top) {
  const int channels = picture.channels;
  const int height = static_cast<int>(frame.size()) / (width * channels);
  for (int row = 0; row < height * scale; ++row)
    for (int column = 0; column < width * scale; ++column)
      for (int channel = 0; channel < channels; ++channel) {
        const int from = (row / scale * width + column / scale) * channels + channel;
        const int to = ((top + row) * picture.width + left + column) * channels + channel;
        picture.pixels[static_cast<std::size_t>(to)] = to_byte(frame[static_cast<std::size_t>(from)]);
      }
}

} // namespace detail

/// Lays @p count frames [height, width, channels] of values in [-1, 1] out in rows of @p columns, each pixel @p scale
/// times as large, with a mid-grey gap of @p gap pixels between and around them: samples as in Fig. 2 of the paper, or
/// films as in Fig. 3 where @p columns is their length. Throws Error if a size is not positive or does not fit.
[[nodiscard]] inline Picture frame_grid(std::span<const float> frames, int count, int height, int width, int channels,
                                        int columns, int scale = 2, int gap = 2) {
  require(count > 0 && columns > 0 && scale > 0 && gap >= 0, "a grid has positive sizes, got ", count, " frames in ",
          columns, " columns at scale ", scale, " with gap ", gap);
  require(columns <= detail::longest_side && scale <= detail::longest_side && gap <= detail::longest_side,
          "a grid exceeds ", detail::longest_side, " pixels a side: ", columns, " columns at scale ", scale,
          " with gap ", gap);
  const std::size_t frame_size = detail::value_count(width, height, channels);
  require(frames.size() / frame_size == static_cast<std::size_t>(count) && frames.size() % frame_size == 0, "expected ",
          count, " frames of ", height, " x ", width, " x ", channels, " values, got ", frames.size(), " values");

  const int rows = (count - 1) / columns + 1;
  const auto side = [&](std::int64_t cells, std::int64_t cell) { return cells * (cell * scale + gap) + gap; };
  std::vector<std::uint8_t> pixels(detail::value_count(side(columns, width), side(rows, height), channels),
                                   detail::gap_grey);
  Picture picture{static_cast<int>(side(columns, width)), static_cast<int>(side(rows, height)), channels,
                  std::move(pixels)};
  for (int i = 0; i < count; ++i)
    detail::paste(picture, frames.subspan(static_cast<std::size_t>(i) * frame_size, frame_size), width, scale,
                  static_cast<int>(side(i % columns, width)), static_cast<int>(side(i / columns, height)));
  return picture;
}

/// The pictures of a GIF that plays @p count films [count, length, height, width, channels] side by side, in rows of
/// @p columns: one frame_grid() for each time. Throws Error if a size is not positive or does not fit.
[[nodiscard]] inline std::vector<Picture> film_grids(std::span<const float> films, int count, int length, int height,
                                                     int width, int channels, int columns, int scale = 4, int gap = 4) {
  require(count > 0 && length > 0, "films have positive sizes, got ", count, " films of ", length, " frames");
  const std::size_t frame_size = detail::value_count(width, height, channels);
  const auto film_count = static_cast<std::size_t>(count);
  const auto frame_count = static_cast<std::size_t>(length);
  require(films.size() / frame_size == film_count * frame_count && films.size() % frame_size == 0, "expected ", count,
          " films of ", length, " x ", height, " x ", width, " x ", channels, " values, got ", films.size(), " values");

  std::vector<Picture> pictures;
  std::vector<float> moment(film_count * frame_size);
  for (std::size_t time = 0; time < frame_count; ++time) {
    for (std::size_t film = 0; film < film_count; ++film)
      std::ranges::copy(films.subspan((film * frame_count + time) * frame_size, frame_size),
                        moment.begin() + static_cast<std::ptrdiff_t>(film * frame_size));
    pictures.push_back(frame_grid(moment, count, height, width, channels, columns, scale, gap));
  }
  return pictures;
}

} // namespace zoetrope
