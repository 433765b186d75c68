/// @file
/// Films that lie in memory as one array of numbers: of any type, with its axes in any order.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/data/film_archive.hpp"
#include "zoetrope/io/checksum.hpp"
#include "zoetrope/io/half.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoetrope {

/// The numbers that arrays of films may consist of.
enum class ArrayNumber { u8, f16, f32, f64 };

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

/// An array of films, of @p shape and with axes @p strides bytes apart, whose memory outlives it.
class FilmArray {
public:
  /// @p name is what messages and description() call it. Throws Error where axes, shape and memory do not fit, or the
  /// range cannot be found.
  FilmArray(std::string name, std::span<const std::byte> data, ArrayNumber number, bool swapped,
            std::span<const std::uint64_t> shape, std::span<const std::uint64_t> strides,
            const FilmArraySettings& settings)
      : name_(std::move(name)), data_(data), number_(number), swapped_(swapped) {
    place_axes(shape, strides, settings.axes);
    range_ = settings.range.value_or(number == ArrayNumber::u8 ? ValueRange{} : find_range());
    require(range_.black != range_.white, name_, ": expected black and white to be different values, got ",
            number_text(range_.black), " for both");
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
    require(film < size(), name_, ": there is no film ", film, " among ", size());
    require(time >= 0 && static_cast<std::uint64_t>(time) < sizes_[time_axis], name_, ": there is no frame ", time,
            " among ", sizes_[time_axis]);
    require(out.size() == frame_values(), name_, ": expected room for a frame of ", frame_values(), " values, got ",
            out.size());
    read_values(film, static_cast<std::uint64_t>(time), out);
    const double scale = 2 / (range_.white - range_.black);
    if (number_ == ArrayNumber::u8 && range_ == ValueRange{}) {
      for (float& value : out) value = value / 127.5F - 1.0F;
      return;
    }
    for (float& value : out) {
      const double result = (value - range_.black) * scale - 1;
      require(result >= -1 - tolerance && result <= 1 + tolerance, name_, ", film ", film, ", frame ", time,
              ": expected values from ", number_text(range_.black), " to ", number_text(range_.white), ", got ",
              number_text(value));
      value = static_cast<float>(std::clamp(result, -1.0, 1.0));
    }
  }

private:
  enum Axis { film_axis, time_axis, height_axis, width_axis, channel_axis, axis_count };
  static constexpr std::string_view letters = "fthwc";
  static constexpr double tolerance = 1e-3; ///< of what rounding leaves outside of the range

