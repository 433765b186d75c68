// Numbers of 16 bits against Eigen's conversion, which is IEEE 754's.

#include "zoetrope/io/half.hpp"

#include <Eigen/Core>
#include <doctest/doctest.h>

#include <cmath>

using namespace zoetrope;

namespace {

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
float eigens(std::uint16_t bits) { return Eigen::half_impl::half_to_float(Eigen::half_impl::raw_uint16_to_half(bits)); }
std::uint16_t eigens(float value) { return Eigen::half_impl::float_to_half_rtne(value).x; }

/// Whether to_half() gives what Eigen does; of NaN, which has many bit patterns, only that it stays one.
bool agrees(float value) {
  const auto half = static_cast<std::uint16_t>(to_half(value));
  if (std::isnan(value)) return (half & 0x7c00u) == 0x7c00u && (half & 0x3ffu) != 0;
  return half == eigens(value);
}

} // namespace

TEST_CASE("each of the 65536 numbers of 16 bits is widened exactly, and comes back") {
  int widened_otherwise = 0, lost = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float value = from_half(Half{bits});
    const bool is_nan = (bits & 0x7c00u) == 0x7c00u && (bits & 0x3ffu) != 0;
    widened_otherwise += is_nan ? !std::isnan(value) : bits_of(value) != bits_of(eigens(bits));
    lost += is_nan ? !agrees(value) : static_cast<std::uint16_t>(to_half(value)) != bits;
  }
  CHECK(widened_otherwise == 0);
  CHECK(lost == 0);
  CHECK(std::signbit(from_half(Half{0x8000})));
  CHECK(from_half(Half{1}) == 0x1p-24f);
  CHECK(from_half(Half{0x7bff}) == 65504.0f);
}

TEST_CASE("the nearest number of 16 bits, to even in the middle") {
  // Each number, the middle between it and the next, and the floats on either side of both; of either sign.
  int otherwise = 0;
  const auto check_around = [&](float value) {
    for (const float near : {std::nextafter(value, 0.0f), value, std::nextafter(value, INFINITY)})
      otherwise += !agrees(near) + !agrees(-near);
  };
  for (std::uint16_t bits = 0; bits < 0x7c00; ++bits) {
    const float here = eigens(bits), next = bits == 0x7bff ? 65536.0f : eigens(static_cast<std::uint16_t>(bits + 1));
    check_around(here);
    check_around(here + (next - here) / 2);
  }
  CHECK(otherwise == 0);
  CHECK(std::isinf(from_half(to_half(65520.0f))));
  CHECK(from_half(to_half(65519.0f)) == 65504.0f);
  CHECK(static_cast<std::uint16_t>(to_half(0x1p-25f)) == 0);
  CHECK(static_cast<std::uint16_t>(to_half(0x1.000002p-25f)) == 1);
}

TEST_CASE("floats of all exponents: subnormal, huge, infinite and NaN") {
  int otherwise = 0, checked = 0;
  for (std::uint32_t exponent = 0; exponent < 256; ++exponent)
    for (std::uint32_t i = 0; i < 4096; ++i) {
      const std::uint32_t mantissa = (i * 2654435761u) >> 9; // scattered, 0 among them
      for (const std::uint32_t sign : {0u, 0x80000000u}) {
        otherwise += !agrees(std::bit_cast<float>(sign | exponent << 23 | mantissa));
        ++checked;
      }
    }
  CHECK(checked == 256 * 4096 * 2);
  CHECK(otherwise == 0);
}
