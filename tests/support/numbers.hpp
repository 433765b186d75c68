/// @file
/// Numbers to test with, and how far two lists of them are apart.
#pragma once

#include "zoetrope/core/random.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace support {

/// Standard normal numbers, other ones for each @p seed; the same on every machine up to rounding.
template <class Scalar = double>
std::vector<Scalar> normals(std::ptrdiff_t count, std::uint32_t seed) {
  std::vector<Scalar> values(static_cast<std::size_t>(count));
  zoetrope::RandomStream(2024, zoetrope::Stream::user, seed).fill_normal(0, values.data(), values.size());
  return values;
}

/// What tests fill outputs with, so that a value that nobody writes cannot pass.
template <class Scalar>
std::vector<Scalar> poison(std::ptrdiff_t count) {
  return std::vector<Scalar>(static_cast<std::size_t>(count), std::numeric_limits<Scalar>::quiet_NaN());
}

/// |values - expected| / |expected| in Euclid's norm; NaN where @p values has one.
template <class Values, class Expected>
double relative_error(const Values& values, const Expected& expected) {
  double difference = 0, norm = 0;
  auto wanted = expected.begin();
  for (const auto value : values) {
    difference += std::pow(static_cast<double>(value) - static_cast<double>(*wanted), 2);
    norm += std::pow(static_cast<double>(*wanted), 2);
    ++wanted;
  }
  return wanted == expected.end() ? std::sqrt(difference / norm) : std::numeric_limits<double>::quiet_NaN();
}

} // namespace support
