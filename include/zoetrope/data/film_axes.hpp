/// @file
/// Where the films, frames and values of an array lie.
#pragma once

#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// The axes of an array without gaps, told by letters: film, time, height, width, channel.
struct FilmAxes {
  enum Axis { film_axis, time_axis, height_axis, width_axis, channel_axis, axis_count };

  std::array<std::uint64_t, axis_count> sizes{};   ///< 1 where the array has no such axis
  std::array<std::uint64_t, axis_count> strides{}; ///< bytes from one value of an axis to the next
  std::uint64_t bytes = 0;                         ///< of all numbers

  /// Numbers of @p element_bytes in an array of @p shape, the last axis the fastest, or the first in @p fortran_order.
  /// @p axes as in FilmArraySettings; @p where is what messages call the array. Throws Error where they do not fit.
  FilmAxes(const std::string& where, std::size_t element_bytes, bool fortran_order,
           std::span<const std::uint64_t> shape, std::string axes)
      : bytes(element_bytes) {
    std::vector<std::uint64_t> found_strides(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::size_t axis = fortran_order ? i : shape.size() - 1 - i;
      found_strides[axis] = bytes;
      require(shape[axis] == 0 || bytes <= std::numeric_limits<std::uint64_t>::max() / shape[axis], where,
              ": the array is larger than any memory");
      bytes *= shape[axis];
    }
    if (axes.empty() && shape.size() >= 3 && shape.size() <= 5)
      axes = shape.size() == 3 ? "thw" : std::string(letters.substr(0, shape.size()));
    std::string sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    const bool distinct = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
    const bool known = axes.find_first_not_of(letters) == std::string::npos;
    const auto has = [&axes](char letter) { return axes.find(letter) != std::string::npos; };
    require(distinct && known && has('t') && has('h') && has('w'), where, ": expected the axes t, h, w and perhaps f ",
            "and c (time, height, width, film, channel), each once, got '", axes, "'",
            axes.empty() ? " for " + std::to_string(shape.size()) + " axes" : "");
    require(axes.size() == shape.size(), where, ": expected an array of ", axes.size(), " axes (", axes, "), got ",
            shape.size());
    sizes.fill(1);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t axis = letters.find(axes[i]);
      require(shape[i] >= 1, where, ": axis ", axes[i], " has no values");
      require(shape[i] <= most_of_an_axis, where, ": axis ", axes[i], " has ", shape[i], " values, and at most ",
              most_of_an_axis, " are possible");
      sizes[axis] = shape[i];
      strides[axis] = found_strides[i];
    }
    require(sizes[channel_axis] <= 4, where, ": expected 1 to 4 channels, got ", sizes[channel_axis]);
    require(sizes[height_axis] * sizes[width_axis] <= most_pixels, where, ": expected frames of at most ", most_pixels,
            " pixels, got ", sizes[height_axis], "x", sizes[width_axis]);
  }

private:
  static constexpr std::string_view letters = "fthwc";
  static constexpr std::uint64_t most_of_an_axis = 1 << 30, most_pixels = 1 << 28;
};

} // namespace zoetrope
