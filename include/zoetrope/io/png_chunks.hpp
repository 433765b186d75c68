/// @file
/// What the chunks of a PNG file say, without decoding it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zoetrope {

namespace detail {

/// Calls @p use with the kind of every whole chunk of the PNG file @p bytes, as long as it returns true; of no other
/// file.
template <class Use>
void for_png_chunks(std::span<const std::byte> bytes, const Use& use) {
  constexpr std::string_view magic = "\x89PNG\r\n\x1a\n";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(magic)) return;
  // A length, a kind, so many bytes, a checksum.
  constexpr std::size_t around = 12;
  for (std::size_t at = magic.size(); bytes.size() - at >= around;) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    if (length > bytes.size() - at - around || !use(text.substr(at + 4, 4))) return;
    at += around + length;
  }
}

} // namespace detail

/// Whether @p bytes are a PNG file's that says, before its first picture, that others follow (APNG).
[[nodiscard]] inline bool is_animated_png(std::span<const std::byte> bytes) {
  bool animated = false;
  detail::for_png_chunks(bytes, [&](std::string_view kind) {
    animated = kind == "acTL";
    return !animated && kind != "IDAT";
  });
  return animated;
}

/// Whether @p bytes are a PNG file's up to its end.
[[nodiscard]] inline bool is_whole_png(std::span<const std::byte> bytes) {
  bool ended = false;
  detail::for_png_chunks(bytes, [&](std::string_view kind) {
    ended = kind == "IEND";
    return !ended;
  });
  return ended;
}

} // namespace zoetrope
