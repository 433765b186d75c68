/// @file
/// What a trainer needs of a data set of films. Built of small named concepts, so that a compiler names the missing
/// part.
#pragma once

#include "zoetrope/core/description.hpp"
#include "zoetrope/core/shape.hpp"

#include <concepts>
#include <cstdint>
#include <span>

namespace zoetrope {

namespace detail {
template <class>
struct FilmSizes {
  static constexpr bool valid = false;
};
template <int Channels, int Length, int Height, int Width>
struct FilmSizes<Shape<Channels, Length, Height, Width>> {
  static constexpr bool valid = true;
  static constexpr int length = Length;
  using Frame = Shape<Channels, Height, Width>;
  using WithFrame = Shape<Channels, Length + 1, Height, Width>;
};
} // namespace detail

/// The shape of a film: Shape<Channels, Length, Height, Width>.
template <class T>
concept FilmShape = SampleShape<T> && detail::FilmSizes<T>::valid;

namespace detail {

/// T::Film is the shape of every film of the data set.
template <class T>
concept HasFilmShape = requires {
  typename T::Film;
}
&&FilmShape<typename T::Film>;

/// d.size() is the number of films.
template <class T>
concept HasFilmCount = requires(const T& d) {
  { d.size() } -> std::same_as<std::uint64_t>;
};

/// d.film(index, out) writes film @p index to out, [time, height, width, channels], values in [-1, 1].
template <class T>
concept WritesFilms = requires(const T& d, std::uint64_t index, std::span<float> out) {
  d.film(index, out);
};

/// d.frame(index, time, out) writes one frame of film @p index to out, [height, width, channels]; it equals that frame
/// of d.film(index, ...).
template <class T>
concept WritesFrames = requires(const T& d, std::uint64_t index, int time, std::span<float> out) {
  d.frame(index, time, out);
};

} // namespace detail

/// A source of films that can be read in any order, from several threads at once. A member function throws Error for an
/// index, a time or a span that does not fit. Its description() tells it from other data sets: a run goes on with the
/// one that it began with.
template <class T>
concept FilmDataset = detail::HasFilmShape<T> && detail::HasFilmCount<T> && detail::WritesFilms<T> &&
    detail::WritesFrames<T> && DescribesItself<T>;

/// How many frames a film of this shape has.
template <FilmShape Film>
inline constexpr int film_length = detail::FilmSizes<Film>::length;

/// The shape of one frame of a film: Shape<Channels, Height, Width>.
template <FilmShape Film>
using FrameOf = typename detail::FilmSizes<Film>::Frame;

/// The shape of a film and a frame beside it, none of its own, that lies behind its last.
template <FilmShape Film>
using FilmAndFrame = typename detail::FilmSizes<Film>::WithFrame;

} // namespace zoetrope
