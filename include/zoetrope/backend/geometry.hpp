/// @file
/// What a convolution looks like: extents, kernel, stride, padding and channels, for every backend alike.
#pragma once

#include "zoetrope/core/shape.hpp"

#include <array>
#include <compare>
#include <cstddef>

namespace zoetrope {

/// A convolution of one to three dimensions; missing dimensions are leading ones of size 1.
/// A transposed convolution is described by the convolution whose data gradient it is: its input is this one's output.
struct ConvolutionGeometry {
  std::array<int, 3> input{1, 1, 1};
  std::array<int, 3> output{1, 1, 1};
  std::array<int, 3> kernel{1, 1, 1};
  std::array<int, 3> stride{1, 1, 1};
  std::array<int, 3> padding{0, 0, 0};
  int input_channels = 1;
  int output_channels = 1;

  static constexpr std::ptrdiff_t product(const std::array<int, 3>& sizes) {
    return std::ptrdiff_t{sizes[0]} * sizes[1] * sizes[2];
  }
  [[nodiscard]] constexpr std::ptrdiff_t input_positions() const { return product(input); }
  [[nodiscard]] constexpr std::ptrdiff_t output_positions() const { return product(output); }
  [[nodiscard]] constexpr std::ptrdiff_t taps() const { return product(kernel); }
  auto operator<=>(const ConvolutionGeometry&) const = default;
};

namespace detail {

template <ExtentList Sizes>
constexpr std::array<int, 3> leading(int fill) {
  static_assert(Sizes::rank <= 3, "zoetrope convolves one to three dimensions");
  std::array<int, 3> padded{fill, fill, fill};
  for (int i = 0; i < Sizes::rank; ++i) padded[static_cast<std::size_t>(3 - Sizes::rank + i)] = Sizes::sizes[i];
  return padded;
}

} // namespace detail

/// The geometry of a convolution from @p Input to @p Output.
template <SampleShape Input, SampleShape Output, ExtentList Kernel, ExtentList Stride, ExtentList Padding>
constexpr ConvolutionGeometry make_geometry() {
  return {.input = detail::leading<typename Input::extents>(1),
          .output = detail::leading<typename Output::extents>(1),
          .kernel = detail::leading<Kernel>(1),
          .stride = detail::leading<Stride>(1),
          .padding = detail::leading<Padding>(0),
          .input_channels = Input::channels,
          .output_channels = Output::channels};
}

} // namespace zoetrope
