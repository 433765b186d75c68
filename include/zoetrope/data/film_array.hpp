/// @file
/// Films that lie in memory as one array of numbers: of any type, with its axes in any order.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/data/film_archive.hpp"
#include "zoetrope/data/film_axes.hpp"
#include "zoetrope/io/checksum.hpp"
#include "zoetrope/io/half.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace zoetrope {

/// The values that stand for black and white. They become -1 and 1.
struct ValueRange {
  double black = 0, white = 255;
  bool operator==(const ValueRange&) const = default;
};

/// What an array of films is.
struct FilmArraySettings {
  /// A letter for each axis, the slowest first: film, time, height, width, channel. "tfhw" is Moving MNIST. An array
  /// without f is one film, one without c is grey. Empty: fthwc, or fthw or thw where there are fewer axes.
  std::string axes = {};
  /// Empty: 0 to 255 for bytes; for other numbers the first of 0 to 1, -1 to 1 and 0 to 255 that holds what is found in
  /// some of the frames.
  std::optional<ValueRange> range = {};
};

inline namespace ZOETROPE_INSTRUCTION_SET {

/// An array of films without gaps, whose memory outlives it: of @p shape, the last axis the fastest, or the first in
/// @p fortran_order.
class FilmArray {
public:
  /// @p where is what messages call it and @p name what description() does. Throws Error where axes, shape and memory
  /// do not fit, memory is left over, or the range cannot be found.
  FilmArray(std::string where, std::string name, std::span<const std::byte> data, ElementType type, bool swapped,
            bool fortran_order, std::span<const std::uint64_t> shape, const FilmArraySettings& settings)
      : where_(std::move(where)), name_(std::move(name)), data_(data), type_(type), swapped_(swapped) {
    const FilmAxes axes(where_, element_size(type), fortran_order, shape, settings.axes);
    require(axes.bytes == data_.size(), where_, ": expected ", axes.bytes, " bytes of numbers, got ", data_.size());
    sizes_ = axes.sizes;
    strides_ = axes.strides;
    range_ = settings.range ? *settings.range : type == ElementType::u8 ? ValueRange{} : find_range();
    require(std::isfinite(range_.black) && std::isfinite(range_.white) && range_.black != range_.white, where_,
            ": expected two different, finite values for black and white, got ", number_text(range_.black), " and ",
            number_text(range_.white));
    for (std::size_t value = 0; value < shades_.size(); ++value) shades_[value] = shade(static_cast<double>(value));
    checksum_ = sample_checksum();
  }

  [[nodiscard]] std::uint64_t size() const { return sizes_[film_axis]; }
  [[nodiscard]] int frames(std::uint64_t) const { return static_cast<int>(sizes_[time_axis]); }
  [[nodiscard]] FrameSizes sizes(std::uint64_t) const {
    return {static_cast<int>(sizes_[height_axis]), static_cast<int>(sizes_[width_axis]),
            static_cast<int>(sizes_[channel_axis])};
  }
  [[nodiscard]] ValueRange range() const { return range_; }

  /// Two arrays of one description have the same sizes, and the same numbers in the frames that a sample takes.
  [[nodiscard]] std::string description() const {
    return name_ + ", " + std::to_string(size()) + " films of " + std::to_string(sizes_[time_axis]) + " frames of " +
           std::to_string(sizes_[height_axis]) + "x" + std::to_string(sizes_[width_axis]) + "x" +
           std::to_string(sizes_[channel_axis]) + ", " + number_text(range_.black) + " black and " +
           number_text(range_.white) + " white, checksum " + checksum_;
  }

  /// Throws Error for a film, a time or a span that does not fit, and for values that are not finite or far outside of
  /// the range.
  void read_frame(std::uint64_t film, int time, std::span<float> out) const {
    require(film < size(), where_, ": there is no film ", film, " among ", size());
    require(time >= 0 && static_cast<std::uint64_t>(time) < sizes_[time_axis], where_, ": there is no frame ", time,
            " among ", sizes_[time_axis]);
    require(out.size() == frame_values(), where_, ": expected room for a frame of ", frame_values(), " values, got ",
            out.size());
    float* to = out.data();
    if (type_ == ElementType::u8) {
      const auto bytes = frame_bytes(film, static_cast<std::uint64_t>(time));
      bool all = true;
      read_as<std::uint8_t>(bytes, [&](std::uint8_t value) {
        all = all && shades_[value] >= -1;
        *to++ = shades_[value];
      });
      if (all) return;
      to = out.data();
    }
    for_values(film, static_cast<std::uint64_t>(time), [&](double value) {
      *to = shade(value);
      if (!(*to++ >= -1))
        fail(where_, ", film ", film, ", frame ", time, ": expected values from ", number_text(range_.black), " to ",
             number_text(range_.white), ", got ", number_text(value));
    });
  }

private:
  static constexpr std::size_t film_axis = FilmAxes::film_axis, time_axis = FilmAxes::time_axis,
                               height_axis = FilmAxes::height_axis, width_axis = FilmAxes::width_axis,
                               channel_axis = FilmAxes::channel_axis;
  static constexpr double tolerance =
      1e-3; ///< of what rounding leaves outside of the range, of half of which this is a part

  [[nodiscard]] std::size_t frame_values() const {
    return static_cast<std::size_t>(sizes_[height_axis] * sizes_[width_axis] * sizes_[channel_axis]);
  }

  [[nodiscard]] const std::byte* frame_bytes(std::uint64_t film, std::uint64_t time) const {
    return data_.data() + film * strides_[film_axis] + time * strides_[time_axis];
  }

  /// A number as data sets have it, in [-1, 1]; below that where it is not finite or lies far outside of the range.
  [[nodiscard]] float shade(double value) const {
    const double result = (value - range_.black) / ((range_.white - range_.black) / 2) - 1;
    if (!(result >= -1 - tolerance && result <= 1 + tolerance)) return -2;
    return static_cast<float>(std::clamp(result, -1.0, 1.0));
  }

  /// Calls @p use with every number of a frame, [height, width, channel], as it is.
  template <class Use>
  void for_values(std::uint64_t film, std::uint64_t time, const Use& use) const {
    const std::byte* frame = frame_bytes(film, time);
    switch (type_) {
    case ElementType::u8:
      return read_as<std::uint8_t>(frame, [&](std::uint8_t bits) { use(static_cast<double>(bits)); });
    case ElementType::f16:
      return read_as<std::uint16_t>(frame, [&](std::uint16_t bits) { use(double{from_half(Half{bits})}); });
    case ElementType::f32:
      return read_as<std::uint32_t>(frame, [&](std::uint32_t bits) { use(double{std::bit_cast<float>(bits)}); });
    case ElementType::f64:
      return read_as<std::uint64_t>(frame, [&](std::uint64_t bits) { use(std::bit_cast<double>(bits)); });
    default:
      fail(where_, ": expected an array of bytes or floats, got ", element_name(type_));
    }
  }
  template <std::unsigned_integral Bits, class Use>
  void read_as(const std::byte* frame, const Use& use) const {
    for (std::uint64_t y = 0; y < sizes_[height_axis]; ++y)
      for (std::uint64_t x = 0; x < sizes_[width_axis]; ++x)
        for (std::uint64_t c = 0; c < sizes_[channel_axis]; ++c) {
          Bits bits;
          std::memcpy(&bits, frame + y * strides_[height_axis] + x * strides_[width_axis] + c * strides_[channel_axis],
                      sizeof bits);
          use(swapped_ ? swap_bytes(bits) : bits);
        }
  }
  template <std::unsigned_integral Bits>
  static Bits swap_bytes(Bits bits) {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(Bits)>>(bits);
    std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Bits>(bytes);
  }

  /// Calls @p use(film, time) for some frames, evenly spread over all.
  template <class Use>
  void for_sample(const Use& use) const {
    constexpr std::uint64_t most = 64;
    const std::uint64_t all = sizes_[film_axis] * sizes_[time_axis], count = std::min(most, all);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = all / count * i + all % count * i / count;
      use(at / sizes_[time_axis], at % sizes_[time_axis]);
    }
  }

  [[nodiscard]] ValueRange find_range() const {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for_sample([&](std::uint64_t film, std::uint64_t time) {
      for_values(film, time, [&](double value) {
        if (!std::isfinite(value))
          fail(where_, ", film ", film, ", frame ", time, ": expected finite values, got ", number_text(value));
        least = std::min(least, value);
        most = std::max(most, value);
      });
    });
    for (const ValueRange& range : {ValueRange{0, 1}, ValueRange{-1, 1}, ValueRange{0, 255}}) {
      const double beyond = tolerance * (range.white - range.black) / 2;
      if (least >= range.black - beyond && most <= range.white + beyond) return range;
    }
    fail(where_, ": expected values from 0 to 1, -1 to 1 or 0 to 255, or a range that says which are black and white; ",
         "some frames have values from ", number_text(least), " to ", number_text(most));
  }

  [[nodiscard]] std::string sample_checksum() const {
    Checksum sum;
    for_sample([&](std::uint64_t film, std::uint64_t time) {
      for_values(film, time, [&sum](double value) { sum.add(std::bit_cast<std::uint64_t>(value)); });
    });
    return sum.text();
  }

  std::string where_, name_;
  std::span<const std::byte> data_;
  ElementType type_;
  bool swapped_;
  std::array<std::uint64_t, FilmAxes::axis_count> sizes_{}, strides_{};
  ValueRange range_;
  std::array<float, 256> shades_{}; ///< of bytes
  std::string checksum_;
};

} // namespace ZOETROPE_INSTRUCTION_SET

} // namespace zoetrope
