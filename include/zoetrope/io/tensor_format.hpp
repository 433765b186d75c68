/// @file
/// What the reader and the writer of safetensors files share: element types, a tensor's entry, the checksum of a file.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/checksum.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian, as this code assumes");

/// The bits of a number of 16 bits (IEEE 754 binary16), which C++20 has no type for.
enum class Half : std::uint16_t {};

/// The bits of a number of 16 bits with the exponent of a float (PyTorch's bfloat16).
enum class Bfloat16 : std::uint16_t {};

/// How a generator's file keeps the weights: as they are, or rounded to 16 bits, which takes half the bytes.
enum class StoredWeights { exact, half };

/// The element types that a file may have. Those up to f16 zoetrope writes too.
enum class ElementType { f32, f64, i64, u8, f16, bf16, i32, i16, i8, u64, u32, u16, boolean };

/// A C++ type that one of ElementType stands for. Other types of a file are there as numbers().
template <class T>
concept TensorElement = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint8_t> || std::same_as<T, Half>;

/// The ElementType of @p T.
template <TensorElement T>
inline constexpr ElementType element_type = std::same_as<T, float>          ? ElementType::f32
                                            : std::same_as<T, double>       ? ElementType::f64
                                            : std::same_as<T, std::int64_t> ? ElementType::i64
                                            : std::same_as<T, std::uint8_t> ? ElementType::u8
                                                                            : ElementType::f16;

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t element_size(ElementType type) {
  constexpr std::size_t sizes[] = {4, 8, 8, 1, 2, 2, 4, 2, 1, 8, 4, 2, 1};
  return sizes[static_cast<std::size_t>(type)];
}

/// The format's own name of @p type.
[[nodiscard]] constexpr const char* element_name(ElementType type) {
  constexpr const char* names[] = {"F32", "F64", "I64", "U8",  "F16", "BF16", "I32",
                                   "I16", "I8",  "U64", "U32", "U16", "BOOL"};
  return names[static_cast<std::size_t>(type)];
}

/// Whether elements are floating-point numbers, as weights are, and not counts or flags.
[[nodiscard]] constexpr bool is_floating_point(ElementType type) {
  return type == ElementType::f32 || type == ElementType::f64 || type == ElementType::f16 || type == ElementType::bf16;
}

/// The type of that name, if zoetrope knows it.
[[nodiscard]] constexpr std::optional<ElementType> element_of_name(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ElementType::boolean); ++i)
    if (const auto type = static_cast<ElementType>(i); name == element_name(type)) return type;
  return std::nullopt;
}

/// The metadata entry that holds the checksum of a file.
inline constexpr const char* checksum_key = "zoetrope.checksum";

namespace detail {

inline constexpr const char* metadata_key = "__metadata__";
inline constexpr std::size_t data_alignment = 8;
/// The format's own limit on the header.
inline constexpr std::uint64_t largest_header = 100'000'000;

/// Everything known of one tensor; @p bytes point at its values.
struct TensorEntry {
  ElementType type;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

using TensorEntries = std::map<std::string, TensorEntry>;
using Metadata = std::map<std::string, std::string>;

/// Bytes that a tensor takes, or nothing if a size is negative or the product exceeds 63 bits.
inline std::optional<std::uint64_t> tensor_bytes(ElementType type, std::span<const std::int64_t> shape) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t bytes = element_size(type);
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && bytes > most / static_cast<std::uint64_t>(size))) return std::nullopt;
    bytes *= static_cast<std::uint64_t>(size);
  }
  return bytes;
}

/// The checksum over all that a reader can see, each in the order of names: metadata (but for the checksum itself),
/// then every tensor's name, type, shape and values. The layout of the file does not enter.
class ContentChecksum {
public:
  explicit ContentChecksum(const Metadata& metadata) {
    for (const auto& [key, value] : metadata) {
      if (key == checksum_key) continue;
      sum_.add(key);
      sum_.add(value);
    }
  }

  /// Begins the next tensor, of @p bytes bytes, which follow.
  void add_tensor(const std::string& name, ElementType type, std::span<const std::int64_t> shape, std::uint64_t bytes) {
    sum_.add(name);
    sum_.add(element_name(type));
    sum_.add(std::as_bytes(shape));
    sum_.add(bytes);
  }
  /// Adds bytes of the tensor that add_tensor() began; a number that 8 divides, but for the last of them.
  void add_values(std::span<const std::byte> bytes) { sum_.add_piece(bytes); }

  [[nodiscard]] std::string text() const { return sum_.text(); }

private:
  Checksum sum_;
};

/// The ContentChecksum of what is in memory.
inline std::string content_checksum(const Metadata& metadata, const TensorEntries& entries) {
  ContentChecksum sum(metadata);
  for (const auto& [name, entry] : entries) {
    sum.add_tensor(name, entry.type, entry.shape, entry.bytes.size());
    sum.add_values(entry.bytes);
  }
  return sum.text();
}

} // namespace detail
} // namespace zoetrope
