/// @file
/// One dimension of a convolution.
#pragma once

namespace zoetrope::arch::detail {

/// Along one dimension of a layer.
struct Window {
  int kernel, stride, padding;
  /// The size that a convolution makes of @p size.
  [[nodiscard]] constexpr int after(int size) const { return (size + 2 * padding - kernel) / stride + 1; }
};

} // namespace zoetrope::arch::detail
