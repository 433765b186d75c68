/// @file
/// Products by a processor's matrix unit: it keeps tiles of 16 x 16 sums and adds to one the product of two others.
#pragma once

#include "zoetrope/backend/eigen/blocks.hpp"
#include "zoetrope/core/instruction_set.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#ifdef ZOETROPE_MATRIX_UNIT
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Two terms of a sum, each rounded to bfloat16; the first one in the lower half.
enum class Bf16Pair : std::uint32_t {};

/// A unit that multiplies such elements, or none.
template <class Element>
struct MatrixUnit {
  static constexpr bool exists = false;
};

/// Rows and columns of a unit's tile, and the most elements that it multiplies in depth.
inline constexpr int unit_size = 16;

#ifdef ZOETROPE_MATRIX_UNIT
/// Intel's AMX. A system saves its tiles only for programs that have asked for it. In assembly, since g++'s intrinsics
/// make a register's name of a parameter's, and know nothing of the memory that they read.
template <>
struct MatrixUnit<Bf16Pair> {
  static constexpr bool exists = true;

  static bool available() {
    constexpr long request_permission = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    static const bool granted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    return granted;
  }
  /// Makes tiles 0 to 3 sums, 4 and 5 left and 6 and 7 right operands of @p depth elements, for the calling thread.
  static void configure(int depth) {
    struct alignas(64) Configuration {
      std::uint8_t palette = 1, first_row = 0;
      std::array<std::uint8_t, 14> reserved{};
      std::array<std::uint16_t, 16> row_bytes{};
      std::array<std::uint8_t, 16> rows{};
    } tiles;
    static_assert(sizeof(Configuration) == 64);
    for (std::size_t tile = 0; tile < 8; ++tile) {
      const bool left = tile == 4 || tile == 5, right = tile >= 6;
      tiles.row_bytes[tile] = static_cast<std::uint16_t>(4 * (left ? depth : unit_size));
      tiles.rows[tile] = static_cast<std::uint8_t>(right ? depth : unit_size);
    }
    asm volatile("ldtilecfg %0" : : "m"(tiles));
  }
  static void release() { asm volatile("tilerelease"); }

  template <int Tile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(Tile));
  }
  /// Row i begins i * @p stride bytes behind @p from.
  template <int Tile>
  static void load(const void* from, std::ptrdiff_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile) : "memory");
  }
  template <int Tile>
  static void store(void* to, std::ptrdiff_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(Tile) : "memory");
  }
  template <int Sums, int Left, int Right>
  static void multiply_add() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(Left), "i"(Right));
  }
};
#endif

namespace detail {

/// As unroll(), for bodies that take a type for each number, since a tile's number is part of an instruction.
template <int Count, class Body>
ZOETROPE_INLINE void for_constants(const Body& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) ZOETROPE_INLINE_LAMBDA {
    (body(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, Count>{});
}

template <int RowTiles, int ColumnTiles, class Element>
void multiply_unit_tiles(const BlockPairs& sum_of, const LeftRows<Element>& left_blocks,
                         const RightRows<Element>& right_blocks, const Target<float>& target, int depth) {
  using Unit = MatrixUnit<Element>;
  const auto for_tiles = [](const auto& body) ZOETROPE_INLINE_LAMBDA {
    for_constants<RowTiles>([&](auto row) ZOETROPE_INLINE_LAMBDA {
      for_constants<ColumnTiles>([&](auto column) ZOETROPE_INLINE_LAMBDA { body(row, column); });
    });
  };
  const auto bytes = [](std::ptrdiff_t elements) { return elements * std::ptrdiff_t{sizeof(float)}; };
  static_assert(sizeof(Element) == sizeof(float));
  const auto target_tile = [&](int row, int column) {
    return target.data + row * unit_size * target.stride + column * unit_size;
  };
  for_tiles([&](auto row, auto column) ZOETROPE_INLINE_LAMBDA {
    constexpr int tile = decltype(row)::value * 2 + decltype(column)::value;
    if (target.accumulate)
      Unit::template load<tile>(target_tile(row, column), bytes(target.stride));
    else if (target.initial != nullptr)
      Unit::template load<tile>(target.initial + column * unit_size, 0); // the same row again and again
    else
      Unit::template zero<tile>();
  });
  for (std::ptrdiff_t i = 0; i < sum_of.count; ++i) {
    const auto [left_block, right_block] = sum_of.blocks(i);
    const Element* left = left_blocks.data + left_block * left_blocks.step;
    const Element* right = right_blocks.data + (right_block - right_blocks.first) * right_blocks.step;
    for (int k = 0; k < sum_of.depth; k += depth) {
      for_constants<RowTiles>([&](auto row) ZOETROPE_INLINE_LAMBDA {
        Unit::template load<4 + decltype(row)::value>(left + row * unit_size * left_blocks.stride + k,
                                                      bytes(left_blocks.stride));
      });
      for_constants<ColumnTiles>([&](auto column) ZOETROPE_INLINE_LAMBDA {
        Unit::template load<6 + decltype(column)::value>(right + k * right_blocks.stride + column * unit_size,
                                                         bytes(right_blocks.stride));
      });
      for_tiles([&](auto row, auto column) ZOETROPE_INLINE_LAMBDA {
        constexpr int r = decltype(row)::value, c = decltype(column)::value;
        Unit::template multiply_add<r * 2 + c, 4 + r, 6 + c>();
      });
    }
  }
  for_tiles([&](auto row, auto column) ZOETROPE_INLINE_LAMBDA {
    Unit::template store<decltype(row)::value * 2 + decltype(column)::value>(target_tile(row, column),
                                                                             bytes(target.stride));
  });
}

} // namespace detail

/// As multiply_panel(), but only for the first rows, as many as the unit takes: whole tiles, of sums of which it takes
/// every term. Returns their number, which may be 0.
template <class Element>
int multiply_by_unit(int rows, const BlockPairs& sum_of, LeftRows<Element> left, const RightRows<Element>& right,
                     Target<float> target) {
  using Unit = MatrixUnit<Element>;
  const int depth = sum_of.depth % unit_size == 0 ? unit_size : unit_size / 2;
  if (rows < unit_size || sum_of.depth % depth != 0 || target.columns % unit_size != 0 ||
      target.columns > 2 * unit_size || !Unit::available())
    return 0;
  Unit::configure(depth);
  int done = 0;
  while (rows - done >= unit_size) {
    const bool two_rows = rows - done >= 2 * unit_size, two_columns = target.columns > unit_size;
    if (two_rows && two_columns)
      detail::multiply_unit_tiles<2, 2>(sum_of, left, right, target, depth);
    else if (two_rows)
      detail::multiply_unit_tiles<2, 1>(sum_of, left, right, target, depth);
    else if (two_columns)
      detail::multiply_unit_tiles<1, 2>(sum_of, left, right, target, depth);
    else
      detail::multiply_unit_tiles<1, 1>(sum_of, left, right, target, depth);
    const int taken = two_rows ? 2 * unit_size : unit_size;
    done += taken;
    left.skip(taken);
    target.data += taken * target.stride;
  }
  Unit::release();
  return done;
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
