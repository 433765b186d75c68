/// @file
/// A data set of films that lie in memory.
#pragma once

#include "zoetrope/data/clips.hpp"
#include "zoetrope/data/film_array.hpp"

#include <concepts>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {

namespace detail {
template <class T>
concept ArrayElement =
    std::same_as<T, std::uint8_t> || std::same_as<T, Half> || std::same_as<T, float> || std::same_as<T, double>;

template <ArrayElement T>
inline constexpr ArrayNumber array_number = std::same_as<T, std::uint8_t> ? ArrayNumber::u8
                                            : std::same_as<T, Half>       ? ArrayNumber::f16
                                            : std::same_as<T, float>      ? ArrayNumber::f32
                                                                          : ArrayNumber::f64;
} // namespace detail

inline namespace ZOETROPE_INSTRUCTION_SET {

/// Clips of the shape @p Film from @p values, which outlive the data set: bytes, floats, doubles or numbers of 16 bits,
/// an array of @p shape without gaps whose axes settings.axes names.
template <FilmShape Film>
class MemoryFilms : public Clips<Film, FilmArray> {
public:
  /// Throws Error as FilmArray and Clips do.
  template <detail::ArrayElement T>
  MemoryFilms(std::span<const T> values, const std::vector<std::uint64_t>& shape,
              const FilmArraySettings& settings = {}, const ClipSettings& clips = {})
      : Clips<Film, FilmArray>(FilmArray("films in memory", "films in memory", std::as_bytes(values),
                                         detail::array_number<T>, false, shape,
                                         strides_without_gaps("films in memory", shape, sizeof(T), false), settings),
                               clips) {}
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
