/// @file
/// Films as they are found: of any number, length and size. Clips (clips.hpp) makes a data set of one shape of them.
#pragma once

#include "zoetrope/core/description.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zoetrope {

/// What one frame of an archive is: @p channels values at each of @p height times @p width positions. 1 channel is
/// grey, 2 grey and opacity, 3 red, green and blue, 4 these and opacity.
struct FrameSizes {
  int height = 0, width = 0, channels = 0;
  [[nodiscard]] std::size_t values() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  bool operator==(const FrameSizes&) const = default;
};

/// Films that can be read in any order, from several threads at once. size() is their number; frames(film) how many
/// frames one has, sizes(film) what each of these is; read_frame(film, time, out) writes one to out, [height, width,
/// channels], values in [-1, 1], and throws Error, which says where, for values that are not there or not valid.
/// Where films have names, name(film) is one, for messages.
template <class A>
concept FilmArchive = DescribesItself<A> && requires(const A& a, std::uint64_t film, int time, std::span<float> out) {
  { a.size() } -> std::same_as<std::uint64_t>;
  { a.frames(film) } -> std::same_as<int>;
  { a.sizes(film) } -> std::same_as<FrameSizes>;
  a.read_frame(film, time, out);
};

} // namespace zoetrope
