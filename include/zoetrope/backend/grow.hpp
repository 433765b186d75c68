/// @file
/// Buffers that only grow, so that a training step allocates nothing once the largest batch was seen.
#pragma once

#include <concepts>
#include <cstddef>

namespace zoetrope {

namespace detail {

/// A buffer whose resize() need not keep its values.
template <class Buffer>
concept Growable = requires(Buffer& buffer, std::size_t size) {
  { buffer.size() } -> std::convertible_to<std::size_t>;
  buffer.resize(size);
  buffer.data();
};

} // namespace detail

/// At least @p size values in @p buffer, and where they begin. Its values are lost where it has to grow; then
/// @p before_growing is called first.
template <detail::Growable Buffer, std::invocable BeforeGrowing>
auto* grow(Buffer& buffer, std::size_t size, const BeforeGrowing& before_growing) {
  if (buffer.size() < size) {
    before_growing();
    buffer.resize(size);
  }
  return buffer.data();
}
template <detail::Growable Buffer>
auto* grow(Buffer& buffer, std::size_t size) {
  return grow(buffer, size, [] {});
}

} // namespace zoetrope