  void place_axes(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> strides, std::string axes) {
    if (axes.empty() && shape.size() >= 3 && shape.size() <= 5)
      axes = shape.size() == 3 ? "thw" : std::string(letters.substr(0, shape.size()));
    std::string sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    const bool distinct = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
    const bool known = axes.find_first_not_of(letters) == std::string::npos;
    const auto has = [&axes](char letter) { return axes.find(letter) != std::string::npos; };
    require(distinct && known && has('t') && has('h') && has('w'), name_, ": expected the axes t, h, w and perhaps f ",
            "and c (time, height, width, film, channel), each once, got '", axes, "'",
            axes.empty() ? " for " + std::to_string(shape.size()) + " axes" : "");
    require(axes.size() == shape.size(), name_, ": expected an array of ", axes.size(), " axes (", axes, "), got ",
            shape.size());
    sizes_.fill(1);
    strides_.fill(0);
    std::uint64_t end = element_bytes();
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t axis = letters.find(axes[i]);
      require(shape[i] >= 1, name_, ": axis ", axes[i], " has no values");
      require(axis == film_axis || shape[i] <= most_of_an_axis, name_, ": axis ", axes[i], " has ", shape[i],
              " values, and at most ", most_of_an_axis, " are possible");
      sizes_[axis] = shape[i];
      strides_[axis] = strides[i];
      const std::uint64_t steps = shape[i] - 1;
      require(strides[i] == 0 || steps <= (std::numeric_limits<std::uint64_t>::max() - end) / strides[i], name_,
              ": the array is larger than any memory");
      end += steps * strides[i];
    }
    require(sizes_[channel_axis] <= 4, name_, ": expected 1 to 4 channels, got ", sizes_[channel_axis]);
    require(sizes_[height_axis] * sizes_[width_axis] <= most_pixels, name_, ": expected frames of at most ",
            most_pixels, " pixels, got ", sizes_[height_axis], "x", sizes_[width_axis]);
    require(end <= data_.size(), name_, ": expected ", end, " bytes of numbers, got ", data_.size());
  }

  [[nodiscard]] std::size_t element_bytes() const {
    constexpr std::size_t bytes[] = {1, 2, 4, 8};
    return bytes[static_cast<std::size_t>(number_)];
  }
  [[nodiscard]] std::size_t frame_values() const {
    return static_cast<std::size_t>(sizes_[height_axis] * sizes_[width_axis] * sizes_[channel_axis]);
  }

  /// The numbers as they are.
  void read_values(std::uint64_t film, std::uint64_t time, std::span<float> out) const {
    const std::byte* frame = data_.data() + film * strides_[film_axis] + time * strides_[time_axis];
    switch (number_) {
    case ArrayNumber::u8:
      return read_as<std::uint8_t>(frame, out, [](std::uint8_t v) { return static_cast<float>(v); });
    case ArrayNumber::f16:
      return read_as<std::uint16_t>(frame, out, [](std::uint16_t v) { return from_half(Half{v}); });
    case ArrayNumber::f32:
      return read_as<std::uint32_t>(frame, out, [](std::uint32_t v) { return std::bit_cast<float>(v); });
    case ArrayNumber::f64:
      return read_as<std::uint64_t>(frame, out,
                                    [](std::uint64_t v) { return static_cast<float>(std::bit_cast<double>(v)); });
    }
  }
  template <std::unsigned_integral Bits, class Convert>
  void read_as(const std::byte* frame, std::span<float> out, const Convert& convert) const {
    float* to = out.data();
    for (std::uint64_t y = 0; y < sizes_[height_axis]; ++y)
      for (std::uint64_t x = 0; x < sizes_[width_axis]; ++x)
        for (std::uint64_t c = 0; c < sizes_[channel_axis]; ++c) {
          Bits bits;
          std::memcpy(&bits, frame + y * strides_[height_axis] + x * strides_[width_axis] + c * strides_[channel_axis],
                      sizeof bits);
          *to++ = convert(swapped_ ? swap_bytes(bits) : bits);
        }
  }
  template <std::unsigned_integral Bits>
  static Bits swap_bytes(Bits bits) {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(Bits)>>(bits);
    std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Bits>(bytes);
  }

  /// Calls @p use(film, time, the numbers) for some frames, evenly spread over all.
  template <class Use>
  void for_sample(const Use& use) const {
    constexpr std::uint64_t most = 64;
    const std::uint64_t all = sizes_[film_axis] * sizes_[time_axis], count = std::min(most, all);
    std::vector<float> values(frame_values());
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = all / count * i + all % count * i / count;
      read_values(at / sizes_[time_axis], at % sizes_[time_axis], values);
      use(at / sizes_[time_axis], at % sizes_[time_axis], values);
    }
  }

  [[nodiscard]] ValueRange find_range() const {
    float least = std::numeric_limits<float>::infinity(), most = -least;
    for_sample([&](std::uint64_t film, std::uint64_t time, const std::vector<float>& values) {
      for (const float value : values) {
        require(value * 0.0F == 0.0F, name_, ", film ", film, ", frame ", time, ": expected finite values, got ",
                number_text(value));
        least = std::min(least, value);
        most = std::max(most, value);
      }
    });
    for (const ValueRange& range : {ValueRange{0, 1}, ValueRange{-1, 1}, ValueRange{0, 255}})
      if (least >= range.black - tolerance && most <= range.white + tolerance) return range;
    fail(name_, ": expected values from 0 to 1, -1 to 1 or 0 to 255, or a range that says which are black and white; ",
         "some frames have values from ", number_text(least), " to ", number_text(most));
  }

  [[nodiscard]] std::string sample_checksum() const {
    Checksum sum;
    for_sample([&sum](std::uint64_t, std::uint64_t, const std::vector<float>& values) {
      sum.add(std::as_bytes(std::span(values)));
    });
    return sum.text();
  }

  static constexpr std::uint64_t most_of_an_axis = 1 << 30, most_pixels = 1 << 28;

  std::string name_;
  std::span<const std::byte> data_;
  ArrayNumber number_;
  bool swapped_;
  std::array<std::uint64_t, axis_count> sizes_{}, strides_{};
  ValueRange range_;
  std::string checksum_;
};

} // namespace ZOETROPE_INSTRUCTION_SET

/// The strides of an array of @p shape without gaps, in bytes: the last axis is the fastest, or the first where
/// @p fortran. Throws Error, which names it @p name, where the array is larger than any memory.
[[nodiscard]] inline std::vector<std::uint64_t> strides_without_gaps(const std::string& name,
                                                                     std::span<const std::uint64_t> shape,
                                                                     std::uint64_t element_bytes, bool fortran) {
  std::vector<std::uint64_t> strides(shape.size());
  std::uint64_t stride = element_bytes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = fortran ? i : shape.size() - 1 - i;
    strides[axis] = stride;
    require(shape[axis] == 0 || stride <= std::numeric_limits<std::uint64_t>::max() / shape[axis], name,
            ": the array is larger than any memory");
    stride *= shape[axis];
  }
  return strides;
}

} // namespace zoetrope
