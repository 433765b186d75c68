/// @file
/// The blocks that products multiply: where their elements lie, and how sums of their products are named.
#pragma once

#include "zoetrope/core/instruction_set.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <utility>

#if defined(__GNUC__)
#define ZOETROPE_INLINE __attribute__((always_inline)) inline
#define ZOETROPE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define ZOETROPE_INLINE inline
#define ZOETROPE_INLINE_LAMBDA
#endif

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// Rows of a tile: as many as leave room for two vectors of columns, their operands and nothing else.
inline constexpr int tile_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 6;

/// Calls @p body(0), @p body(1) ... so that each number is a constant where the body is inlined. A body takes an int:
/// one that took a type for each number would be compiled for every one of them.
template <int Count, class Body>
ZOETROPE_INLINE void unroll(const Body& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) ZOETROPE_INLINE_LAMBDA { (body(I), ...); }
  (std::make_integer_sequence<int, Count>{});
}

/// Where the two blocks of one product lie among all left and all right blocks.
struct BlockPair {
  int left;
  int right;
};

/// Left blocks whose element (row, k) lies at data[block * step + row * stride + k].
template <class Element>
struct LeftRows {
  const Element* data;
  std::ptrdiff_t step, stride;

  void skip(int rows) { data += rows * stride; }
  template <int Rows>
  struct Cursor {
    const Element* rows[Rows];
    ZOETROPE_INLINE Element at(int row, std::ptrdiff_t k) const { return rows[row][k]; }
  };
  template <int Rows>
  ZOETROPE_INLINE Cursor<Rows> block(int i) const {
    Cursor<Rows> cursor;
    const Element* first = data + i * step;
    unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA { cursor.rows[row] = first + row * stride; });
    return cursor;
  }
};

/// Left blocks whose element (row, k) lies at data[block * step + k * stride + row].
template <class Element>
struct LeftColumns {
  const Element* data;
  std::ptrdiff_t step, stride;

  void skip(int rows) { data += rows; }
  template <int Rows>
  struct Cursor {
    const Element* first;
    std::ptrdiff_t stride;
    ZOETROPE_INLINE Element at(int row, std::ptrdiff_t k) const { return first[k * stride + row]; }
  };
  template <int Rows>
  ZOETROPE_INLINE Cursor<Rows> block(int i) const {
    return {data + i * step, stride};
  }
};

/// Left blocks whose rows lie anywhere: element (row, k) at rows[block * tile_rows + row][k * stride].
template <class Element>
struct LeftTable {
  const Element* const* rows;
  std::ptrdiff_t stride;

  void skip(int count) { rows += count; }
  template <int Rows>
  struct Cursor {
    const Element* rows[Rows];
    std::ptrdiff_t stride;
    ZOETROPE_INLINE Element at(int row, std::ptrdiff_t k) const { return rows[row][k * stride]; }
  };
  template <int Rows>
  ZOETROPE_INLINE Cursor<Rows> block(int i) const {
    Cursor<Rows> cursor{{}, stride};
    unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA { cursor.rows[row] = rows[i * tile_rows + row]; });
    return cursor;
  }
};

/// Right blocks, from number @p first on: row k begins at data + (block - first) * step + k * stride and has whole
/// vectors of columns.
template <class Element>
struct RightRows {
  const Element* data;
  std::ptrdiff_t step, stride;
  int first = 0;
};

/// A sum of products: over pairs of blocks, and @p depth terms in each. Where they are exchanged, a pair's left names
/// the right block, and the other way round.
struct BlockPairs {
  const BlockPair* pairs;
  std::ptrdiff_t count;
  int depth;
  bool exchanged = false;

  /// The left and the right block of pair @p i.
  [[nodiscard]] ZOETROPE_INLINE BlockPair blocks(std::ptrdiff_t i) const {
    const BlockPair pair = pairs[i];
    return exchanged ? BlockPair{pair.right, pair.left} : pair;
  }
};

/// Where the result goes and what it starts from: its own old values, @p initial (one value per column), or zero.
template <class Scalar>
struct Target {
  Scalar* data;
  std::ptrdiff_t stride;
  int columns;
  bool accumulate;
  const Scalar* initial = nullptr;
};

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
