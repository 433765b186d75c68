/// @file
/// What processors with instructions for bfloat16 compute, without one: the same pairs of terms in the same places,
/// multiplied as two floats. Backends of these precisions take every path but the instructions themselves.
#pragma once

#include "zoetrope/backend/eigen/operands.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace support {

/// As with vectors of pairs (AVX-512 BF16), and with a matrix unit too (AMX).
struct EmulatedBf16 {
  static constexpr const char* name = "emulated bf16";
};
struct EmulatedUnitBf16 {
  static constexpr const char* name = "emulated bf16 of a matrix unit";
};
enum class EmulatedPair : std::uint32_t {};
enum class EmulatedUnitPair : std::uint32_t {};

/// One term of a pair.
template <int Term, class Pair>
float term_of(Pair pair) {
  const auto bits = static_cast<std::uint32_t>(pair);
  return std::bit_cast<float>(Term == 0 ? bits << 16 : bits & 0xffff0000u);
}

} // namespace support

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

template <class Pair>
requires std::same_as<Pair, support::EmulatedPair> || std::same_as<Pair, support::EmulatedUnitPair>
struct Arithmetic<Pair> {
  using Sums = Arithmetic<float>::Sums;
  struct Factors {
    Sums first, second;
  };

  static Factors load(const Pair* from) {
    constexpr int width = packet_size<float>;
    float first[width], second[width];
    for (int i = 0; i < width; ++i) {
      first[i] = support::term_of<0>(from[i]);
      second[i] = support::term_of<1>(from[i]);
    }
    return {Eigen::internal::ploadu<Sums>(first), Eigen::internal::ploadu<Sums>(second)};
  }
  static Factors repeat(Pair pair) {
    return {Eigen::internal::pset1<Sums>(support::term_of<0>(pair)),
            Eigen::internal::pset1<Sums>(support::term_of<1>(pair))};
  }
  static Sums multiply_add(const Factors& left, const Factors& right, const Sums& sums) {
    using Eigen::internal::pmadd;
    return pmadd(left.first, right.first, pmadd(left.second, right.second, sums));
  }
};

template <>
struct MatrixUnit<support::EmulatedUnitPair> {
  static constexpr bool exists = true;
  using Pair = support::EmulatedUnitPair;
  using Word = std::uint32_t;

  struct Tile {
    int rows = 0, words = 0; ///< of a row
    std::array<std::array<Word, unit_size>, unit_size> values;
  };
  struct State {
    bool configured = false;
    std::array<Tile, 8> tiles;
  };
  static State& state() {
    thread_local State tiles;
    return tiles;
  }
  static inline std::atomic<int> products = 0;
  static inline std::atomic<bool> granted = true;

  static bool available() { return granted; }
  static void configure(int depth) {
    REQUIRE_FALSE(state().configured);
    state().configured = true;
    for (std::size_t tile = 0; tile < 8; ++tile) {
      state().tiles[tile].rows = tile >= 6 ? depth : unit_size;
      state().tiles[tile].words = tile == 4 || tile == 5 ? depth : unit_size;
      for (auto& row : state().tiles[tile].values) row.fill(0x7fc00000u); // NaN, until something is loaded
    }
  }
  static void release() { state().configured = false; }

  template <int Number>
  static Tile& tile() {
    REQUIRE(state().configured);
    return state().tiles[Number];
  }
  template <int Number>
  static void zero() {
    for (auto& row : tile<Number>().values) row.fill(0);
  }
  template <int Number>
  static void load(const void* from, std::ptrdiff_t stride) {
    auto& to = tile<Number>();
    for (int row = 0; row < to.rows; ++row)
      std::memcpy(to.values[static_cast<std::size_t>(row)].data(), static_cast<const std::byte*>(from) + row * stride,
                  static_cast<std::size_t>(to.words) * sizeof(Word));
  }
  template <int Number>
  static void store(void* to, std::ptrdiff_t stride) {
    const auto& from = tile<Number>();
    for (int row = 0; row < from.rows; ++row)
      std::memcpy(static_cast<std::byte*>(to) + row * stride, from.values[static_cast<std::size_t>(row)].data(),
                  static_cast<std::size_t>(from.words) * sizeof(Word));
  }
  template <int Sums, int Left, int Right>
  static void multiply_add() {
    auto& sums = tile<Sums>().values;
    const auto &left = tile<Left>(), &right = tile<Right>();
    REQUIRE(left.words == right.rows);
    ++products;
    for (std::size_t row = 0; row < unit_size; ++row)
      for (std::size_t column = 0; column < unit_size; ++column) {
        float sum = std::bit_cast<float>(sums[row][column]);
        for (std::size_t k = 0; k < static_cast<std::size_t>(left.words); ++k) {
          const Pair a{left.values[row][k]}, b{right.values[k][column]};
          sum = std::fma(support::term_of<0>(a), support::term_of<0>(b), sum);
          sum = std::fma(support::term_of<1>(a), support::term_of<1>(b), sum);
        }
        sums[row][column] = std::bit_cast<Word>(sum);
      }
  }
};

template <>
struct OperandForm<float, support::EmulatedBf16> {
  static constexpr bool exists = true;
  using type = PairedOperands<support::EmulatedPair>;
};
template <>
struct OperandForm<float, support::EmulatedUnitBf16> {
  static constexpr bool exists = true;
  using type = PairedOperands<support::EmulatedUnitPair>;
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
