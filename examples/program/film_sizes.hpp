/// @file
/// The shape of films, where the compiler does not need to know it.
#pragma once

#include <zoetrope/core/shape.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace program {

/// Films [length, height, width, channels] and their frames [height, width, channels].
struct FilmSizes {
  int channels = 1, length = 30, height = 30, width = 30;

  bool operator==(const FilmSizes&) const = default;
  /// Values of a frame and of a film.
  [[nodiscard]] std::size_t frame() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  [[nodiscard]] std::size_t film() const { return static_cast<std::size_t>(length) * frame(); }
  /// "1x30x30x30": channels, frames, height and width.
  [[nodiscard]] std::string text() const {
    std::string result = std::to_string(channels);
    for (const int size : {length, height, width}) result += "x" + std::to_string(size);
    return result;
  }
};

template <zoetrope::SampleShape Film>
requires(Film::rank == 3) constexpr FilmSizes sizes_of() {
  return {Film::channels, Film::extents::sizes[0], Film::extents::sizes[1], Film::extents::sizes[2]};
}

} // namespace program
