/// @file
/// Writing NumPy's .npy files.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/picture.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace zoetrope {

namespace detail {
/// What write_npy() writes.
template <class T>
concept NpyElement = std::same_as<T, std::uint8_t> || std::same_as<T, float> || std::same_as<T, double>;
} // namespace detail

/// Writes @p values as an array of @p shape, the last axis the fastest, as numpy.save() does: as a whole or not at all.
/// Throws Error where they do not fit, or the file cannot be written.
template <detail::NpyElement T>
void write_npy(const std::filesystem::path& path, std::span<const T> values, std::span<const std::uint64_t> shape) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t expected = 1;
  std::string sizes;
  bool fits = true;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    fits = fits && (shape[i] == 0 || expected <= std::numeric_limits<std::uint64_t>::max() / shape[i]);
    expected *= shape[i];
    sizes += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  }
  if (shape.size() == 1) sizes += ',';
  require(fits && expected == values.size(), "'", path.string(), "' expected values for an array of (", sizes,
          "), got ", values.size());
  const char* const type = std::same_as<T, std::uint8_t> ? "|u1" : std::same_as<T, float> ? "<f4" : "<f8";
  std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  // The numbers begin at a multiple of 64 bytes, behind ten of magic, version and length.
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string begin("\x93NUMPY\1\0", 8);
  begin += static_cast<char>(header.size() & 0xFF);
  begin += static_cast<char>(header.size() >> 8);
  AtomicFile file(path);
  begin += header;
  file.write(std::as_bytes(std::span(begin)));
  file.write(std::as_bytes(values));
  file.commit();
}

/// Writes @p values of [-1, 1] as bytes, rounded as those of pictures are, otherwise as write_npy(). NpyFilms reads
/// them.
inline void write_npy_bytes(const std::filesystem::path& path, std::span<const float> values,
                            std::span<const std::uint64_t> shape) {
  std::vector<std::uint8_t> bytes(values.size());
  std::transform(values.begin(), values.end(), bytes.begin(), detail::to_byte);
  write_npy<std::uint8_t>(path, bytes, shape);
}

} // namespace zoetrope
