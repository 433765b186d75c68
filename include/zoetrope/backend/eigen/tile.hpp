/// @file
/// The inner loop of every product: one tile of the result stays in vector registers while any number of pairs of
/// blocks is multiplied into it. It is what lets a convolution read its input in place and leave padding zeros out.
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

/// The widest vector of @p Scalar that Eigen uses for the target machine.
template <class Scalar>
using Packet = typename Eigen::internal::packet_traits<Scalar>::type;

template <class Scalar>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Packet<Scalar>>::size;

/// Rows of a tile: as many as leave room for two vectors of columns, their operands and nothing else.
inline constexpr int tile_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 6;

/// Columns of a full tile.
template <class Scalar>
inline constexpr int tile_columns = 2 * packet_size<Scalar>;

/// Columns rounded up to whole vectors.
template <class Scalar>
constexpr int padded_columns(int columns) {
  return (columns + packet_size<Scalar> - 1) / packet_size<Scalar> * packet_size<Scalar>;
}

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
template <class Scalar>
struct LeftRows {
  const Scalar* data;
  std::ptrdiff_t step, stride;

  void skip(int rows) { data += rows * stride; }
  template <int Rows>
  struct Cursor {
    const Scalar* rows[Rows];
    ZOETROPE_INLINE Scalar at(int row, std::ptrdiff_t k) const { return rows[row][k]; }
  };
  template <int Rows>
  ZOETROPE_INLINE Cursor<Rows> block(int i) const {
    Cursor<Rows> cursor;
    const Scalar* first = data + i * step;
    unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA { cursor.rows[row] = first + row * stride; });
    return cursor;
  }
};

/// Left blocks whose element (row, k) lies at data[block * step + k * stride + row].
template <class Scalar>
struct LeftColumns {
  const Scalar* data;
  std::ptrdiff_t step, stride;

  void skip(int rows) { data += rows; }
  template <int Rows>
  struct Cursor {
    const Scalar* first;
    std::ptrdiff_t stride;
    ZOETROPE_INLINE Scalar at(int row, std::ptrdiff_t k) const { return first[k * stride + row]; }
  };
  template <int Rows>
  ZOETROPE_INLINE Cursor<Rows> block(int i) const {
    return {data + i * step, stride};
  }
};

/// Left blocks whose rows lie anywhere: element (row, k) at rows[block * tile_rows + row][k * stride].
template <class Scalar>
struct LeftTable {
  const Scalar* const* rows;
  std::ptrdiff_t stride;

  void skip(int count) { rows += count; }
  template <int Rows>
  struct Cursor {
    const Scalar* rows[Rows];
    std::ptrdiff_t stride;
    ZOETROPE_INLINE Scalar at(int row, std::ptrdiff_t k) const { return rows[row][k * stride]; }
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
template <class Scalar>
struct RightRows {
  const Scalar* data;
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

namespace detail {

/// A tile of the result, of whole vectors of columns.
template <int Rows, int Vectors, class Left, class Scalar>
void multiply_tile(const BlockPairs& sum_of, const Left& left_blocks, const RightRows<Scalar>& right_blocks,
                   const Target<Scalar>& target) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  constexpr int width = packet_size<Scalar>;
  P sum[Rows][Vectors];
  unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA {
      if (!target.accumulate && target.initial == nullptr)
        sum[row][v] = pset1<P>(Scalar(0));
      else if (target.accumulate)
        sum[row][v] = ploadu<P>(target.data + row * target.stride + v * width);
      else
        sum[row][v] = ploadu<P>(target.initial + v * width);
    });
  });

  for (std::ptrdiff_t i = 0; i < sum_of.count; ++i) {
    const BlockPair pair = sum_of.pairs[i];
    const auto left = left_blocks.template block<Rows>(sum_of.exchanged ? pair.right : pair.left);
    const Scalar* right =
        right_blocks.data + ((sum_of.exchanged ? pair.left : pair.right) - right_blocks.first) * right_blocks.step;
    for (int k = 0; k < sum_of.depth; ++k) {
      P columns[Vectors];
      unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { columns[v] = ploadu<P>(right + v * width); });
      unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
        const P factor = pset1<P>(left.at(row, k));
        unroll<Vectors>([&](int v) ZOETROPE_INLINE_LAMBDA { sum[row][v] = pmadd(factor, columns[v], sum[row][v]); });
      });
      right += right_blocks.stride;
    }
  }

  unroll<Rows>([&](int row) ZOETROPE_INLINE_LAMBDA {
    unroll<Vectors>(
        [&](int v) ZOETROPE_INLINE_LAMBDA { pstoreu(target.data + row * target.stride + v * width, sum[row][v]); });
  });
}

template <int Rows, class Left, class Scalar>
void multiply_columns(const BlockPairs& sum_of, const Left& left, const RightRows<Scalar>& right,
                      const Target<Scalar>& target) {
  if (target.columns > packet_size<Scalar>)
    multiply_tile<Rows, 2>(sum_of, left, right, target);
  else
    multiply_tile<Rows, 1>(sum_of, left, right, target);
}

/// A tile of which the last columns do not fill a vector is multiplied in @p edge, and copied from and to there.
template <class Scalar>
Target<Scalar> begin_edge(int rows, const Target<Scalar>& target, Scalar* edge) {
  const Target<Scalar> tile{edge, tile_columns<Scalar>, padded_columns<Scalar>(target.columns),
                            target.accumulate || target.initial != nullptr};
  if (tile.accumulate) {
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < tile.columns; ++column)
        edge[row * tile.stride + column] = column >= target.columns ? Scalar(0)
                                           : target.accumulate      ? target.data[row * target.stride + column]
                                                                    : target.initial[column];
  }
  return tile;
}
template <class Scalar>
void end_edge(int rows, const Target<Scalar>& target, const Scalar* edge) {
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < target.columns; ++column)
      target.data[row * target.stride + column] = edge[row * tile_columns<Scalar> + column];
}

} // namespace detail

/// target = or += sum over the pairs of left block * right block: any number of @p rows by one panel of at most
/// tile_columns columns.
template <class Left, class Scalar>
void multiply_panel(int rows, const BlockPairs& sum_of, Left left, const RightRows<Scalar>& right,
                    Target<Scalar> target) {
  const bool whole = target.columns == padded_columns<Scalar>(target.columns);
  alignas(64) Scalar edge[tile_rows * tile_columns<Scalar>];
  while (rows > 0) {
    const int taken = rows >= tile_rows ? tile_rows : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    const Target<Scalar> tile = whole ? target : detail::begin_edge(taken, target, edge);
    switch (taken) {
    case tile_rows:
      detail::multiply_columns<tile_rows>(sum_of, left, right, tile);
      break;
    case 4:
      detail::multiply_columns<4>(sum_of, left, right, tile);
      break;
    case 2:
      detail::multiply_columns<2>(sum_of, left, right, tile);
      break;
    default:
      detail::multiply_columns<1>(sum_of, left, right, tile);
    }
    if (!whole) detail::end_edge(taken, target, edge);
    rows -= taken;
    left.skip(taken);
    target.data += taken * target.stride;
  }
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen
