#include "zoetrope/core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

using namespace zoetrope;

namespace {

using Words = std::array<std::uint32_t, 4>;

/// The stream with this number in the third word of the counter; for known answers only.
constexpr Stream numbered(std::uint32_t number) { return static_cast<Stream>(number); }

} // namespace

TEST_CASE("Philox4x32-10 gives the known answers of Random123 (kat_vectors)") {
  CHECK(RandomStream(0, numbered(0)).words(0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(RandomStream(~0ull, numbered(~0u), ~0u).words(~0ull) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // Counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0 (digits of pi): every word has its own position.
  CHECK(RandomStream(0x299f31d0'a4093822, numbered(0x13198a2e), 0x03707344).words(0x85a308d3'243f6a88) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("seed, stream, substream and index each lead to other words") {
  std::set<Words> seen;
  for (const std::uint64_t seed : {1ull, 2ull, 1ull << 32})
    for (const Stream stream : {Stream::data, Stream::frame_latents, Stream::user})
      for (const std::uint32_t substream : {0u, 1u})
        for (const std::uint64_t index : {0ull, 1ull, 1ull << 32})
          seen.insert(RandomStream(seed, stream, substream).words(index));
  CHECK(seen.size() == 3 * 3 * 2 * 3);
}

TEST_CASE("a draw depends on its address alone, not on what was drawn before") {
  const RandomStream random(10, Stream::frame_latents);
  const double alone = random.normal(1234567);
  for (std::uint64_t i = 0; i < 100; ++i) static_cast<void>(random.normal(i));
  CHECK(random.normal(1234567) == alone);
  CHECK(RandomStream(random).normal(1234567) == alone);
}

TEST_CASE("fill_normal writes what normal gives, from any first index") {
  const RandomStream random(3, Stream::sampling);
  for (const std::uint64_t first : {0ull, 1ull, 2ull, 3ull, 1ull << 40})
    for (const std::uint64_t count : {0ull, 1ull, 3ull, 4ull, 9ull}) {
      std::vector<double> filled(count + 1, -99.0);
      random.fill_normal(first, filled.data(), count);
      for (std::uint64_t i = 0; i < count; ++i) CHECK(filled[i] == random.normal(first + i));
      CHECK(filled[count] == -99.0);
    }
}

TEST_CASE("many normal draws at once are those of their addresses, wherever they begin") {
  constexpr std::uint64_t n = 50'000;
  const RandomStream random(10, Stream::data, 3);
  for (const std::uint64_t first : {0, 1, 6}) {
    std::vector<double> x(n);
    random.fill_normal(first, x.data(), n);
    bool same = true;
    for (std::uint64_t i = 0; i < n; ++i) same = same && x[i] == random.normal(first + i);
    CHECK(same);
  }
}

TEST_CASE("normal draws have the moments of a standard normal") {
  constexpr int n = 1'000'000;
  std::vector<double> x(n);
  RandomStream(10, Stream::data).fill_normal(0, x.data(), n);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, neighbours = 0;
  int beyond_three = 0;
  for (int i = 0; i < n; ++i) {
    const double v = x[static_cast<std::size_t>(i)];
    m1 += v, m2 += v * v, m3 += v * v * v, m4 += v * v * v * v;
    if (i > 0) neighbours += v * x[static_cast<std::size_t>(i - 1)];
    beyond_three += std::abs(v) > 3;
  }
  // Four standard errors each: the variances of x, x^2, x^3, x^4 and of a product are 1, 2, 15, 96 and 1.
  const double error = 4.0 / std::sqrt(double{n});
  CHECK(std::abs(m1 / n) < error);
  CHECK(std::abs(m2 / n - 1) < error * std::sqrt(2.0));
  CHECK(std::abs(m3 / n) < error * std::sqrt(15.0));
  CHECK(std::abs(m4 / n - 3) < error * std::sqrt(96.0));
  CHECK(std::abs(neighbours / n) < error);
  CHECK(std::abs(beyond_three - 0.0026998 * n) < 4 * std::sqrt(0.0026998 * n));
}

TEST_CASE("uniform draws lie inside (0, 1) and are even") {
  constexpr int n = 400'000;
  const RandomStream random(5, Stream::user);
  std::array<int, 16> bins{};
  bool inside = true;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double u = random.uniform(i);
    inside = inside && u > 0.0 && u < 1.0;
    if (inside) ++bins[static_cast<std::size_t>(u * 16)];
  }
  REQUIRE(inside);
  double chi_square = 0;
  for (const int count : bins) chi_square += (count - n / 16.0) * (count - n / 16.0) / (n / 16.0);
  CHECK(chi_square < 37.7); // exceeded by chance once in a thousand seeds, with 15 degrees of freedom
}

TEST_CASE("below reaches every number of its range and no other") {
  const RandomStream random(5, Stream::frame_choice);
  for (const std::uint64_t count : {1ull, 2ull, 7ull}) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 200; ++i) seen.insert(random.below(i, count));
    CHECK(seen.size() == count);
    CHECK(*seen.rbegin() == count - 1);
  }
  // Numbers above 32 bits are reached too.
  std::uint64_t largest = 0;
  for (std::uint64_t i = 0; i < 64; ++i) largest = std::max(largest, random.below(i, 1ull << 40));
  CHECK(largest > 1ull << 39);
  CHECK(largest < 1ull << 40);
}
