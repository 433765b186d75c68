/// @file
/// The elements of a tensor of any type as floating-point numbers.
#pragma once

#include "zoetrope/io/half.hpp"
#include "zoetrope/io/tensor_format.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace zoetrope::detail {

/// Every element of @p bytes, which hold numbers of type @p Stored, by way of @p convert.
template <class Stored, std::floating_point T, class Convert>
std::vector<T> converted(std::span<const std::byte> bytes, const Convert& convert) {
  std::vector<T> result(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < result.size(); ++i) {
    Stored element;
    std::memcpy(&element, bytes.data() + i * sizeof element, sizeof element);
    result[i] = static_cast<T>(convert(element));
  }
  return result;
}

/// @p bytes, elements of type @p type, as numbers of type @p T: the nearest where there are none as exact, infinite
/// beyond their range.
template <std::floating_point T>
[[nodiscard]] std::vector<T> numbers_of(ElementType type, std::span<const std::byte> bytes) {
  const auto same = [](auto element) { return element; };
  switch (type) {
  case ElementType::f32:
    return converted<float, T>(bytes, same);
  case ElementType::f64:
    return converted<double, T>(bytes, same);
  case ElementType::f16:
    return converted<Half, T>(bytes, from_half);
  case ElementType::bf16:
    return converted<Bfloat16, T>(bytes, from_bfloat16);
  case ElementType::i64:
    return converted<std::int64_t, T>(bytes, same);
  case ElementType::i32:
    return converted<std::int32_t, T>(bytes, same);
  case ElementType::i16:
    return converted<std::int16_t, T>(bytes, same);
  case ElementType::i8:
    return converted<std::int8_t, T>(bytes, same);
  case ElementType::u64:
    return converted<std::uint64_t, T>(bytes, same);
  case ElementType::u32:
    return converted<std::uint32_t, T>(bytes, same);
  case ElementType::u16:
    return converted<std::uint16_t, T>(bytes, same);
  case ElementType::u8:
    return converted<std::uint8_t, T>(bytes, same);
  case ElementType::boolean:
    return converted<std::uint8_t, T>(bytes, [](std::uint8_t flag) { return flag != 0 ? 1 : 0; });
  }
  return {};
}

} // namespace zoetrope::detail
