/// @file
/// A fast 64-bit checksum against damage by accident. It is no protection against intent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace zoetrope {

/// Mixes bytes, eight at a time, into one number: `state = (state ^ word) * prime; state ^= state >> 32`, in the manner
/// of FNV-1a with a word instead of the byte. Both steps are one-to-one, so two inputs of the same form that differ in
/// a single word always differ in their sums.
class Checksum {
public:
  /// Adds the number of @p bytes and the bytes, the last word padded with zeros.
  void add(std::span<const std::byte> bytes) {
    add(std::uint64_t{bytes.size()});
    add_piece(bytes);
  }

  /// Adds @p bytes without their number, the last word padded with zeros: many at once or piece by piece, where every
  /// piece but the last is whole words.
  void add_piece(std::span<const std::byte> bytes) {
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      add(word);
    }
    if (at < bytes.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, bytes.size() - at);
      add(word);
    }
  }

  /// Adds the bytes of @p text.
  void add(std::string_view text) { add(std::as_bytes(std::span(text.data(), text.size()))); }

  /// Adds one word.
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9E3779B97F4A7C15u; // odd, so multiplication is one-to-one modulo 2^64
    state_ ^= state_ >> 32;
  }

  [[nodiscard]] std::uint64_t value() const { return state_; }

  /// value() as 16 lower-case hexadecimal digits.
  [[nodiscard]] std::string text() const {
    std::string digits(16, '0');
    for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = "0123456789abcdef"[(state_ >> (60 - 4 * i)) & 15u];
    return digits;
  }

private:
  std::uint64_t state_ = 0xCBF29CE484222325u;
};

} // namespace zoetrope
