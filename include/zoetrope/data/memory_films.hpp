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
/// What arrays of films may consist of.
template <class T>
concept ArrayElement = TensorElement<T> && !std::same_as<T, std::int64_t>;
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
      : Clips<Film, FilmArray>(FilmArray("films in memory", "films in memory", std::as_bytes(values), element_type<T>,
                                         false, false, shape, settings),
                               clips) {}
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope
