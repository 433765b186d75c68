/// @file
/// Shapes of one sample, known at compile time. Only the batch is known at run time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace zoetrope {

/// A list of sizes, one for each spatial (or temporal) dimension, slowest first: (height, width) or
/// (time, height, width). Kernels, strides and paddings are extents too.
template <int... Sizes>
struct Extents {
  static constexpr int rank = sizeof...(Sizes);
  static constexpr std::array<int, rank> sizes{Sizes...};
  static constexpr std::ptrdiff_t product = (std::ptrdiff_t{1} * ... * Sizes);
};

/// The shape of one sample: @p Channels values at each position of a grid of @p Sizes.
/// Shape<100> is a vector, Shape<1, 30, 30> a grey frame, Shape<1, 30, 30, 30> a grey film of 30 frames.
template <int Channels, int... Sizes>
struct Shape {
  static_assert(Channels > 0 && ((Sizes > 0) && ...), "a shape has positive sizes");
  using extents = Extents<Sizes...>;
  static constexpr int channels = Channels;
  static constexpr int rank = sizeof...(Sizes);
  static constexpr std::ptrdiff_t positions = extents::product;
  static constexpr std::ptrdiff_t size = positions * Channels;
};

namespace detail {
template <class>
inline constexpr bool is_shape = false;
template <int Channels, int... Sizes>
inline constexpr bool is_shape<Shape<Channels, Sizes...>> = true;
template <class>
inline constexpr bool is_extents = false;
template <int... Sizes>
inline constexpr bool is_extents<Extents<Sizes...>> = true;
} // namespace detail

template <class T>
concept SampleShape = detail::is_shape<T>;

template <class T>
concept ExtentList = detail::is_extents<T>;

} // namespace zoetrope
