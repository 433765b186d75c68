/// @file
/// Numbers of 16 bits (IEEE 754 binary16) from wider ones and back.
#pragma once

#include "zoetrope/io/tensor_format.hpp"

#include <bit>
#include <cstdint>

namespace zoetrope {

/// The nearest number of 16 bits, of two equally near ones that whose last bit is 0; infinite where @p value, rounded
/// so, is beyond their range. NaN stays NaN.
[[nodiscard]] inline Half to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value), magnitude = bits & 0x7fffffffu, exponent = magnitude >> 23;
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const auto with_sign = [sign](std::uint32_t half) { return Half{static_cast<std::uint16_t>(sign | half)}; };
  if (magnitude > 0x7f800000u) return with_sign(0x7e00u);
  if (magnitude >= 0x477ff000u) return with_sign(0x7c00u); // from 65520 on
  // A carry out of the mantissa is right as it is: the next exponent.
  if (exponent >= 113) return with_sign((magnitude + 0xfffu + (magnitude >> 13 & 1u) - (112u << 23)) >> 13);
  // Subnormal: whole multiples of 2^-24. At most 2^-25 becomes 0.
  if (exponent < 102) return with_sign(0);
  const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u, shift = 126 - exponent;
  const std::uint32_t whole = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
  return with_sign(whole + (rest > middle || (rest == middle && (whole & 1u) != 0) ? 1u : 0u));
}

/// Exactly @p value.
[[nodiscard]] inline float from_bfloat16(Bfloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// Exactly @p half.
[[nodiscard]] inline float from_half(Half half) {
  const auto bits = static_cast<std::uint32_t>(half), exponent = bits >> 10 & 0x1fu, mantissa = bits & 0x3ffu;
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | mantissa << 13);
}

} // namespace zoetrope
